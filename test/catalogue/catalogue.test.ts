/** Every profile is read by its driver from a simulated device that is built from the same file. */
import { afterEach, describe, expect, test } from 'vitest'
import { Quality, type CommandBody, type Reading } from '@courtyard/protocols/contract'
import {
  loadProfiles,
  type DeviceProfile,
  type DriverId,
  type ProfileCommand,
} from '@courtyard/protocols/profile'
import type { BusDriver } from '../../edge/src/drivers/driver.ts'
import { driverDefinitions, findDriver } from '../../edge/src/drivers/registry.ts'
import { testDriverContext, type TestContext } from '../../edge/src/testing/driver-context.ts'
import { openBacnetDevice, openSnmpDevice } from './building.device.ts'
import { openHikvisionDevice } from './hikvision.device.ts'
import { openCjt188Device, openDlt645Device } from './meter-line.device.ts'
import { openModbusDevice } from './modbus.device.ts'
import { openMqttDevice } from './mqtt.device.ts'
import { openOpcuaDevice } from './opcua.device.ts'
import type { OpenDevice, ProfileDevice } from './profile-device.ts'
import { openZktecoDevice } from './zkteco.device.ts'

const openers: Partial<Record<DriverId, OpenDevice>> = {
  modbus: openModbusDevice,
  dlt645: openDlt645Device,
  cjt188: openCjt188Device,
  zkteco: openZktecoDevice,
  mqtt: openMqttDevice,
  opcua: openOpcuaDevice,
  bacnet: openBacnetDevice,
  snmp: openSnmpDevice,
  hikvision: openHikvisionDevice,
}

const profiles = [...loadProfiles().values()]

test('there are at least forty models, and every driver has a device for them', () => {
  expect(profiles.length).toBeGreaterThanOrEqual(40)
  expect(Object.keys(openers).sort()).toEqual(driverDefinitions.map(({ id }) => id).sort())
})

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

interface Connected {
  readonly driver: BusDriver
  readonly device: ProfileDevice
  readonly context: TestContext<unknown>
}

async function connect(profile: DeviceProfile): Promise<Connected> {
  const definition = findDriver(profile.driver)!
  const device = await openers[profile.driver]!(profile)
  stops.push(() => device.stop())
  const context = testDriverContext<unknown>(definition.busSchema.parse(device.bus))
  const address = definition.addressSchema.parse(device.address)
  const driver = definition.create(context, [{ key: 'd', address, profile }])
  stops.push(() => driver.stop())
  await driver.start?.()
  device.begin?.()
  return { driver, device, context }
}

/** The newest reading of each point; devices that call by themselves tell each number once. */
async function readAll(
  { driver, context }: Connected,
  profile: DeviceProfile,
  into: Map<string, Reading>,
): Promise<void> {
  const keep = (readings: readonly Reading[] = []) => {
    for (const reading of readings) into.set(reading.point.slice('d/'.length), reading)
  }
  for (const group of Object.keys(profile.groups)) {
    keep((await driver.poll('d', group)).readings)
  }
  for (const { readings } of context.emissions.splice(0)) keep(readings)
}

describe.each(profiles)('$id', (profile) => {
  test('every point brings what the device holds', async () => {
    const connected = await connect(profile)
    const { device } = connected
    const readings = new Map<string, Reading>()
    await expect
      .poll(
        () =>
          readAll(connected, profile, readings).then(
            () => readings.get([...device.values.keys()][0]!)?.quality,
          ),
        {
          timeout: 5_000,
        },
      )
      .toBe(Quality.good)
    const found = [...device.values.keys()].map((key) => [
      key,
      readings.get(key)?.mantissa,
      readings.get(key)?.quality,
    ])
    expect(found).toEqual([...device.values].map(([key, mantissa]) => [key, mantissa, Quality.good]))
    expect([...readings.keys()].sort()).toEqual(profile.points.map(({ key }) => key).sort())
  })
})

/** Commands of devices that act: relay boards and setpoints, made from the file as well. */
const acting = profiles.filter(({ driver }) => driver === 'modbus')
const commands = acting.flatMap((profile) =>
  profile.commands.flatMap((command) => bodiesOf(command).map((body) => ({ profile, command, body }))),
)

test.each(commands)('$profile.id: $command.key $body.action is done', async ({ profile, command, body }) => {
  const { driver } = await connect(profile)
  const outcome = await driver.execute!('d', { target: command.key, body })
  expect(outcome).toMatchObject({ result: command.readBack ? 'confirmed' : 'acknowledged', uncertain: false })
})

function bodiesOf({ kind, modbus, range }: ProfileCommand): CommandBody[] {
  if (kind === 'setpoint') return [{ kind, value: range?.[0] ?? '1' }]
  return Object.keys(modbus?.values ?? {}).map((action) => ({ kind, action }) as CommandBody)
}
