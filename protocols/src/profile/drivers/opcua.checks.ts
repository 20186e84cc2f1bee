/** What a profile for driver `opcua` must obey beyond its shape. Pure. */
import type { InputIssue } from '../../contract/app-error.ts'
import { parseDecimal } from '../../decimal/index.ts'
import type { DeviceProfile, ProfileCommand } from '../profile.schema.ts'
import type { OpcuaValue } from './opcua.section.ts'

/** Kinds with an action, which writes one of the command's values. */
const ACTIONS: Partial<Record<ProfileCommand['kind'], readonly string[]>> = {
  relay: ['open', 'close'],
  valve: ['open', 'close'],
  door: ['open', 'close', 'holdOpen'],
  barrier: ['open', 'close', 'stop'],
}
const nodeId = /^(\{root\}.*|((ns=\d{1,5}|nsu=[^;]+);)?[isgb]=.+)$/s
const browseName = /^(\d{1,5}:|nsu=[^;]+;).+$/s

type Fault = readonly [path: string, reason: string]

export function checkOpcua(profile: DeviceProfile): InputIssue[] {
  if (profile.driver !== 'opcua') return []
  if (profile.points.length === 0) return [{ path: 'points', reason: 'a device has something to read' }]
  const first = new Map<string, number>()
  const points = profile.points.flatMap(({ opcua }, index) => {
    const path = `points[${index}].opcua`
    if (!opcua) return [{ path, reason: 'missing for driver opcua' }]
    const place = opcua.nodeId ?? (opcua.path ?? []).join('/')
    const earlier = first.get(place)
    first.set(place, index)
    const again =
      earlier === undefined ? [] : [{ path, reason: `${place} is also that of points[${earlier}]` }]
    return [...again, ...checkPlace(opcua).map(([at, reason]) => ({ path: `${path}${at}`, reason }))]
  })
  const commands = profile.commands.flatMap((command, index) =>
    [...checkCommand(command), ...checkReadBack(profile, command)].map(([at, reason]) => ({
      path: `commands[${index}].${at}`,
      reason,
    })),
  )
  return [...points, ...commands]
}

function checkPlace({ nodeId: id, path, factor }: OpcuaValue): Fault[] {
  const faults: Fault[] = []
  if ((id === undefined) === (path === undefined)) faults.push(['', 'needs either nodeId or path'])
  if (id !== undefined && !nodeId.test(id))
    faults.push(['.nodeId', 'not a node id such as ns=2;s=Meter.Power'])
  if (path?.some((name) => !browseName.test(name)))
    faults.push(['.path', 'a browse name has its namespace: 2:Power, or nsu=urn:x;Power'])
  if (parseDecimal(factor).units === 0n) faults.push(['.factor', 'must not be 0'])
  return faults
}

function checkCommand({ kind, opcua }: ProfileCommand): Fault[] {
  if (kind === 'write') return opcua ? [['opcua', 'a free write brings its own node']] : []
  const actions = ACTIONS[kind]
  if (!actions && kind !== 'setpoint') return [['kind', `opcua has no ${kind}`]]
  if (!opcua) return [['opcua', 'missing for driver opcua']]
  const faults: Fault[] = checkPlace(opcua).map(([at, reason]) => [`opcua${at}`, reason])
  if (!actions)
    return opcua.values ? [...faults, ['opcua.values', 'a setpoint writes its own value']] : faults
  const names = Object.keys(opcua.values ?? {})
  if (names.length === 0) faults.push(['opcua.values', 'no action has a value'])
  for (const name of names)
    if (!actions.includes(name)) faults.push([`opcua.values.${name}`, 'no such action'])
  return faults
}

/** Each action that is written leads to a value of a point that is there; a setpoint leads to its own. */
function checkReadBack(profile: DeviceProfile, { kind, opcua, readBack }: ProfileCommand): Fault[] {
  if (!readBack) return []
  if (!profile.points.some(({ key }) => key === readBack.point))
    return [['readBack.point', `no point ${readBack.point}`]]
  if (kind === 'write') return [['readBack', 'a free write reads its own node back']]
  if (kind === 'setpoint')
    return readBack.values ? [['readBack.values', 'a setpoint leads to its own value']] : []
  return Object.keys(opcua?.values ?? {})
    .filter((action) => !/^-?\d+(\.\d+)?$/.test(readBack.values?.[action] ?? ''))
    .map((action) => [`readBack.values.${action}`, 'no value that it leads to'])
}
