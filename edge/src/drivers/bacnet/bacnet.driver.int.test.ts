import { createSocket } from 'node:dgram'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type CommandBody } from '@courtyard/protocols/contract'
import { DeviceProfile, loadProfiles } from '@courtyard/protocols/profile'
import { BuildingDeviceProcess } from '../../testing/building-device.ts'
import { testDriverContext } from '../../testing/driver-context.ts'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import type { DriverDevice, FoundDevice } from '../driver.ts'
import { bacnetDriver } from './index.ts'
import { BacnetAddress, BacnetBusConfig } from './bacnet.config.ts'

const profiles = loadProfiles()
const bacnetProfiles = [...profiles.values()].filter(({ driver }) => driver === 'bacnet')
const busOf = (more: object = {}) =>
  BacnetBusConfig.parse({ host: '127.0.0.1', port: 0, timeoutMs: 300, retries: 0, ...more })

type Device = DriverDevice<BacnetAddress>
const device = (key: string, profile: DeviceProfile, address: number | object): Device => ({
  key,
  profile,
  address: BacnetAddress.parse(typeof address === 'number' ? { host: '127.0.0.1', port: address } : address),
})

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})
function create(devices: readonly Device[], bus: object = {}) {
  const driver = bacnetDriver.create(testDriverContext(busOf(bus)), devices)
  stops.push(() => driver.stop())
  return driver
}
async function startDevice(objects: readonly object[], more: object = {}): Promise<BuildingDeviceProcess> {
  const own = await BuildingDeviceProcess.start({ protocol: 'bacnet', instance: 1234, objects, ...more })
  stops.push(() => own.stop())
  return own
}

/** A device with every object of the profile; the value is its place in the list, or inside the range. */
function objectsOf({ points }: DeviceProfile) {
  return points.map(({ bacnet, range }, i) => ({
    type: bacnet!.object,
    instance: bacnet!.instance,
    value: bacnet!.object.startsWith('binary') ? String(i % 2) : String(range ? Number(range[0]) + 1 : i + 0.5).replace(/\.\d+/, bacnet!.object.startsWith('analog') ? '$&' : ''), // prettier-ignore
    isCommandable: !bacnet!.object.endsWith('Input'),
  }))
}

describe('profiles against a device made from the same file', () => {
  test.each(bacnetProfiles.map((profile) => [profile.id, profile] as const))('%s', async (_, profile) => {
    const own = await startDevice(objectsOf(profile))
    const driver = create([device('unit', profile, own.port)])
    for (const group of Object.keys(profile.groups)) {
      const { readings, failure, message } = await driver.poll('unit', group)
      expect({ failure, message }).toEqual({ failure: null, message: null })
      for (const { point, mantissa, scale, quality } of readings) {
        expect([point, quality]).toEqual([point, Quality.good])
        const { bacnet } = profile.points.find(({ key }) => point === `unit/${key}`)!
        const raw = Number(await own.valueOf(`${bacnet!.object} ${bacnet!.instance}`))
        const expected = raw * Number(bacnet!.factor) + Number(bacnet!.offset)
        expect(Math.abs(mantissa! / 10 ** scale - expected)).toBeLessThanOrEqual(0.5 / 10 ** scale + 1e-9)
      }
    }
    for (const { key, kind, bacnet, range } of profile.commands) {
      const action = Object.keys(bacnet!.values ?? {})[0]
      const body = kind === 'setpoint' ? { kind, value: range![1] } : { kind, action }
      expect(await driver.execute!('unit', { target: key, body: body as CommandBody })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
    }
  })
})

const point = (key: string, object: string, instance: number, more: object = {}) => ({
  ...{ key, label: { zh: key, en: key }, kind: 'gauge', code: '', unit: '', scale: 0, group: 'fast' },
  ...more,
  bacnet: { object, instance, ...('bacnet' in more ? (more.bacnet as object) : {}) },
})
const profileOf = (points: readonly object[], more: object = {}): DeviceProfile =>
  DeviceProfile.parse({
    ...{ id: 'test', manufacturer: 'x', model: 'x', label: { zh: 'x', en: 'x' }, medium: 'equipment' },
    ...{ driver: 'bacnet', sources: ['test'], bacnet: {}, groups: { fast: { intervalMs: 1000 } }, points },
    ...more,
  })
const values = (outcome: { readings: readonly { point: string; mantissa: number | null; quality: number }[] }) =>
  Object.fromEntries(outcome.readings.map(({ point: name, mantissa, quality }) => [name.split('/')[1]!, mantissa === null ? `q${quality}` : quality === 0 ? mantissa : [mantissa, quality]] as const)) // prettier-ignore

const many = profileOf(
  Array.from({ length: 30 }, (_, i) => point(`p${i}`, 'analogInput', i, { scale: 1 })),
  {
    bacnet: { maxObjects: 30 },
  },
)
const manyObjects = Array.from({ length: 30 }, (_, i) => ({ type: 'analogInput', instance: i, value: String(i + 0.1) })) // prettier-ignore
const manyValues = Object.fromEntries(manyObjects.map((_, i) => [`p${i}`, i * 10 + 1]))

describe('contract', () => {
  let devices: BuildingDeviceProcess[]
  beforeAll(async () => {
    const start = () => BuildingDeviceProcess.start({ protocol: 'bacnet', instance: 7, objects: manyObjects })
    devices = [await start(), await start()]
  })
  afterAll(async () => {
    for (const own of devices) await own.stop()
  })
  describeDriverContract('bacnet', {
    definition: bacnetDriver,
    transport: 'datagram',
    bus: () => busOf(),
    busAt: () => busOf(),
    devices: (port) => [
      device('a', many, port ?? devices[0]?.port ?? 1),
      device('b', many, devices[1]?.port ?? 2),
    ],
    group: 'fast',
    setFault: (key, fault) => devices[key === 'a' ? 0 : 1]!.setFault(fault),
    badBuses: [{ port: -1 }, { broadcast: 'all' }, { bbmd: {} }, { timeoutMs: 0 }, { unknown: 1 }],
    badAddresses: [
      {},
      { host: 'x', instance: 1 },
      { instance: 4_194_303 },
      { host: 'x', network: 5 },
      { host: 'x', network: 5, mac: 'xyz' },
      { instance: 5, network: 5, mac: '01' },
    ],
  })
})

describe('values', () => {
  test('every datatype that can be a number, exact; flags; and what is not there', async () => {
    const own = await startDevice([
      { type: 'analogInput', instance: 1, value: '23.45' },
      { type: 'analogInput', instance: 2, value: 'NaN' },
      { type: 'analogInput', instance: 3, value: '7', fault: true },
      { type: 'analogInput', instance: 4, value: '8', outOfService: true },
      { type: 'analogInput', instance: 5, value: '9', inAlarm: true },
      { type: 'analogInput', instance: 6, value: '10', noStatusFlags: true },
      { type: 'analogValue', instance: 1, value: '123456789.123', datatype: 'double' },
      { type: 'analogValue', instance: 2, value: '-40', datatype: 'signed' },
      { type: 'analogValue', instance: 3, value: 'x', datatype: 'text' },
      { type: 'accumulator', instance: 1, value: '4294967295' },
      { type: 'accumulator', instance: 2, value: '281474976710655' },
      { type: 'binaryInput', instance: 1, value: '1' },
      { type: 'multiStateValue', instance: 4_194_302, value: '3' },
    ])
    const profile = profileOf([
      point('real', 'analogInput', 1, { scale: 2 }),
      point('nan', 'analogInput', 2),
      point('fault', 'analogInput', 3),
      point('outOfService', 'analogInput', 4),
      point('inAlarm', 'analogInput', 5),
      point('noFlags', 'analogInput', 6),
      point('double', 'analogValue', 1, { scale: 3 }),
      point('signed', 'analogValue', 2),
      point('text', 'analogValue', 3),
      point('counter', 'accumulator', 1, { scale: 1, bacnet: { factor: '0.1' } }),
      point('long', 'accumulator', 2),
      point('binary', 'binaryInput', 1),
      point('state', 'multiStateValue', 4_194_302),
      point('none', 'analogInput', 99),
      point('optional', 'analogInput', 98, { optional: true }),
      point('offset', 'analogInput', 1, { scale: 2, bacnet: { factor: '2', offset: '-1.5' } }),
      point('status', 'device', 1234, { bacnet: { property: 112 } }),
    ])
    const expected = {
      ...{ real: 2345, nan: 'q2', fault: [7, 1], outOfService: [8, 1], inAlarm: 9, noFlags: 10 },
      ...{ double: 123456789123, signed: -40, text: 'q2', counter: 4294967295, long: 281474976710655 },
      ...{ binary: 1, state: 3, none: 'q4', optional: 'q4', offset: 4540, status: 0 },
    }
    const outcome = await create([device('u', profile, own.port)]).poll('u', 'fast')
    expect(outcome).toMatchObject({ failure: null, requests: 1 })
    expect(values(outcome)).toEqual(expected)
    const singly = { ...profile, bacnet: { maxObjects: 1 } }
    expect(values(await create([device('u', singly, own.port)]).poll('u', 'fast'))).toEqual(expected)
  })
})

describe('how much fits', () => {
  test('a stack without segmentation: smaller requests, once for all', async () => {
    const own = await startDevice(manyObjects, { maxApdu: 128 })
    const driver = create([device('u', many, own.port)])
    const first = await driver.poll('u', 'fast')
    expect(values(first)).toEqual(manyValues)
    const second = await driver.poll('u', 'fast')
    expect(values(second)).toEqual(manyValues)
    expect(second.requests).toBeLessThan(first.requests)
    expect(second.errors).toBe(0)
  })

  test('a stack that knows ReadProperty only', async () => {
    const own = await startDevice(manyObjects, { noReadMultiple: true })
    const driver = create([device('u', many, own.port)])
    expect(values(await driver.poll('u', 'fast'))).toEqual(manyValues)
    const before = (await own.log()).requests
    expect((await driver.poll('u', 'fast')).requests).toBe(60)
    expect((await own.log()).requests - before).toBe(60)
  })
})

describe('addresses', () => {
  const one = profileOf([point('one', 'analogInput', 0)])
  const object = [{ type: 'analogInput', instance: 0, value: '5' }]

  test('an instance is looked for, and looked for again when it has moved', async () => {
    const own = await startDevice(object, { instance: 77 })
    const broadcast = `127.0.0.1:${own.port}`
    const driver = create([device('u', one, { instance: 77 }), device('x', one, { instance: 78 })], {
      broadcast,
    })
    expect(values(await driver.poll('u', 'fast'))).toEqual({ one: 5 })
    expect((await driver.poll('x', 'fast')).failure).toMatchObject({
      quality: Quality.timeout,
      message: 'no device of instance 78 answers Who-Is',
    })
    await own.setFault('silent')
    expect((await driver.poll('u', 'fast')).failure?.quality).toBe(Quality.timeout)
    await own.setFault(null)
    expect(values(await driver.poll('u', 'fast'))).toEqual({ one: 5 })
  })

  test('two devices behind one router', async () => {
    const own = await startDevice(object, { behind: { network: 2001, mac: 11 } })
    const at = (mac: string) => ({ host: '127.0.0.1', port: own.port, network: 2001, mac })
    const driver = create([device('u', one, at('0b')), device('x', one, at('0c'))])
    expect(values(await driver.poll('u', 'fast'))).toEqual({ one: 5 })
    expect((await driver.poll('x', 'fast')).failure?.quality).toBe(Quality.timeout)
    const byInstance = create([device('u', one, { instance: 1234 })], { broadcast: `127.0.0.1:${own.port}` })
    expect(values(await byInstance.poll('u', 'fast'))).toEqual({ one: 5 })
  })

  test('a port that another program has is told, not shared', async () => {
    const taken = createSocket({ type: 'udp4', reuseAddr: true })
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve))
    stops.push(() => new Promise<void>((resolve) => taken.close(resolve)))
    const own = await startDevice(object)
    const outcome = await create([device('u', one, own.port)], { port: taken.address().port }).poll(
      'u',
      'fast',
    )
    expect(outcome.failure).toMatchObject({ quality: Quality.disconnected, message: expect.stringMatching(/EADDRINUSE/) }) // prettier-ignore
  })

  test('scan: who is there and what it is called', async () => {
    const own = await startDevice(object, {
      instance: 55,
      name: '冷站',
      vendorName: 'ACME',
      modelName: 'Chill 1',
    })
    const found: FoundDevice[] = []
    const context = testDriverContext(busOf({ broadcast: `127.0.0.1:${own.port}` }))
    await bacnetDriver.scan!(context, (one) => found.push(one), new AbortController().signal)
    expect(found).toEqual([
      { address: { instance: 55 }, text: `冷站, ACME, Chill 1 at 127.0.0.1:${own.port}`, profile: null },
    ])
  })
})

describe('commands', () => {
  const label = { zh: 'x', en: 'x' }
  const profile = profileOf([point('t', 'analogValue', 1, { scale: 1 })], {
    commands: [
      { key: 'setpoint', kind: 'setpoint', label, scale: 1, bacnet: { object: 'analogValue', instance: 1 } },
      { key: 'fan', kind: 'relay', label, bacnet: { object: 'binaryOutput', instance: 1, priority: 10, values: { open: 0, close: 1 } } },
      { key: 'sensor', kind: 'setpoint', label, bacnet: { object: 'analogInput', instance: 1 } },
    ],
  }) // prettier-ignore
  const objects = [
    { type: 'analogValue', instance: 1, value: '20', isCommandable: true },
    { type: 'binaryOutput', instance: 1, value: '0', isCommandable: true },
    { type: 'multiStateValue', instance: 1, value: '1', isCommandable: true },
    { type: 'analogInput', instance: 1, value: '20' },
  ]
  const run = (own: BuildingDeviceProcess, target: string, body: CommandBody) =>
    create([device('u', profile, own.port)]).execute!('u', { target, body })

  test('are written at their priority, read back, and given up again', async () => {
    const own = await startDevice(objects)
    expect(await run(own, 'setpoint', { kind: 'setpoint', value: '21.3' })).toMatchObject({
      result: 'confirmed',
    })
    expect(await run(own, 'fan', { kind: 'relay', action: 'close' })).toMatchObject({ result: 'confirmed' })
    const write = (data: Record<string, unknown>) => run(own, 'write', { kind: 'write', data })
    expect(await write({ object: 'multiStateValue', instance: 1, value: 3 })).toMatchObject({
      result: 'confirmed',
    })
    expect(await write({ object: 'analogValue', instance: 1, value: null })).toMatchObject({
      result: 'confirmed',
    })
    expect(await own.valueOf('analogValue 1')).toBe('20')
    expect((await own.log()).sets).toEqual([
      `analogValue 1 = ${Math.fround(21.3)} @8`,
      'binaryOutput 1 = 1 @10',
      'multiStateValue 1 = 3 @8',
      'analogValue 1 = null @8',
    ])
  })

  test('where a higher priority rules it is acknowledged only', async () => {
    const own = await startDevice(objects)
    const write = (value: number, priority: number) =>
      run(own, 'write', { kind: 'write', data: { object: 'analogValue', instance: 1, value, priority } })
    await write(25, 1)
    expect(await write(21, 8)).toMatchObject({ result: 'acknowledged', message: 'accepted, but it shows 25' })
  }, 10_000)

  test('what is refused has certainly failed; what makes no sense is not sent', async () => {
    const own = await startDevice(objects)
    expect(await run(own, 'sensor', { kind: 'setpoint', value: '3' })).toMatchObject({ result: 'failed', uncertain: false, message: expect.stringMatching(/write access denied/) }) // prettier-ignore
    const before = (await own.log()).requests
    for (const data of [
      { object: 'analogInput', instance: 1, value: 1 },
      { object: 'binaryValue', instance: 1, value: 2 },
      { object: 'multiStateValue', instance: 1, value: 0 },
      { object: 'analogValue', instance: 1, value: 1, priority: 17 },
    ])
      expect(await run(own, 'write', { kind: 'write', data })).toMatchObject({
        result: 'failed',
        uncertain: false,
      })
    expect((await own.log()).requests).toBe(before)
  })

  test('silence leaves it open, and is not repeated', async () => {
    const own = await startDevice(objects)
    await own.setFault('silent')
    const driver = create([device('u', profile, own.port)], { retries: 2 })
    const command = { target: 'setpoint', body: { kind: 'setpoint', value: '22' } } as const
    expect(await driver.execute!('u', command)).toMatchObject({ result: 'failed', uncertain: true })
    expect((await own.log()).requests).toBe(1)
    await own.setFault(null)
    expect(await driver.confirm!('u', command)).toMatchObject({ result: 'failed', uncertain: false })
    await driver.execute!('u', command)
    expect(await driver.confirm!('u', command)).toMatchObject({ result: 'confirmed' })
  })
})
