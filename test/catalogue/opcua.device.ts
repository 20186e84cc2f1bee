/** An OPC UA server whose one device has the variables that a profile names. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeviceProfile, ProfilePoint } from '@courtyard/protocols/profile'
import { PLANT_NAMESPACE, SimulatedPlant, type PlantVariable } from '../../simulators/src/opcua/index.ts'
import { freePort } from '../support/processes.ts'
import type { OpenDevice } from './profile-device.ts'
import { rawValue } from './raw-value.ts'

const PART = 'Device'
/** What stands in every server, as OPC 10000-5 says: that it runs; the rest depends on who is connected. */
const standardNodes: Readonly<Record<string, number>> = { 'i=2259': 0 }
const SERVER_OBJECT = 'i=2253'

export const openOpcuaDevice: OpenDevice = async (profile) => {
  const { variables, values } = contentsOf(profile)
  const namespaceUri = namespaceOf(profile)
  const pkiFolder = await mkdtemp(join(tmpdir(), 'courtyard-catalogue-'))
  const plant = await SimulatedPlant.start({
    port: await freePort(),
    pkiFolder,
    namespaceUri,
    parts: { [PART]: variables },
  })
  const isStandard = Object.keys(variables).length === 0
  return {
    bus: { url: plant.url, securityMode: 'None' },
    address: { root: isStandard ? SERVER_OBJECT : `nsu=${namespaceUri};s=${PART}` },
    values,
    stop: async () => {
      await plant.stop()
      await rm(pkiFolder, { recursive: true })
    },
  }
}

function contentsOf(profile: DeviceProfile): {
  variables: Record<string, PlantVariable>
  values: Map<string, number>
} {
  const variables: Record<string, PlantVariable> = {}
  const values = new Map<string, number>()
  profile.points.forEach((point, index) => {
    const { factor, offset, nodeId } = point.opcua!
    const name = nameOf(point)
    if (name === null) {
      const known = standardNodes[nodeId!]
      if (known !== undefined) values.set(point.key, known)
      return
    }
    const { raw, mantissa } = rawValue(point, index, { places: 0, factor, offset, max: 2 ** 31 - 1 })
    variables[name] = { type: 'Double', value: raw }
    values.set(point.key, mantissa)
  })
  return { variables, values }
}

/** Name below the device; null for a node that every server has. */
function nameOf({ opcua }: ProfilePoint): string | null {
  if (opcua!.path) return opcua!.path.map((part) => part.slice(part.lastIndexOf(';') + 1)).join('.')
  return opcua!.nodeId!.startsWith('{root}.') ? opcua!.nodeId!.slice('{root}.'.length) : null
}

function namespaceOf({ points }: DeviceProfile): string {
  const uris = points.flatMap(({ opcua }) =>
    (opcua!.path ?? []).map((part) => /^nsu=([^;]+);/.exec(part)?.[1]),
  )
  return uris.find((uri) => uri !== undefined) ?? PLANT_NAMESPACE
}
