import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type CommandBody } from '@courtyard/protocols/contract'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import { MeterLineProcess } from '../../testing/meter-line-process.ts'
import { PtyPair, socatInstalled } from '../../testing/pty-pair.ts'
import type { DriverDefinition, DriverDevice, FoundDevice } from '../driver.ts'
import { Dlt645Address, Dlt645BusConfig } from './dlt645.config.ts'
import { dlt645Driver } from './index.ts'

const profiles = loadProfiles()
const password = '02123456'
const meters = [
  {
    address: '000000000161',
    energyKwh: 1234.56,
    powerW: 5000,
    password,
    relayDelayMs: 300,
    noValue: ['00900100'],
  },
  { address: '202611220102', phases: 3, energyKwh: 999_999, powerW: -3000, password, bytesPerFrame: 8 },
  { address: '000000001997', edition: '1997', energyKwh: 88, powerW: 460 },
  { address: '000000000404', password, relayStuck: true },
]
type Device = DriverDevice<Dlt645Address>

const device = (key: string, profile: string, address: object): Device => ({
  key,
  address: Dlt645Address.parse(address),
  profile: profiles.get(profile)!,
})
const relayMeter = device('flat', 'dlt645-2007-single-phase-relay', { address: '000000000161', password })
const tariffMeter = device('main', 'dlt645-2007-three-phase-tariff', { address: '202611220102', password })
const oldMeter = device('old', 'dlt645-1997', { address: '000000001997' })

const busOf = (transport: object, timeoutMs = 1_000) => Dlt645BusConfig.parse({ transport, timeoutMs })
const tcp = (port: number) => ({ type: 'tcp', host: '127.0.0.1', port })

let line: MeterLineProcess
beforeAll(async () => {
  line = await MeterLineProcess.start({ protocol: 'dlt645', meters })
})
afterAll(() => line.stop())

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
function create(devices: readonly Device[], port = line.port, timeZone = 'Asia/Shanghai') {
  const driver = dlt645Driver.create(testDriverContext(busOf(tcp(port)), { timeZone }), devices)
  stops.push(() => driver.stop())
  return driver
}
async function startLine(options: object): Promise<MeterLineProcess> {
  const own = await MeterLineProcess.start({ protocol: 'dlt645', ...options })
  stops.push(() => own.stop())
  return own
}

const contractMeters = () => [
  device('a', 'dlt645-2007-single-phase', { address: '000000000161' }),
  device('b', 'dlt645-2007-single-phase', { address: '202611220102' }),
]
const harness = {
  definition: dlt645Driver as unknown as DriverDefinition,
  devices: contractMeters,
  group: 'fast',
  badBuses: [{}, { transport: { type: 'serial' } }, { transport: tcp(0) }, { transport: tcp(1), preambleBytes: -1 }],
  badAddresses: [{}, { address: '161' }, { address: 161 }, { address: '00000000016A' }, { address: '000000000161', password: '1' }],
} // prettier-ignore
const addressOf = (key: string) => contractMeters().find((meter) => meter.key === key)!.address.address

describeDriverContract('dlt645 over TCP', {
  ...harness,
  bus: () => busOf(tcp(line.port), 300),
  busAt: (port) => busOf(tcp(port), 300),
  setFault: (key, fault) => line.setFault(addressOf(key), fault),
})

test('socat is there in CI', () => expect(socatInstalled || !process.env['CI']).toBe(true))

describe.skipIf(!socatInstalled)('over a pseudo-terminal', () => {
  let pty: PtyPair
  let serial: MeterLineProcess
  beforeAll(async () => {
    pty = await PtyPair.start()
    serial = await MeterLineProcess.start({ protocol: 'dlt645', meters, serialPath: pty.devicePath })
  })
  afterAll(async () => {
    await serial.stop()
    await pty.stop()
  })
  const busOfPty = () => busOf({ type: 'serial', path: pty.path, baudRate: 9600 })

  test('reads, a silent meter holds up nobody, and it comes back', async () => {
    const driver = dlt645Driver.create(testDriverContext(busOfPty()), contractMeters())
    stops.push(() => driver.stop())
    const good = async (key: string) => {
      const { failure, readings } = await driver.poll(key, 'fast')
      expect(failure).toBeNull()
      for (const reading of readings) expect(reading.quality).toBe(Quality.good)
    }
    await good('a')
    for (const [fault, quality] of [['silent', Quality.timeout], ['garbage', Quality.invalid]] as const) {
      await serial.setFault('000000000161', fault)
      expect((await driver.poll('a', 'fast')).failure?.quality).toBe(quality)
      await good('b')
    }
    await serial.setFault('000000000161', null)
    await good('a')
  }) // prettier-ignore

  test('the plug is pulled and put in again', async () => {
    const driver = dlt645Driver.create(testDriverContext(busOfPty()), contractMeters())
    stops.push(() => driver.stop())
    expect((await driver.probe('a')).failure).toBeNull()
    await pty.unplug()
    await expect
      .poll(async () => (await driver.probe('a')).failure?.quality, { timeout: 5_000 })
      .toBe(Quality.disconnected)
    await serial.stop()
    await pty.plugIn()
    serial = await MeterLineProcess.start({ protocol: 'dlt645', meters, serialPath: pty.devicePath })
    await expect.poll(async () => (await driver.probe('a')).failure, { timeout: 10_000 }).toBeNull()
  })
})

/** Readings by key; null where there is no value. */
async function valuesOf(driver: ReturnType<typeof create>, key: string, group: string) {
  const outcome = await driver.poll(key, group)
  const values = outcome.readings.map(({ point, mantissa }) => [point.split('/')[1]!, mantissa] as const)
  return { ...outcome, values: Object.fromEntries(values) }
}

describe('values', () => {
  test('registers are what the meter holds, gauges in the units of the profile', async () => {
    const driver = create([relayMeter])
    const before = (await line.state('000000000161')).register
    const { values } = await valuesOf(driver, 'flat', 'energy')
    const after = (await line.state('000000000161')).register
    expect(values['energyImport']).toBeGreaterThanOrEqual(before)
    expect(values['energyImport']).toBeLessThanOrEqual(after)
    expect(values['energyExport']).toBe(0)
    const fast = await valuesOf(driver, 'flat', 'fast')
    expect(fast.values).toMatchObject({ voltageL1: 2301, powerTotal: 50_000, powerFactor: 987, frequency: 5001, relayOpen: 0, creditLeft: 987_654 }) // prettier-ignore
  })

  test('FF is no value: invalid, with words, and no failure of the meter', async () => {
    const { readings, failure, message } = await create([relayMeter]).poll('flat', 'fast')
    const left = readings.find(({ point }) => point === 'flat/energyLeft')
    expect(left).toMatchObject({ mantissa: null, quality: Quality.invalid })
    expect([failure, message]).toEqual([null, 'energyLeft: not digits: FF FF FF FF'])
  })

  test('negative power, a block of tariffs that add up, in parts, one request per identifier', async () => {
    const driver = create([tariffMeter])
    const before = (await line.state('202611220102')).requests
    const { values, requests } = await valuesOf(driver, 'main', 'energy')
    const total = values['energyImport']!
    expect(total).toBe(99_999_900)
    expect(['T1', 'T2', 'T3', 'T4'].reduce((sum, t) => sum + values[`energyImport${t}`]!, 0)).toBe(total)
    // 20 bytes in frames of 8 are three parts; the export is one.
    expect(requests).toBe(4)
    expect((await line.state('202611220102')).requests - before).toBe(4)
    const fast = await valuesOf(driver, 'main', 'fast')
    expect(fast.values).toMatchObject({
      powerTotal: -30_000,
      powerL1: -10_000,
      powerFactor: -987,
      voltageL3: 2303,
    })
    const daily = await valuesOf(driver, 'main', 'daily')
    expect(daily.values['energyImportDaily']).toBe(99_999_900)
    expect(String(daily.values['dailyFreezeTime'])).toMatch(/^\d{6}0000$/)
  })

  test('edition 1997; what a simple meter lacks is asked for once', async () => {
    const driver = create([oldMeter])
    expect((await valuesOf(driver, 'old', 'energy')).values).toMatchObject({
      energyImport: 8800,
      energyExport: 0,
    })
    const first = await valuesOf(driver, 'old', 'fast')
    expect(first).toMatchObject({ failure: null, message: null })
    expect(first.values).toEqual({ voltageL1: 230, currentL1: 200, powerTotal: 4600, powerFactor: 987 })
    const second = await driver.poll('old', 'fast')
    expect([first.requests, second.requests]).toEqual([8, 4])
  })
})

test('every profile is read from a simulated meter of its kind, whole', async () => {
  const all = [...profiles.values()].filter(({ driver }) => driver === 'dlt645')
  const list = all.map(({ id, dlt645 }, n) => ({
    address: String(500 + n).padStart(12, '0'),
    edition: dlt645!.edition,
    phases: id.includes('three') ? 3 : 1,
    energyKwh: 100,
    powerW: 690,
  }))
  const own = await startLine({ meters: list })
  for (const [n, { id, points, groups }] of all.entries()) {
    const driver = create([device(id, id, { address: list[n]!.address })], own.port)
    const outcomes = []
    for (const group of Object.keys(groups)) outcomes.push(await driver.poll(id, group))
    for (const { failure, message } of outcomes) expect([id, failure, message]).toEqual([id, null, null])
    const readings = outcomes.flatMap((outcome) => outcome.readings)
    for (const reading of readings) expect(reading, reading.point).toMatchObject({ quality: Quality.good })
    // A simulated single-phase meter of 1997 lacks the other phases, which its profile calls optional.
    const missing = points.filter(({ key }) => !readings.some(({ point }) => point === `${id}/${key}`))
    expect(missing.every(({ optional }) => optional)).toBe(true)
    expect(missing.length).toBeLessThanOrEqual(id === 'dlt645-1997' ? 4 : 0)
    await driver.stop()
  }
})

describe('commands', () => {
  const run = (devices: readonly Device[], key: string, body: CommandBody, port?: number, zone?: string) =>
    create(devices, port, zone).execute!(key, { target: body.kind, body })
  const relay = (action: 'open' | 'close'): CommandBody => ({ kind: 'relay', action })

  test('the relay: sent once, confirmed when it has moved, told after an interruption', async () => {
    const own = await startLine({ meters })
    const driver = create([relayMeter], own.port)
    const open = await driver.execute!('flat', { target: 'relay', body: relay('open') })
    expect(open).toMatchObject({ result: 'confirmed', uncertain: false, readings: [{ point: 'flat/relayOpen', mantissa: 1 }] }) // prettier-ignore
    expect(await driver.confirm!('flat', { target: 'relay', body: relay('open') })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
    expect(await driver.confirm!('flat', { target: 'relay', body: relay('close') })).toMatchObject({ result: 'failed', uncertain: false, message: 'it shows 1' }) // prettier-ignore
    expect(await driver.execute!('flat', { target: 'relay', body: relay('close') })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
    expect(await own.state('000000000161')).toMatchObject({ isCut: false, orders: ['relay 1a', 'relay 1c'] })
  })

  test('closing that only permits ends as acknowledged', async () => {
    const own = await startLine({ meters })
    const permit = device('flat', relayMeter.profile.id, {
      address: '000000000161',
      password,
      closeBy: 'permit',
    })
    expect(await run([permit], 'flat', relay('close'), own.port)).toMatchObject({ result: 'acknowledged' })
    expect((await own.state('000000000161')).orders).toEqual(['relay 1b'])
  })

  test('a wrong password, none, and a silent meter', async () => {
    const own = await startLine({ meters })
    const wrong = device('flat', relayMeter.profile.id, { address: '000000000161', password: '02999999' })
    expect(await run([wrong], 'flat', relay('open'), own.port)).toMatchObject({ result: 'failed', uncertain: false, message: 'wrong password or not authorised (04)' }) // prettier-ignore
    const none = device('flat', relayMeter.profile.id, { address: '000000000161' })
    expect(await run([none], 'flat', relay('open'), own.port)).toMatchObject({
      result: 'failed',
      uncertain: false,
    })
    expect((await own.state('000000000161')).requests).toBe(1)
    await own.setFault('000000000161', 'silent')
    expect(await run([relayMeter], 'flat', relay('open'), own.port)).toMatchObject({
      result: 'failed',
      uncertain: true,
    })
    // Once: a lost reply is no reason to send it again.
    expect((await own.state('000000000161')).requests).toBe(2)
    expect(await run([relayMeter], 'flat', relay('open'), 1)).toMatchObject({
      result: 'failed',
      uncertain: false,
    })
  })

  test('a relay that does not move is acknowledged, not confirmed', async () => {
    const profile = DeviceProfile.parse({
      ...relayMeter.profile,
      commands: [{ ...relayMeter.profile.commands[0]!, readBack: { ...relayMeter.profile.commands[0]!.readBack, withinMs: 400 } }],
    })
    const stuck = { ...device('stuck', relayMeter.profile.id, { address: '000000000404', password }), profile }
    expect(await run([stuck], 'stuck', relay('open'))).toMatchObject({ result: 'acknowledged', message: 'accepted, but it shows 0' })
  }) // prettier-ignore

  // Clocks are not written around midnight, and this test runs at any time: a zone where it is noon.
  const hoursBehindUtc = new Date().getUTCHours() - 12
  const noon = `Etc/GMT${hoursBehindUtc < 0 ? '' : '+'}${hoursBehindUtc}`
  const clockLine = (clockErrorMs: number) =>
    startLine({ meters: [{ address: '000000000161', password, clockErrorMs }], timeZone: noon })
  const noPassword = device('flat', relayMeter.profile.id, { address: '000000000161' })

  test.each([
    [1_000, 'the clock was right', []],
    [-60_000, /wrong by -?(59|60|61) s; set by broadcast/, ['broadcast']],
    [3_600_000, /wrong by (3599|3600|3601) s; written/, ['write 04000101', 'write 04000102']],
    [-40 * 86_400_000, /written/, ['write 04000101', 'write 04000102']],
  ])('a clock that is wrong by %d ms', async (errorMs, message, orders) => {
    const own = await clockLine(errorMs)
    const outcome = await run([relayMeter], 'flat', { kind: 'clock' }, own.port, noon)
    expect(outcome).toMatchObject({ result: 'confirmed' })
    expect(outcome.message).toMatch(message)
    const { clock, orders: taken } = await own.state('000000000161')
    expect(taken).toEqual(orders)
    const shown = Date.UTC(clock[0]!, clock[1]! - 1, clock[2], clock[3]! + hoursBehindUtc, clock[4], clock[5])
    expect(Math.abs(shown - Date.now())).toBeLessThan(4_000)
  })

  test('a clock far wrong is not set without a password, and never by broadcast', async () => {
    const own = await clockLine(3_600_000)
    expect(await run([noPassword], 'flat', { kind: 'clock' }, own.port, noon)).toMatchObject({ result: 'failed', uncertain: false }) // prettier-ignore
    expect((await own.state('000000000161')).orders).toEqual([])
    const driver = create([noPassword], own.port, noon)
    expect(await driver.confirm!('flat', { target: 'clock', body: { kind: 'clock' } })).toMatchObject({ result: 'failed' }) // prettier-ignore
  })

  test('free writing', async () => {
    const own = await startLine({ meters })
    const write = (data: Record<string, unknown>) =>
      run([relayMeter], 'flat', { kind: 'write', data }, own.port)
    expect(await write({ di: '04000102', data: '00 30 12' })).toMatchObject({ result: 'acknowledged' })
    expect(await write({ di: '04000999', data: '00' })).toMatchObject({
      result: 'failed',
      message: 'no such data (02)',
    })
    expect(await write({ di: '9010', data: '' })).toMatchObject({ result: 'failed', uncertain: false })
    expect((await own.state('000000000161')).orders).toEqual(['write 04000102'])
  })
})

describe('scan', () => {
  async function scan(list: object[]): Promise<FoundDevice[]> {
    const own = await startLine({ meters: list })
    const found: FoundDevice[] = []
    const enough = new AbortController()
    const onFound = (one: FoundDevice) => {
      // A whole search takes 100 silences a step.
      if (found.push(one) === list.length && list.length > 1) enough.abort()
    }
    await dlt645Driver.scan!(testDriverContext(busOf(tcp(own.port), 300)), onFound, enough.signal)
    return found
  }

  test('a meter that is alone, of either edition', async () => {
    expect(await scan([meters[0]!])).toEqual([
      {
        address: { address: '000000000161' },
        text: 'DL/T 645-2007',
        profile: 'dlt645-2007-single-phase-relay',
      },
    ])
    expect(await scan([meters[2]!])).toEqual([
      { address: { address: '000000001997' }, text: 'DL/T 645-1997', profile: 'dlt645-1997' },
    ])
  })

  test('several, also with the same low byte', async () => {
    const found = await scan([{ address: '000000000101' }, { address: '000000000301', phases: 3 }, { address: '000000000000' }]) // prettier-ignore
    expect(found.map(({ address }) => address['address']).sort()).toEqual(['000000000000', '000000000101', '000000000301']) // prettier-ignore
    expect(found.find(({ address }) => address['address'] === '000000000301')?.profile).toBe('dlt645-2007-three-phase-relay') // prettier-ignore
  })

  test('it ends soon after the signal; a line that is not there is an error', async () => {
    const own = await startLine({ meters: [{ address: '000000000161' }, { address: '000000000261' }] })
    const abort = new AbortController()
    const started = performance.now()
    setTimeout(() => abort.abort(), 300)
    await dlt645Driver.scan!(testDriverContext(busOf(tcp(own.port), 100)), () => {}, abort.signal)
    expect(performance.now() - started).toBeLessThan(2_000)
    const nowhere = dlt645Driver.scan!(
      testDriverContext(busOf(tcp(1))),
      () => {},
      new AbortController().signal,
    )
    await expect(nowhere).rejects.toMatchObject({ code: 'edge.bus_disconnected' })
  })
})
