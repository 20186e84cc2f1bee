import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import { SimulatorProcess, type SimulatedMeter } from '../../testing/simulator-process.ts'
import type { DriverDevice } from '../driver.ts'
import { modbusDriver } from './index.ts'
import type { ModbusAddress } from './modbus.config.ts'

const profiles = loadProfiles()
let simulator: SimulatorProcess
let meters: SimulatedMeter[] = []

beforeAll(async () => {
  simulator = await SimulatorProcess.start()
  meters = await simulator.meters()
})
afterAll(async () => {
  await simulator.stop()
})

function busAt(port: number) {
  return modbusBus({ transport: { type: 'tcp', host: '127.0.0.1', port }, timeoutMs: 300 })
}
const modbusBus = (bus: object) =>
  modbusDriver.busSchema.parse(bus) as Parameters<typeof modbusDriver.describeBus>[0]

function deviceOf(meter: SimulatedMeter): DriverDevice<ModbusAddress> {
  return { key: meter.key, address: { unitId: meter.unitId }, profile: profiles.get(meter.profile)! }
}

/** Two meters of the same endpoint. */
const contractMeters = () => meters.filter((meter) => meter.endpoint === 'b1-electricity').slice(0, 2)
const faults = {
  silent: { kind: 'silent' },
  reset: { kind: 'reset' },
  garbage: { kind: 'garbage', variant: 'bytes' },
  refusing: { kind: 'exception', code: 2 },
}

describeDriverContract('modbus', {
  definition: modbusDriver,
  bus: () => busAt(contractMeters()[0]!.port),
  busAt,
  devices: () => contractMeters().map(deviceOf),
  group: 'fast',
  setFault: (key, fault) => simulator.setFault(key, fault && faults[fault]),
  badBuses: [{}, { transport: { type: 'serial' } }, { transport: { type: 'tcp', host: '' } }, { transport: { type: 'tcp', host: 'x' }, timeoutMs: 0 }],
  badAddresses: [{}, { unitId: 256 }, { unitId: 1, maxRegisters: 126 }, { unitId: '1' }],
}) // prettier-ignore

function createDriver(port: number, devices: DriverDevice<ModbusAddress>[]) {
  const bus = busAt(port)
  const driver = modbusDriver.create(testDriverContext(bus), devices)
  stops.push(() => driver.stop())
  return driver
}
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

function scaled(text: string, scale: number): number {
  const [whole, fraction = ''] = text.split('.')
  return Number(whole + fraction.padEnd(scale, '0').slice(0, scale))
}

test('registers of every kind of meter are what the simulator says they are', async () => {
  const kinds = [...new Set(meters.map((meter) => meter.profile))]
  expect(kinds.length).toBeGreaterThanOrEqual(5)
  for (const kind of kinds) {
    const meter = meters.find(({ profile }) => profile === kind)!
    const driver = createDriver(meter.port, [deviceOf(meter)])
    const fromMs = Date.now()
    const outcome = await driver.poll(meter.key, 'energy')
    const toMs = Date.now()
    const truth = async (atMs: number) =>
      (await simulator.json(`/truth?meter=${meter.key}&at=${new Date(atMs).toISOString()}`)) as {
        values: Record<string, string>
      }
    const [low, high] = [await truth(fromMs), await truth(toMs)]
    for (const reading of outcome.readings) {
      const key = reading.point.split('/')[1]!
      expect(reading.quality, reading.point).toBe(Quality.good)
      expect(reading.mantissa!, reading.point).toBeGreaterThanOrEqual(scaled(low.values[key]!, reading.scale))
      expect(reading.mantissa!, reading.point).toBeLessThanOrEqual(scaled(high.values[key]!, reading.scale))
    }
  }
})

test.each([
  ['wrong unit id in the reply', { kind: 'wrongUnit' }, Quality.invalid],
  ['a header that announces more than comes', { kind: 'garbage', variant: 'length' }, Quality.invalid],
  ['a gateway whose target is silent', { kind: 'exception', code: 11 }, Quality.timeout],
  ['a gateway without path', { kind: 'exception', code: 10 }, Quality.disconnected],
])('%s is a failure with the right quality', async (_name, fault, quality) => {
  const meter = contractMeters()[0]!
  const driver = createDriver(meter.port, [deviceOf(meter)])
  await simulator.setFault(meter.key, fault)
  const outcome = await driver.poll(meter.key, 'fast')
  await simulator.setFault(meter.key, null)
  expect(outcome.failure?.quality).toBe(quality)
  expect((await driver.poll(meter.key, 'fast')).failure).toBeNull()
})

/** A unit that knows only some registers and notes what it was asked; answers bytes written by hand. */
class PickyUnit {
  readonly asked: string[] = []
  private readonly answersAs: number | undefined
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  /** `answersAs`: the unit id in its replies, when not the one asked. */
  constructor(registers: ReadonlyMap<number, number>, answersAs?: number) {
    this.answersAs = answersAs
    this.server = createServer((socket) => {
      this.sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (frame) => socket.write(this.answer(Buffer.from(frame), registers)))
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return (this.server.address() as AddressInfo).port
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
  }

  private answer(frame: Buffer, registers: ReadonlyMap<number, number>): Buffer {
    const [address, count] = [frame.readUInt16BE(8), frame.readUInt16BE(10)]
    this.asked.push(`${address}+${count}`)
    const words = Array.from({ length: count }, (_, i) => registers.get(address + i))
    const pdu = words.includes(undefined)
      ? [frame[7]! | 0x80, 2]
      : [frame[7]!, count * 2, ...words.flatMap((word) => [word! >> 8, word! & 0xff])]
    return Buffer.from([frame[0]!, frame[1]!, 0, 0, 0, pdu.length + 1, this.answersAs ?? frame[6]!, ...pdu])
  }
}

function profileOf(points: object[]): DeviceProfile {
  const label = { zh: '点', en: 'point' }
  return DeviceProfile.parse({
    id: 'picky', manufacturer: 'x', model: 'x', label, medium: 'equipment', driver: 'modbus', sources: ['test'],
    modbus: { maxRegisters: 20, holeLimit: 4 }, groups: { all: { intervalMs: 1000 } },
    points: points.map((point) => ({ label, kind: 'gauge', code: '0', unit: 'V', scale: 1, group: 'all', ...point })),
  }) // prettier-ignore
}
const register = (address: number, more = {}) => ({ function: 3, address, type: 'u16', ...more })

async function pickyDriver(registers: [number, number][], points: object[], answersAs?: number) {
  const unit = new PickyUnit(new Map(registers), answersAs)
  const port = await unit.listen()
  stops.push(() => unit.close())
  return {
    unit,
    driver: createDriver(port, [{ key: 'd', address: { unitId: 7 }, profile: profileOf(points) }]),
  }
}

test('an exception reply of another unit is no refusal by the unit that was asked', async () => {
  const { driver } = await pickyDriver([], [{ key: 'a', modbus: register(0) }], 8)
  const outcome = await driver.poll('d', 'all')
  expect(outcome.failure).toEqual({
    quality: Quality.invalid,
    message: 'a reply of unit 8 in place of unit 7',
  })
  expect(driver.connected).toBe(false)
})

test('a merged read that is refused is un-merged for good', async () => {
  const { unit, driver } = await pickyDriver(
    [[0, 2301], [3, 2302], [4, 2303]],
    [{ key: 'a', modbus: register(0) }, { key: 'b', modbus: register(3) }, { key: 'c', modbus: register(4) }],
  ) // prettier-ignore
  const first = await driver.poll('d', 'all')
  expect(unit.asked).toEqual(['0+5', '0+1', '3+2'])
  expect(first.readings.map((reading) => reading.mantissa)).toEqual([23010, 23020, 23030])
  expect(first).toMatchObject({ failure: null, message: null })
  unit.asked.length = 0
  await driver.poll('d', 'all')
  expect(unit.asked).toEqual(['0+1', '3+2'])
})

test('an optional point that this firmware lacks is dropped and is no fault; a required one stays refused', async () => {
  const { unit, driver } = await pickyDriver(
    [[0, 2301]],
    [
      { key: 'a', modbus: register(0) },
      { key: 'b', modbus: register(1), optional: true },
      { key: 'c', modbus: register(2) },
    ],
  )
  const first = await driver.poll('d', 'all')
  expect(first.failure).toBeNull()
  const shape = (outcome: typeof first) => outcome.readings.map(({ point, quality }) => `${point} ${quality}`)
  expect(shape(first)).toEqual([`d/a ${Quality.good}`, `d/c ${Quality.refused}`])
  unit.asked.length = 0
  expect(shape(await driver.poll('d', 'all'))).toEqual(shape(first))
  expect(unit.asked).toEqual(['0+1', '2+1'])
})

test('a lone optional point is dropped only because the unit answers something else', async () => {
  const points = [
    { key: 'a', modbus: register(0) },
    { key: 'b', modbus: register(50), optional: true },
  ]
  const { unit, driver } = await pickyDriver([[0, 2301]], points)
  expect((await driver.poll('d', 'all')).readings).toHaveLength(1)
  const dead = await pickyDriver([], points)
  expect((await dead.driver.poll('d', 'all')).readings).toHaveLength(2)
  unit.asked.length = 0
  await driver.poll('d', 'all')
  expect(unit.asked).toEqual(['0+1'])
})

test('values out of range are uncertain, powers of ten are applied, sentinels are invalid', async () => {
  const { driver } = await pickyDriver(
    [[0, 2301], [1, 0xfffe], [2, 0xffff], [3, 9999]],
    [
      { key: 'scaled', scale: 2, modbus: register(0, { exponentAddress: 1 }) },
      { key: 'none', modbus: register(2, { invalid: ['ffff'] }) },
      { key: 'high', range: ['0', '999.85'], modbus: register(3, { factor: '0.1' }) },
    ],
  ) // prettier-ignore
  const { readings } = await driver.poll('d', 'all')
  expect(readings).toMatchObject([
    { mantissa: 2301, scale: 2, quality: Quality.good },
    { mantissa: null, quality: Quality.invalid },
    { mantissa: 9999, quality: Quality.uncertain },
  ])
})
