import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type CommandBody } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import { MeterLineProcess } from '../../testing/meter-line-process.ts'
import { PtyPair, socatInstalled } from '../../testing/pty-pair.ts'
import type { DriverDevice, FoundDevice } from '../driver.ts'
import { Cjt188Address, Cjt188BusConfig } from './cjt188.config.ts'
import { cjt188Driver } from './index.ts'

const profiles = loadProfiles()
const HEAT = 0x20
const meters = [
  { address: '78330011223344', volumeM3: 556.78, flowM3h: 1, valveDelayMs: 300 },
  { address: '00002020120218', volumeM3: 12.5, batteryLow: true },
  { address: '00000000000029', volumeM3: 3.21, volumeUnit: 0x29 },
  { address: '00000000000099', volumeM3: 3.21, volumeUnit: 0x99 },
  { address: '00000000000255', noValue: true },
  { address: '00000000000030', meterType: 0x30, volumeM3: 7.89 },
  { address: '00000040314132', meterType: HEAT, heat: 20.02, heatUnit: 0x08, volumeM3: 10.34, flowM3h: 0.5 },
  { address: '42590008210438', meterType: HEAT, heat: 5328.19, volumeM3: 1833.42, unitFirst: true },
  { address: '00000000000011', meterType: HEAT, heat: 0.36, heatUnit: 0x11 },
]
type Device = DriverDevice<Cjt188Address>
const device = (key: string, profile: string, address: object): Device => ({
  key,
  address: Cjt188Address.parse(address),
  profile: profiles.get(profile)!,
})
const water = (key: string, address: string) => device(key, 'cjt188-2004-cold-water', { address })
const valve = device('tap', 'cjt188-2004-water-valve', { address: '78330011223344' })

const busOf = (transport: object, timeoutMs = 1_000) => Cjt188BusConfig.parse({ transport, timeoutMs })
const tcp = (port: number) => ({ type: 'tcp', host: '127.0.0.1', port })

let line: MeterLineProcess
beforeAll(async () => {
  line = await MeterLineProcess.start({ protocol: 'cjt188', meters })
})
afterAll(() => line.stop())

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
function create(devices: readonly Device[], port = line.port) {
  const driver = cjt188Driver.create(testDriverContext(busOf(tcp(port))), devices)
  stops.push(() => driver.stop())
  return driver
}
async function startLine(options: object): Promise<MeterLineProcess> {
  const own = await MeterLineProcess.start({ protocol: 'cjt188', ...options })
  stops.push(() => own.stop())
  return own
}

const contractMeters = () => [water('a', '78330011223344'), water('b', '00002020120218')]
const addressOf = (key: string) => contractMeters().find((meter) => meter.key === key)!.address.address

describeDriverContract('cjt188 over TCP', {
  definition: cjt188Driver,
  bus: () => busOf(tcp(line.port), 300),
  busAt: (port) => busOf(tcp(port), 300),
  devices: contractMeters,
  group: 'energy',
  setFault: (key, fault) => line.setFault(addressOf(key), fault),
  badBuses: [{}, { transport: { type: 'serial' } }, { transport: tcp(0) }, { transport: tcp(1), preambleBytes: 99 }],
  badAddresses: [{}, { address: '11223344' }, { address: 11223344 }, { address: '7833001122334X' }, { address: '78330011223344', diOrder: 'up' }],
}) // prettier-ignore

test('socat is there in CI', () => expect(socatInstalled || !process.env['CI']).toBe(true))

describe.skipIf(!socatInstalled)('over a pseudo-terminal', () => {
  test('reads, a silent meter holds up nobody, and it comes back', async () => {
    const pty = await PtyPair.start()
    stops.unshift(() => pty.stop())
    const serial = await startLine({ meters, serialPath: pty.devicePath })
    const bus = busOf({ type: 'serial', path: pty.path, baudRate: 9600 })
    const driver = cjt188Driver.create(testDriverContext(bus), contractMeters())
    stops.unshift(() => driver.stop())
    const good = async (key: string) => {
      const { failure, readings } = await driver.poll(key, 'energy')
      expect(failure).toBeNull()
      for (const reading of readings) expect(reading.quality).toBe(Quality.good)
    }
    await good('a')
    for (const [fault, quality] of [['silent', Quality.timeout], ['garbage', Quality.invalid]] as const) {
      await serial.setFault('78330011223344', fault)
      expect((await driver.poll('a', 'energy')).failure?.quality).toBe(quality)
      await good('b')
    }
    await serial.setFault('78330011223344', null)
    await good('a')
  }) // prettier-ignore
})

describe('values', () => {
  async function read(one: Device, port?: number) {
    const outcome = await create([one], port).poll(one.key, 'energy')
    const values = outcome.readings.map(({ point, mantissa }) => [point.split('/')[1]!, mantissa] as const)
    return { ...outcome, values: Object.fromEntries(values) }
  }

  test('the register is what the meter holds; one request for all points', async () => {
    const before = await line.state('78330011223344')
    const { values, requests } = await read(valve)
    const after = await line.state('78330011223344')
    expect(values['volume']).toBeGreaterThanOrEqual(before.register)
    expect(values['volume']).toBeLessThanOrEqual(after.register)
    expect(values).toMatchObject({ volumeSettled: 55_678, batteryLow: 0, valve: 0 })
    expect([requests, after.requests - before.requests]).toEqual([1, 1])
    expect((await read(water('b', '00002020120218'))).values).toMatchObject({ volume: 1250, batteryLow: 1 })
  })

  test('litres become cubic metres; an unknown unit and FF are no value', async () => {
    expect((await read(water('l', '00000000000029'))).values['volume']).toBe(321)
    const unknown = await read(water('u', '00000000000099'))
    expect(unknown.readings[0]).toMatchObject({ point: 'u/volume', mantissa: null, quality: Quality.invalid })
    expect([unknown.failure, unknown.message]).toEqual([null, 'volume: unit 99 is none of m³'])
    const damaged = await read(water('f', '00000000000255'))
    expect(damaged.readings[0]).toMatchObject({ mantissa: null, quality: Quality.invalid })
    expect(damaged.values['volumeSettled']).toBe(0)
  })

  test('gas, and heat in the three ways that meters write it', async () => {
    expect((await read(device('g', 'cjt188-2004-gas', { address: '00000000000030' }))).values['volume']).toBe(
      789,
    )
    const megawattHours = await read(device('h', 'cjt188-2004-heat-kwh', { address: '00000040314132' }))
    expect(megawattHours.values).toMatchObject({ energyHeat: 2_002_000, powerHeat: 12_500, flow: 5000, temperatureSupply: 6523, temperatureReturn: 4381, workingHours: 2761 }) // prettier-ignore
    const unitFirst = await read(device('u', 'cjt188-2004-heat-unit-first', { address: '42590008210438' }))
    expect(unitFirst.values).toMatchObject({ energyHeat: 532_819, volume: 183_342, batteryLow: 0 })
    const inGigajoules = await read(device('j', 'cjt188-2004-heat-gj', { address: '00000000000011' }))
    expect(inGigajoules.values['energyHeat']).toBe(36)
    const asKwh = await read(device('k', 'cjt188-2004-heat-kwh', { address: '00000000000011' }))
    expect(asKwh.values['energyHeat']).toBe(10_000)
  })

  test('the order of the identifier: as the profile says, or as the site says', async () => {
    const own = await startLine({ meters, diOrder: 'lowFirst' })
    expect((await read(water('a', '00002020120218'), own.port)).failure?.quality).toBe(Quality.timeout)
    const turned = device('a', 'cjt188-2004-cold-water', { address: '00002020120218', diOrder: 'lowFirst' })
    expect((await read(turned, own.port)).values['volume']).toBe(1250)
    const newer = device('a', 'cjt188-2018-cold-water', { address: '00002020120218' })
    expect((await read(newer, own.port)).values['volume']).toBe(1250)
  })
})

test('every profile is read from a simulated meter of its kind, whole', async () => {
  const all = [...profiles.values()].filter(({ driver }) => driver === 'cjt188')
  for (const diOrder of ['lowFirst', 'highFirst'] as const) {
    const some = all.filter(({ cjt188 }) => cjt188!.diOrder === diOrder)
    const list = some.map(({ id, cjt188 }, n) => ({
      address: String(500 + n).padStart(14, '0'),
      meterType: parseInt(cjt188!.meterType, 16),
      volumeM3: 12.34,
      heat: 56.78,
      unitFirst: id.includes('unit-first'),
    }))
    const own = await startLine({ meters: list, diOrder })
    for (const [n, { id, points, groups }] of some.entries()) {
      const driver = create([device(id, id, { address: list[n]!.address })], own.port)
      const readings = []
      for (const group of Object.keys(groups)) readings.push(...(await driver.poll(id, group)).readings)
      expect(readings.map(({ point }) => point)).toEqual(points.map(({ key }) => `${id}/${key}`))
      for (const reading of readings) expect(reading, reading.point).toMatchObject({ quality: Quality.good })
      expect(readings.find(({ point }) => point === `${id}/volume`)).toMatchObject({
        mantissa: 1234,
        scale: 2,
      })
      await driver.stop()
    }
  }
})

describe('commands', () => {
  const run = (devices: readonly Device[], key: string, body: CommandBody, port?: number) =>
    create(devices, port).execute!(key, { target: body.kind, body })
  const move = (action: 'open' | 'close'): CommandBody => ({ kind: 'valve', action })

  test('the valve: sent once, confirmed when it has moved, told after an interruption', async () => {
    const own = await startLine({ meters })
    const driver = create([valve], own.port)
    const closed = await driver.execute!('tap', { target: 'valve', body: move('close') })
    expect(closed).toMatchObject({ result: 'confirmed', uncertain: false, readings: [{ point: 'tap/valve', mantissa: 1 }] }) // prettier-ignore
    expect(await driver.confirm!('tap', { target: 'valve', body: move('close') })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
    expect(await driver.confirm!('tap', { target: 'valve', body: move('open') })).toMatchObject({ result: 'failed', uncertain: false }) // prettier-ignore
    expect(await driver.execute!('tap', { target: 'valve', body: move('open') })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
    expect(await own.state('78330011223344')).toMatchObject({ isCut: false, orders: ['A017 99', 'A017 55'] })
  })

  test('refused, silent, nobody there, not in the profile', async () => {
    const own = await startLine({ meters })
    await own.setFault('78330011223344', 'refusing')
    expect(await run([valve], 'tap', move('close'), own.port)).toMatchObject({
      result: 'failed',
      uncertain: false,
    })
    await own.setFault('78330011223344', 'silent')
    expect(await run([valve], 'tap', move('close'), own.port)).toMatchObject({
      result: 'failed',
      uncertain: true,
    })
    expect((await own.state('78330011223344')).requests).toBe(2)
    expect(await run([valve], 'tap', move('close'), 1)).toMatchObject({ result: 'failed', uncertain: false })
    expect(await run([water('a', '78330011223344')], 'a', move('close'), own.port)).toMatchObject({ result: 'failed', uncertain: false }) // prettier-ignore
    expect((await own.state('78330011223344')).orders).toEqual([])
  })

  test('the clock is set and read back', async () => {
    const own = await startLine({ meters: [{ address: '78330011223344', clockErrorMs: -86_400_000 }] })
    const driver = create([valve], own.port)
    const clock = { target: 'clock', body: { kind: 'clock' } } as const
    expect(await driver.confirm!('tap', clock)).toMatchObject({ result: 'failed' })
    expect(await driver.execute!('tap', clock)).toMatchObject({ result: 'confirmed' })
    expect(await driver.confirm!('tap', clock)).toMatchObject({ result: 'confirmed' })
    const [year, month, day, hour, minute, second] = (await own.state('78330011223344')).clock
    const shown = Date.UTC(year!, month! - 1, day, hour! - 8, minute, second)
    expect(Math.abs(shown - Date.now())).toBeLessThan(4_000)
  })
})

describe('scan', () => {
  test.each(['highFirst', 'lowFirst'] as const)('a meter that is alone, identifiers %s', async (diOrder) => {
    const own = await startLine({ meters: [meters[0]!], diOrder })
    const found: FoundDevice[] = []
    await cjt188Driver.scan!(testDriverContext(busOf(tcp(own.port))), (one) => found.push(one), new AbortController().signal) // prettier-ignore
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ address: { address: '78330011223344' } })
    expect(profiles.get(found[0]!.profile!)?.cjt188).toMatchObject({ meterType: '10', diOrder })
  })

  test('nobody there is an error', async () => {
    const nowhere = cjt188Driver.scan!(
      testDriverContext(busOf(tcp(1))),
      () => {},
      new AbortController().signal,
    )
    await expect(nowhere).rejects.toMatchObject({ code: 'edge.bus_disconnected' })
  })
})
