/** Our profiles against variables laid out by hand, as their sources describe them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { opcuaDriver } from './index.ts'
import { OpcuaBusConfig, type OpcuaAddress } from './opcua.config.ts'
import { PlantSimulator } from './simulator-fixture.ts'

const ECM = 'http://opcfoundation.org/UA/ECM/'
const plant = new PlantSimulator()
const profiles = loadProfiles()

beforeAll(
  () =>
    plant.start({
      namespaceUri: ECM,
      parts: {
        E2: { AcActivePowerTotal: { type: 'Float', value: 1234.56 }, AcActiveEnergyTotalImportLp: { type: 'Float', value: 15_000_001 }, AcActiveEnergyTotalExportLp: { type: 'Float', value: 0.5 } },
        E3: { AcActiveEnergyTotalImportHp: { type: 'Double', value: 123_456_789_012.4 }, AcActiveEnergyTotalExportHp: { type: 'Double', value: 7.5 }, AcReactiveEnergyTotalImportHp: { type: 'Double', value: 1000 }, AcReactiveEnergyTotalExportHp: { type: 'Double', value: 0 } },
        Channel1: { '_Statistics._SuccessfulReads': { type: 'UInt32', value: 4_294_967_295 }, '_Statistics._FailedReads': { type: 'UInt32', value: 3 }, '_Statistics._SuccessfulWrites': { type: 'UInt32', value: 1 }, '_Statistics._FailedWrites': { type: 'UInt32', value: 0 } },
      },
    }),
  60_000,
) // prettier-ignore
afterAll(() => plant.stop())

const at = (part: string): OpcuaAddress => ({ root: `nsu=${ECM};s=${part}` })

test.each<[string, OpcuaAddress, string, Record<string, number | null>]>([
  ['opcua-ecm-energy-e2', at('E2'), 'energy', { energyImport: 15_000_001, energyExport: 1 }],
  ['opcua-ecm-energy-e2', at('E2'), 'fast', { powerTotal: 12_346 }],
  ['opcua-ecm-energy-e3', at('E3'), 'energy', { energyImport: 123_456_789_012, energyExport: 8, energyReactiveImport: 1_000, energyReactiveExport: 0 }],
  ['opcua-ecm-energy-e3', at('E3'), 'fast', { powerTotal: null }],
  ['opcua-kepware-channel', at('Channel1'), 'status', { readsGood: 4_294_967_295, readsFailed: 3, writesGood: 1, writesFailed: 0, pendingReads: null }],
])('%s at %o: %s', async (id, address, group, expected) => {
  const outcome = await read(id, address, group)
  expect(outcome).toMatchObject({ failure: null, message: null })
  const shown = outcome.readings.map(({ point, mantissa }) => [point.split('/')[1], mantissa])
  expect(Object.fromEntries(shown)).toEqual(expected)
}) // prettier-ignore

test('opcua-server: any server tells its own state', async () => {
  const { readings } = await read('opcua-server', { root: 'i=2253' }, 'status')
  const shown = new Map(readings.map((reading) => [reading.point, reading]))
  expect(shown.get('device/status')).toMatchObject({ mantissa: 0, quality: Quality.good })
  expect(shown.get('device/serviceLevel')).toMatchObject({ mantissa: 255 })
  expect(shown.get('device/sessions')!.mantissa).toBeGreaterThanOrEqual(1)
})

async function read(id: string, address: OpcuaAddress, group: string) {
  const bus = OpcuaBusConfig.parse({ url: plant.url, securityMode: 'None' })
  const driver = opcuaDriver.create(testDriverContext(bus), [{ key: 'device', address, profile: profiles.get(id)! }]) // prettier-ignore
  try {
    return await driver.poll('device', group)
  } finally {
    await driver.stop()
  }
}
