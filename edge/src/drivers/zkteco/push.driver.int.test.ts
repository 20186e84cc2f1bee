import { createServer, connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { DeviceEvent } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext, type TestContext } from '../../testing/driver-context.ts'
import type { BusDriver, DriverContext } from '../driver.ts'
import { zktecoDriver } from './index.ts'
import { manyPunches, ZktecoSimulator, type PushSnapshot } from './simulator-fixture.ts'
import type { ZktecoAddress, ZktecoBusConfig } from './zkteco.config.ts'

const profiles = loadProfiles()
let simulator: ZktecoSimulator
beforeAll(() => void (simulator = new ZktecoSimulator()))
afterAll(() => simulator.stop())
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

interface Setup {
  readonly driver: BusDriver
  readonly context: TestContext<ZktecoBusConfig>
  readonly url: string
}
async function listen(
  transport: object = {},
  change: Partial<DriverContext<ZktecoBusConfig>> = {},
  profile = 'zkteco-attendance-push',
  address: ZktecoAddress = { serialNumber: 'AB1' },
): Promise<Setup> {
  const port = await freePort()
  const bus = zktecoDriver.busSchema.parse({ transport: { type: 'push', host: '127.0.0.1', port, ...transport } }) as ZktecoBusConfig // prettier-ignore
  const context = testDriverContext(bus, change)
  const driver = zktecoDriver.create(context, [{ key: 'p', address, profile: profiles.get(profile)! }])
  stops.push(() => driver.stop())
  await driver.start!()
  await expect.poll(() => driver.connected).toBe(true)
  return { driver, context, url: `http://127.0.0.1:${port}` }
}
let counter = 0
async function startTerminal(url: string, options: object = {}): Promise<string> {
  const name = `p${++counter}`
  await simulator.call(name, 'startPush', { server: url, serial: 'AB1', ...options })
  stops.push(() => simulator.call(name, 'stop'))
  return name
}
const look = (name: string) => simulator.call<PushSnapshot>(name, 'snapshot')
const eventsOf = (context: TestContext<ZktecoBusConfig>): DeviceEvent[] => context.emissions.flatMap(({ events = [] }) => events) // prettier-ignore

test('punches come, each answer only after the disk, and go on behind the stamp', async () => {
  const { context, driver, url } = await listen()
  const name = await startTerminal(url)
  for (const punch of manyPunches(120)) await simulator.call(name, 'punch', punch)
  await expect.poll(() => eventsOf(context).length, { timeout: 5_000 }).toBe(120)
  expect(eventsOf(context)[1]).toMatchObject({ id: 'punch/1002/20260115T080100/1/1', type: 'attendance', person: '1002', credential: 'fingerprint', punch: 'checkOut', atMs: Date.UTC(2026, 0, 15, 0, 1) }) // prettier-ignore
  expect(context.checkpoint('p')).toBe('push1 120 0')
  expect(context.notes.get('p')).toBeNull()
  // What the terminal tells about itself, once in a while.
  await expect
    .poll(() => driver.poll('p', 'status'), { timeout: 10_000 })
    .toMatchObject({
      failure: null,
      readings: expect.arrayContaining([expect.objectContaining({ point: 'p/records', mantissa: 120 })]),
    })
  // A terminal that starts anew is told how far it was taken.
  const again = await startTerminal(url)
  await expect.poll(async () => (await look(again)).settings['ATTLOGStamp']).toBe('120')
  expect((await look(again)).settings).toMatchObject({ TimeZone: '8', Realtime: '1' })
})

test('what cannot be written is not taken; the terminal comes again', async () => {
  let full = true
  const stored: string[] = []
  const { url } = await listen({}, {
    offer: ({ events = [] }) => (full ? Promise.reject(new Error('disk full')) : Promise.resolve(void stored.push(...events.map(({ id }) => id)))),
  }) // prettier-ignore
  const name = await startTerminal(url)
  await simulator.call(name, 'punch', manyPunches(1)[0])
  await expect.poll(async () => (await look(name)).failures).toBeGreaterThan(1)
  expect((await look(name)).waiting).toBe(1)
  full = false
  await expect.poll(async () => (await look(name)).waiting).toBe(0)
  expect(stored).toHaveLength(1)
})

test('answers that get lost bring the same identities again', async () => {
  const { context, url } = await listen()
  const name = await startTerminal(url)
  await simulator.call(name, 'fault', 'deaf')
  await simulator.call(name, 'punch', manyPunches(1)[0])
  await expect.poll(async () => (await look(name)).uploads).toBeGreaterThan(2)
  expect(new Set(eventsOf(context).map(({ id }) => id)).size).toBe(1)
})

test('a line that nobody understands is shown to people and does not stop the others', async () => {
  const { context, url } = await listen()
  const name = await startTerminal(url)
  await simulator.call(name, 'line', 'ATTLOG', '1001\tyesterday\t0')
  await simulator.call(name, 'punch', manyPunches(1)[0])
  await simulator.call(name, 'line', 'OPERLOG', 'OPLOG 3\t0\t2026-01-15 08:00:01\t54\t0\t0\t0')
  await expect.poll(() => eventsOf(context).map((event) => event.type).sort()).toEqual(['alarm', 'attendance', 'door']) // prettier-ignore
  expect(eventsOf(context)).toContainEqual(expect.objectContaining({ code: 'unreadableRecord' }))
  expect(await look(name)).toMatchObject({ waiting: 0 })
})

test('an access terminal: granted, denied, forced, open by button', async () => {
  const { context, driver, url } = await listen({}, {}, 'zkteco-inbio-push')
  const name = await startTerminal(url, { dialect: 'access' })
  const base = { time: '2026-02-23 14:13:48', pin: '7', eventaddr: 2, verifytype: 15, inoutstatus: 1 }
  for (const event of [0, 23, 102, 202, 4711, 255]) await simulator.call(name, 'door', { ...base, event })
  await expect.poll(() => eventsOf(context).length).toBe(5)
  expect(eventsOf(context)).toMatchObject([
    { type: 'access', door: '2', granted: true, person: '7', credential: 'face', direction: 'out' },
    { type: 'access', granted: false, reason: 'no right to this door' },
    { type: 'door', state: 'forced' },
    { type: 'door', state: 'exitButton' },
    { type: 'alarm', code: 'event.4711', severity: 'info' },
  ])
  expect((await look(name)).settings).toMatchObject({ registry: 'ok' })
  const open = await driver.execute!('p', {
    target: 'door3',
    body: { kind: 'door', action: 'open', seconds: 5 },
  })
  expect(open).toMatchObject({ result: 'acknowledged' })
  expect((await look(name)).commands).toEqual(['CONTROL DEVICE 01030105'])
})

test('commands: done with their result, never handed out twice', async () => {
  const { driver, url } = await listen({ commandWaitMs: 1_500 })
  const name = await startTerminal(url)
  await expect.poll(async () => (await look(name)).settings['Delay']).toBeDefined()
  const people = Array.from({ length: 120 }, (_, index) => ({
    id: String(index + 1),
    name: `人${index}`,
    present: true,
  }))
  expect(await driver.execute!('p', { target: 'people', body: { kind: 'people', people } })).toMatchObject({ result: 'acknowledged', uncertain: false }) // prettier-ignore
  expect((await look(name)).users).toHaveLength(120)
  const open = { target: 'door', body: { kind: 'door', action: 'open' } } as const
  await simulator.call(name, 'fault', 'refusing')
  expect(await driver.execute!('p', open)).toMatchObject({ result: 'failed', uncertain: false, message: expect.stringContaining('-1') as string }) // prettier-ignore
  await simulator.call(name, 'fault', 'noResults')
  expect(await driver.execute!('p', open)).toMatchObject({ result: 'failed', uncertain: true })
  await simulator.call(name, 'fault', 'silent')
  // A round that had begun is over.
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await driver.execute!('p', open)).toMatchObject({ result: 'failed', uncertain: false })
  await simulator.call(name, 'fault', null)
  await new Promise((resolve) => setTimeout(resolve, 200))
  // One refused, one without result; the withdrawn one never came.
  expect((await look(name)).commands.filter((command) => command === 'AC_UNLOCK')).toHaveLength(2)
})

test('a terminal that stops calling is noted, and gets no commands', async () => {
  const { context, driver, url } = await listen({ silentAfterMs: 1_000 })
  expect((await driver.poll('p', 'status')).failure?.message).toContain('not called yet')
  const name = await startTerminal(url)
  await expect.poll(async () => (await driver.probe('p')).failure).toBeNull()
  await simulator.call(name, 'fault', 'silent')
  await expect.poll(() => context.notes.get('p')?.message, { timeout: 4_000 }).toContain('has not called for')
  expect(await driver.execute!('p', { target: 'clock', body: { kind: 'clock' } })).toMatchObject({
    result: 'failed',
  })
})

test('strangers, other paths, long bodies are turned away', async () => {
  const { context, url } = await listen({ pathSecret: 'geheim-0815', maxBodyBytes: 2_000 })
  const status = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).status
  expect(await status('/iclock/getrequest?SN=AB1')).toBe(404)
  expect(await status('/geheim-0816/iclock/getrequest?SN=AB1')).toBe(404)
  expect(await status('/geheim-0815/iclock/getrequest?SN=XY')).toBe(403)
  expect(await status('/geheim-0815/iclock/getrequest?SN=AB1')).toBe(200)
  expect(await status('/geheim-0815/../../etc/passwd')).toBe(404)
  const post = (body: string) => ({ method: 'POST', body })
  expect(await status('/geheim-0815/iclock/cdata?SN=AB1&table=ATTLOG', post('x'.repeat(3_000)))).toBe(413)
  expect(context.emissions).toEqual([])
  const name = await startTerminal(`${url}/geheim-0815`)
  await simulator.call(name, 'punch', manyPunches(1)[0])
  await expect.poll(() => eventsOf(context).length).toBe(1)
})

test('a terminal may be bound to its address', async () => {
  const { url } = await listen({}, {}, undefined, { serialNumber: 'AB1', host: '10.9.8.7' })
  expect((await fetch(`${url}/iclock/getrequest?SN=AB1`)).status).toBe(403)
})

test('no bytes crash it, and stop does not wait for who hangs on', async () => {
  const { driver, context, url } = await listen()
  const { port } = new URL(url)
  const hanging = connect(Number(port), '127.0.0.1')
  await once(hanging, 'connect')
  hanging.on('error', () => {})
  hanging.write(
    'POST /iclock/cdata?SN=AB1&table=ATTLOG HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n1001',
  )
  for (const bytes of [
    '\0\0\0',
    'GET  HTTP/9',
    'GET /iclock/cdata?SN=%00%ff HTTP/1.1\r\nHost: x\r\n\r\n',
    'A'.repeat(20_000),
  ]) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.end(bytes)
    await once(socket.resume(), 'close')
  }
  expect((await fetch(`${url}/iclock/getrequest?SN=AB1`)).status).toBe(200)
  const before = performance.now()
  await driver.stop()
  expect(performance.now() - before).toBeLessThan(1_000)
  expect(context.emissions).toEqual([])
})

test('a port that is taken is tried again, and polls say so meanwhile', async () => {
  const { url } = await listen()
  const { port } = new URL(url)
  const bus = zktecoDriver.busSchema.parse({ transport: { type: 'push', host: '127.0.0.1', port: Number(port) } }) as ZktecoBusConfig // prettier-ignore
  const second = zktecoDriver.create(testDriverContext(bus), [{ key: 'q', address: { serialNumber: 'Q' }, profile: profiles.get('zkteco-attendance-push')! }]) // prettier-ignore
  stops.push(() => second.stop())
  await second.start!()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(second.connected).toBe(false)
})
