/** The driver against a simulated device in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality, type CommandBody, type DeviceEvent } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import { testDriverContext, type TestContext } from '../../testing/driver-context.ts'
import { selfSigned } from '../../testing/test-authority.ts'
import type { DriverContext } from '../driver.ts'
import { parseDocument } from './document.ts'
import { HikvisionBusConfig } from './hikvision.config.ts'
import { hikvisionDriver } from './index.ts'
import { PictureStore } from './pictures.ts'

const program = new URL('../../../../simulators/src/isapi/serve.ts', import.meta.url).pathname
const profiles = loadProfiles()
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

interface State { requests: number; done: string[]; people: [string, string][]; cards: [string, string][]; plates: [string, { list: string }][]; listeners: number } // prettier-ignore

async function launch(options: object = {}) {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown
  const { port } = (await next()) as { port: number }
  const stop = async () => {
    const ended = once(child, 'exit')
    child.stdin.end()
    await ended
  }
  const call = async (name: string, ...args: unknown[]) => {
    child.stdin.write(`${JSON.stringify({ call: name, args })}\n`)
    return next()
  }
  return { port, call, stop, state: async () => (await call('state')) as State }
}
type Simulated = Awaited<ReturnType<typeof launch>>

/** Until the end of the test. */
async function simulate(options: object = {}): Promise<Simulated> {
  const device = await launch(options)
  stops.push(device.stop)
  return device
}

const busOf = (port: number, more: object = {}) =>
  HikvisionBusConfig.parse({ host: '127.0.0.1', port, user: 'admin', password: 'secret', timeoutMs: 400, heartbeatMs: 1_500, ...more }) // prettier-ignore

const entry = (serialNo: number, more: object = {}) => ({ serialNo, time: new Date(Date.now() - 3_600_000 + serialNo * 1_000).toISOString().slice(0, 19) + '+00:00', major: 5, minor: 0x4b, doorNo: 1, employeeNoString: '7', ...more }) // prettier-ignore
const logOf = (count: number) => Array.from({ length: count }, (_, index) => entry(index + 1))

function create(
  port: number,
  more: object = {},
  change: Partial<DriverContext<HikvisionBusConfig>> = {},
  profile = 'hikvision-access-terminal',
) {
  const bus = busOf(port, more)
  const context = testDriverContext(bus, change)
  const driver = hikvisionDriver.create(context, [{ key: 'd', address: { channel: 1 }, profile: profiles.get(profile)! }]) // prettier-ignore
  stops.push(() => driver.stop())
  return { driver, context }
}
const eventsOf = (context: TestContext<HikvisionBusConfig>): DeviceEvent[] => context.emissions.flatMap(({ events = [] }) => [...events]) // prettier-ignore
const serials = (events: readonly DeviceEvent[]) => events.map(({ id }) => Number(id.split('/')[1]))

test.each(['MD5', 'SHA-256'])('points by digest with %s', async (algorithm) => {
  const device = await simulate({ algorithm })
  const { driver } = create(device.port)
  const status = await driver.poll('d', 'status')
  expect(status).toMatchObject({ failure: null, message: null })
  expect(status.readings.map(({ mantissa }) => mantissa).slice(0, 3)).toEqual([17, 30, 86_400])
  expect(Math.abs(status.readings[3]!.mantissa!)).toBeLessThanOrEqual(1)
  expect((await driver.poll('d', 'door')).readings).toMatchObject([{ point: 'd/doorState', mantissa: 0 }])
})

describe('a device with two doors', () => {
  let device: Simulated | null = null
  beforeAll(async () => {
    device = await launch({ doors: 2 })
  })
  afterAll(() => device?.stop())
  const profile = profiles.get('hikvision-access-terminal')!
  const good = { host: 'x', user: 'a', password: 'b' }

  describeDriverContract('hikvision', {
    definition: hikvisionDriver,
    bus: () => busOf(device!.port, { timeoutMs: 300 }),
    busAt: (port) => busOf(port, { timeoutMs: 300 }),
    devices: () => [1, 2].map((channel) => ({ key: `door${channel}`, address: { channel }, profile })),
    oneBox: true,
    group: 'status',
    setFault: async (_key, fault) => void (await device!.call('setFault', fault)),
    badBuses: [{}, { ...good, port: 0 }, { ...good, certificateSha256: 'ab' }, { host: 'x' }, { ...good, https: 'yes' }],
    badAddresses: [{ channel: 0 }, { channel: '1' }, { door: 1 }],
  }) // prettier-ignore
})

test('a wrong password is refused in words', async () => {
  const device = await simulate()
  const { driver } = create(device.port, { password: 'wrong' })
  expect(
    (await driver.poll('d', 'status')).readings.every(({ quality }) => quality === Quality.refused),
  ).toBe(true)
  expect((await driver.probe('d')).message).toMatch(/refuses user or password/)
})

describe('over HTTPS with a certificate that signs itself', () => {
  const open = { target: 'door', body: { kind: 'door', action: 'open' } } as const

  test('the right pin, as people write it: points, events, a command', async () => {
    const { sha256, ...tls } = await selfSigned()
    const device = await simulate({ tls, log: logOf(3) })
    const certificateSha256 = sha256.toUpperCase().replace(/..(?!$)/g, '$&:')
    const { driver, context } = create(device.port, { https: true, certificateSha256 })
    await driver.start!()
    await expect.poll(() => driver.connected).toBe(true)
    expect(await driver.poll('d', 'status')).toMatchObject({ failure: null, message: null })
    await device.call('happen', entry(4), true)
    await expect.poll(() => serials(eventsOf(context))).toEqual([1, 2, 3, 4])
    expect(await driver.execute!('d', open)).toMatchObject({ result: 'acknowledged' })
    // The next connections are looked at like the first
    await device.call('setFault', 'reset')
    expect((await driver.poll('d', 'status')).failure?.quality).toBe(Quality.disconnected)
    await device.call('setFault', null)
    expect(await driver.poll('d', 'status')).toMatchObject({ failure: null })
    expect((await device.state()).done).toEqual(['door/1 open'])
  })

  test.each([
    ['a wrong pin', { certificateSha256: 'ab'.repeat(32) }, (sha256: string) => sha256],
    ['no pin', {}, () => 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('%s: refused in words before anything is said', async (_, more, words) => {
    const { sha256, ...tls } = await selfSigned()
    const device = await simulate({ tls })
    const { driver } = create(device.port, { https: true, ...more })
    await driver.start!()
    const outcome = await driver.poll('d', 'status')
    expect(outcome.failure).toMatchObject({ quality: Quality.disconnected })
    expect(outcome.message).toContain(words(sha256))
    expect(await driver.execute!('d', open)).toMatchObject({ result: 'failed', uncertain: false })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(driver.connected).toBe(false)
    expect(await device.state()).toMatchObject({ requests: 0, done: [] })
  })

  test('a device that speaks plain HTTP there, and one that says nothing at all', async () => {
    const certificateSha256 = 'ab'.repeat(32)
    const plain = await simulate()
    const { driver } = create(plain.port, { https: true, certificateSha256 })
    expect((await driver.poll('d', 'status')).failure?.quality).toBe(Quality.disconnected)
    expect((await plain.state()).requests).toBe(0)
    const mute = createServer((socket) => void socket.resume())
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    stops.push(() => new Promise((resolve) => mute.close(resolve)))
    const other = create((mute.address() as AddressInfo).port, { https: true, certificateSha256 })
    expect((await other.driver.poll('d', 'status')).failure?.quality).toBe(Quality.timeout)
    expect(await other.driver.execute!('d', open)).toMatchObject({ result: 'failed', uncertain: false })
  })
})

test('the log, then what happens, then what happened while the stream was gone: each once, none missing', async () => {
  const device = await simulate({ log: logOf(75) })
  const { driver, context } = create(device.port)
  await driver.start!()
  await expect.poll(() => eventsOf(context).length, { timeout: 5_000 }).toBe(75)
  await device.call('happen', entry(76), true)
  await expect.poll(() => eventsOf(context).length).toBe(76)
  await driver.stop()
  for (let n = 77; n <= 80; n++) await device.call('happen', entry(n), false)
  const again = create(device.port, {}, { checkpoint: context.checkpoint })
  await again.driver.start!()
  await expect.poll(() => eventsOf(again.context).length, { timeout: 5_000 }).toBe(4)
  await device.call('dropStreams')
  await device.call('happen', entry(81), false)
  await expect.poll(() => serials(eventsOf(again.context)), { timeout: 5_000 }).toContain(81)
  expect(new Set([...serials(eventsOf(context)), ...serials(eventsOf(again.context))])).toEqual(new Set(Array.from({ length: 81 }, (_, index) => index + 1))) // prettier-ignore
}, 15_000)

test('a partial page brings nothing; an event that was not kept comes again', async () => {
  const device = await simulate({ log: logOf(40) })
  await device.call('setFault', 'partialPage')
  let full = false
  const kept: DeviceEvent[] = []
  const { driver } = create(device.port, {}, { offer: ({ events = [] }) => (full ? Promise.reject(new Error('disk full')) : Promise.resolve(void kept.push(...events))) }) // prettier-ignore
  await driver.start!()
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect(kept).toEqual([])
  await device.call('setFault', null)
  await expect.poll(() => kept.length, { timeout: 8_000 }).toBe(40)
  full = true
  await device.call('happen', entry(41), true)
  await new Promise((resolve) => setTimeout(resolve, 200))
  full = false
  await expect.poll(() => serials(kept), { timeout: 8_000 }).toContain(41)
}, 20_000)

test('a silent stream is opened anew', async () => {
  const device = await simulate()
  const { driver } = create(device.port, { heartbeatMs: 600 })
  await driver.start!()
  await expect.poll(() => driver.connected).toBe(true)
  await device.call('setFault', 'streamSilent')
  await expect.poll(() => driver.connected, { timeout: 3_000 }).toBe(false)
  await device.call('setFault', null)
  await expect.poll(() => driver.connected, { timeout: 4_000 }).toBe(true)
}, 10_000)

const JPEG = Buffer.concat([Buffer.of(0xff, 0xd8, 0xff), Buffer.alloc(3_000, 7)])
const anpr = '<?xml version="1.0"?><EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><channelID>1</channelID><dateTime>2026-05-21T16:10:06+08:00</dateTime><eventType>ANPR</eventType><eventState>active</eventState><ANPR><licensePlate>粤B12345</licensePlate><line>1</line><direction>forward</direction><confidenceLevel>98</confidenceLevel><plateColor>blue</plateColor></ANPR><UUID>u-1</UUID><picNum>2</picNum></EventNotificationAlert>' // prettier-ignore

test('a vehicle with its picture; barrier, plates, clock', async () => {
  const device = await simulate()
  const { driver, context } = create(device.port, {}, {}, 'hikvision-plate-camera-exit')
  await driver.start!()
  await expect.poll(() => driver.connected).toBe(true)
  await device.call('vehicle', anpr, [['licensePlatePicture.jpg', Buffer.from([0xff, 0xd8, 1]).toString('base64')], ['detectionPicture.jpg', JPEG.toString('base64')]]) // prettier-ignore
  await expect.poll(() => eventsOf(context).length).toBe(1)
  const [event] = eventsOf(context)
  expect(event).toMatchObject({ type: 'vehicle', direction: 'out', plate: '粤B12345', plateColor: 'blue', picture: expect.stringMatching(/^[0-9a-f]{40}\.jpg$/) as string }) // prettier-ignore
  expect(await readdir(join(context.folder, 'pictures'))).toEqual([(event as { picture: string }).picture])
  const execute = (target: string, body: CommandBody) => driver.execute!('d', { target, body })
  expect(await execute('barrier', { kind: 'barrier', action: 'open' })).toMatchObject({
    result: 'acknowledged',
  })
  const plates = Array.from({ length: 130 }, (_, n) => ({
    plate: `粤B${n}`,
    list: 'allow' as const,
    present: true,
  }))
  expect(await execute('plates', { kind: 'plates', plates })).toMatchObject({ result: 'confirmed' })
  expect(await execute('plates', { kind: 'plates', plates: [{ ...plates[0]!, present: false }, { ...plates[1]!, list: 'block' }] })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
  const state = await device.state()
  expect(state.plates).toHaveLength(129)
  expect(state.done[0]).toBe('barrier/1 open')
  await device.call('set', 'clockOffsetSeconds', 500)
  expect(await execute('clock', { kind: 'clock' })).toMatchObject({ result: 'confirmed' })
  await device.call('set', 'timeMode', 'NTP')
  expect(await execute('clock', { kind: 'clock' })).toMatchObject({ result: 'failed', uncertain: false })
})

test('doors and people; a door that did not answer is uncertain and not told twice', async () => {
  const device = await simulate()
  const { driver } = create(device.port)
  const open = { target: 'door', body: { kind: 'door', action: 'open' } } as const
  expect(await driver.execute!('d', open)).toMatchObject({ result: 'acknowledged', uncertain: false })
  await device.call('setFault', 'silent')
  expect(await driver.execute!('d', open)).toMatchObject({ result: 'failed', uncertain: true })
  await device.call('setFault', 'refusing')
  expect(await driver.execute!('d', open)).toMatchObject({ result: 'failed', uncertain: false })
  await device.call('setFault', null)
  const people = [
    { id: '1', name: '王', card: '77', present: true },
    { id: '2', name: 'B', present: true },
  ]
  expect(await driver.execute!('d', { target: 'people', body: { kind: 'people', people } })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
  expect(await driver.execute!('d', { target: 'people', body: { kind: 'people', people: [{ ...people[1]!, present: false }] } })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
  const state = await device.state()
  expect(state).toMatchObject({ people: [['1', '王']], cards: [['77', '1']] })
  expect(state.done.filter((what) => what.startsWith('door'))).toEqual(['door/1 open'])
})

test('pictures: within their room, the oldest go first', async () => {
  const { context } = create(1)
  const store = new PictureStore(context.folder, 7_000)
  const keys: (string | null)[] = []
  for (let n = 0; n < 4; n++) keys.push(await store.keep(Buffer.concat([JPEG, Buffer.of(n)])))
  expect((await readdir(join(context.folder, 'pictures'))).sort()).toEqual(keys.slice(2).sort())
  expect(await store.keep(Buffer.from('<html>'))).toBeNull()
  const reopened = new PictureStore(context.folder, 7_000)
  await reopened.keep(Buffer.concat([JPEG, Buffer.of(9)]))
  expect(await readdir(join(context.folder, 'pictures'))).toHaveLength(2)
})

test('XML without entities of its own', () => {
  expect(parseDocument('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')).toBeNull()
  expect(parseDocument('<n:a xmlns:n="u"><b>1 &lt; 2</b></n:a>')).toEqual({ a: { b: '1 < 2' } })
  expect(parseDocument('nothing')).toBeNull()
})
