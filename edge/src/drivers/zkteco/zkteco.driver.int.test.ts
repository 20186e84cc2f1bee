import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Quality, type DeviceEvent, type TerminalPerson } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext, type TestContext } from '../../testing/driver-context.ts'
import { describeDriverContract } from '../../testing/driver-contract.ts'
import type { BusDriver, DriverDevice, Emission } from '../driver.ts'
import { zktecoDriver } from './index.ts'
import { manyPunches, tenPeople, ZktecoSimulator } from './simulator-fixture.ts'
import type { ZktecoAddress, ZktecoBusConfig } from './zkteco.config.ts'

const profiles = loadProfiles()
let simulator: ZktecoSimulator
let ports: { port: number }
beforeAll(async () => {
  simulator = new ZktecoSimulator()
  ports = await simulator.call('a', 'start', { punches: manyPunches(3), users: tenPeople, commKey: 4711 })
  await simulator.call('b', 'start', {
    punches: manyPunches(3),
    users: tenPeople,
    host: '127.0.0.2',
    port: ports.port,
  })
})
afterAll(() => simulator.stop())

function bus(transport: 'tcp' | 'udp', port: number): ZktecoBusConfig {
  return zktecoDriver.busSchema.parse({
    transport: { type: transport, port },
    timeoutMs: 300,
  }) as ZktecoBusConfig
}
const device = (key: string, host: string, profile = 'zkteco-attendance-tcp', more: Partial<ZktecoAddress> = {}): DriverDevice<ZktecoAddress> => ({ key, address: { host, ...more }, profile: profiles.get(profile)! }) // prettier-ignore

describeDriverContract('zkteco', {
  definition: zktecoDriver,
  bus: () => bus('tcp', ports.port),
  busAt: (port) => bus('tcp', port),
  devices: () => [device('a', '127.0.0.1', undefined, { commKey: 4711 }), device('b', '127.0.0.2')],
  group: 'status',
  setFault: async (key, fault) => void (await simulator.call(key, 'fault', fault)),
  badBuses: [{}, { transport: { type: 'serial' } }, { transport: { type: 'tcp', port: 0 } }, { transport: { type: 'push', pathSecret: 'x/y' } }],
  badAddresses: [{}, { host: '' }, { host: 'x', commKey: 'secret' }, { serialNumber: '../..' }],
}) // prettier-ignore

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

interface Setup {
  readonly driver: BusDriver
  readonly context: TestContext<ZktecoBusConfig>
  readonly name: string
}
let counter = 0
/** A terminal of its own and a driver for it; `store` outlives drivers as the outbox does. */
async function setUp(
  options: object,
  transport: 'tcp' | 'udp' = 'tcp',
  profile = 'zkteco-attendance-tcp',
): Promise<Setup> {
  const name = `t${++counter}`
  const { port } = await simulator.call<{ port: number }>(name, 'start', { users: tenPeople, ...options })
  stops.push(() => simulator.call(name, 'stop'))
  const context = testDriverContext(bus(transport, port))
  return { ...create(context, profile), context, name }
}
function create(context: TestContext<ZktecoBusConfig>, profile = 'zkteco-attendance-tcp') {
  const driver = zktecoDriver.create(context, [device('m', '127.0.0.1', profile)])
  stops.push(() => driver.stop())
  return { driver }
}
const eventsOf = (context: TestContext<ZktecoBusConfig>): DeviceEvent[] => context.emissions.flatMap(({ events = [] }) => events) // prettier-ignore
const ids = (events: readonly DeviceEvent[]) => events.map(({ id }) => id)
const truth = (count: number, from = 0) => manyPunches(count, from).map(({ user, time, punch, verify }) => `punch/${user}/${time.replace(/[-:]/g, '').replace(' ', 'T')}/${punch}/${verify}`) // prettier-ignore

describe.each([
  ['tcp', 40, {}],
  ['tcp', 40, { tcpPart: 1008 }],
  ['tcp', 16, { userRecord: 28 }],
  ['tcp', 8, { userRecord: 28 }],
  ['udp', 40, {}],
  ['udp', 16, { userRecord: 28 }],
  ['udp', 8, { userRecord: 28 }],
] as const)('log over %s, %i-byte records %o', (transport, record, more) => {
  test('is read once, then only what is new; the terminal works again', async () => {
    const { driver, context, name } = await setUp({ record, punches: manyPunches(5_000), ...more }, transport)
    const first = await driver.poll('m', 'status')
    expect(first).toMatchObject({ failure: null, message: null })
    expect(ids(eventsOf(context))).toEqual(truth(5_000))
    // 08:00 in Shanghai.
    expect(eventsOf(context)[0]).toMatchObject({ type: 'attendance', device: 'm', person: '1001', credential: 'pin', punch: 'checkIn', atMs: Date.UTC(2026, 0, 15, 0, 0) }) // prettier-ignore
    for (const { events = [] } of context.emissions) expect(events.length).toBeLessThanOrEqual(1_000)
    for (const punch of manyPunches(2, 5_000)) await simulator.call(name, 'punch', punch, { live: false })
    await simulator.call(name, 'forgetCalls')
    await driver.poll('m', 'status')
    expect(ids(eventsOf(context)).slice(5_000)).toEqual(truth(2, 5_000))
    await driver.poll('m', 'status')
    const { enabled, log } = await simulator.snapshot(name)
    expect(enabled).toBe(true)
    // One piece for the two new records, nothing when there is nothing new.
    expect(log.filter((command) => command === 1504)).toHaveLength(1)
    expect(eventsOf(context)).toHaveLength(5_002)
  })
})

test.each([
  ['tcp', 'partial'],
  ['tcp', 'short'],
  ['udp', 'partial'],
  ['udp', 'short'],
] as const)(
  'over %s a read that is %s is an error, never data; afterwards all is there',
  async (transport, fault) => {
    const { driver, context, name } = await setUp({ punches: manyPunches(2_000) }, transport)
    await simulator.call(name, 'fault', fault)
    const outcome = await driver.poll('m', 'status')
    expect(outcome.message).toMatch(/attendance log: /)
    expect(outcome.failure).toBeNull()
    expect(outcome.readings.find(({ point }) => point === 'm/records')).toMatchObject({ mantissa: 2_000, quality: Quality.good }) // prettier-ignore
    expect(context.emissions).toEqual([])
    expect((await simulator.snapshot(name)).enabled).toBe(true)
    await simulator.call(name, 'fault', null)
    expect((await driver.poll('m', 'status')).message).toBeNull()
    expect(ids(eventsOf(context))).toEqual(truth(2_000))
  },
)

test.each(['loss', 'duplicate', 'replyLoss'])('UDP packets with %s: the log comes whole', async (fault) => {
  const { driver, context, name } = await setUp({ punches: manyPunches(3_000) }, 'udp')
  await simulator.call(name, 'fault', fault)
  await expect.poll(async () => (await driver.poll('m', 'status'), eventsOf(context).length), { timeout: 10_000 }).toBe(3_000) // prettier-ignore
  expect(ids(eventsOf(context))).toEqual(truth(3_000))
})

test('a log that was cleared, and one that has grown to the old count, are read anew', async () => {
  const { driver, context, name } = await setUp({ punches: manyPunches(30) })
  await driver.poll('m', 'status')
  await simulator.call(name, 'clearLog')
  for (const punch of manyPunches(5, 100)) await simulator.call(name, 'punch', punch, { live: false })
  await driver.poll('m', 'status')
  expect(ids(eventsOf(context)).slice(30)).toEqual(truth(5, 100))
  await simulator.call(name, 'clearLog')
  for (const punch of manyPunches(5, 200)) await simulator.call(name, 'punch', punch, { live: false })
  // The count is the same; a new session looks at the last record.
  await simulator.call(name, 'dropSessions')
  await expect.poll(async () => (await driver.poll('m', 'status'), eventsOf(context).length)).toBe(40)
  expect(ids(eventsOf(context)).slice(35)).toEqual(truth(5, 200))
  await simulator.call(name, 'clearLog')
  await driver.poll('m', 'status')
  expect(context.emissions.at(-1)?.checkpoint?.text).toMatch(/^log1 0 /)
})

describe('live events', () => {
  let live: Setup
  beforeEach(async () => {
    live = await setUp({ punches: manyPunches(3) })
    await live.driver.start!()
    await expect.poll(async () => (await simulator.snapshot(live.name)).listeners).toBe(1)
  })

  test('a punch live and from the log is one event; it is acknowledged', async () => {
    const { driver, context, name } = live
    await simulator.call(name, 'punch', manyPunches(1, 3)[0])
    await expect.poll(async () => (await simulator.snapshot(name)).acknowledgedEvents).toBe(1)
    await driver.poll('m', 'status')
    expect(ids(eventsOf(context)).sort()).toEqual(truth(4).sort())
    // And where the memory of it is gone, the identity is the same.
    const again = testDriverContext(context.bus)
    await create(again).driver.poll('m', 'status')
    expect(ids(eventsOf(again)).sort()).toEqual(ids(eventsOf(context)).sort())
  })

  test('a session that is lost is made again by itself', async () => {
    await simulator.call(live.name, 'dropSessions')
    await expect.poll(async () => (await simulator.snapshot(live.name)).listeners, { timeout: 5_000 }).toBe(1)
    await simulator.call(live.name, 'punch', manyPunches(1, 3)[0])
    await expect.poll(() => eventsOf(live.context).length).toBe(1)
  })

  test('alarms and the exit button', async () => {
    await simulator.call(live.name, 'event', 512, '37000000')
    await simulator.call(live.name, 'event', 512, '35000000')
    await simulator.call(live.name, 'event', 2, '')
    await expect.poll(async () => (await simulator.snapshot(live.name)).acknowledgedEvents).toBe(3)
    expect(eventsOf(live.context)).toMatchObject([{ type: 'alarm', code: 'tamper', severity: 'critical' }, { type: 'door', state: 'exitButton' }]) // prettier-ignore
  })
})

test('an event that could not be written is not acknowledged; the log brings it', async () => {
  let full = true
  const name = `t${++counter}`
  const { port } = await simulator.call<{ port: number }>(name, 'start', { users: tenPeople })
  stops.push(() => simulator.call(name, 'stop'))
  const stored: Emission[] = []
  const context = testDriverContext(bus('tcp', port), {
    offer: (emission) =>
      full ? Promise.reject(new Error('disk full')) : Promise.resolve(void stored.push(emission)),
  })
  const { driver } = create(context)
  await driver.start!()
  await expect.poll(async () => (await simulator.snapshot(name)).listeners).toBe(1)
  await simulator.call(name, 'punch', manyPunches(1)[0])
  // The session ends; a new one comes.
  await expect.poll(async () => (await simulator.snapshot(name)).log.filter((command) => command === 1000).length, { timeout: 5_000 }).toBe(2) // prettier-ignore
  expect((await simulator.snapshot(name)).acknowledgedEvents).toBe(0)
  full = false
  await driver.poll('m', 'status')
  expect(stored.flatMap(({ events = [] }) => ids(events))).toEqual(truth(1))
})

/** A disk that keeps events and checkpoint together or neither, and a power cut at one write, before or after it. */
test.each(Array.from({ length: 8 }, (_, cut) => [cut >> 1, cut % 2 === 0 ? 'before' : 'after'] as const))(
  'killed at write %i, %s it is on the disk: every punch exactly once',
  async (cut, side) => {
    const name = `t${++counter}`
    const { port } = await simulator.call<{ port: number }>(name, 'start', {
      users: tenPeople,
      punches: manyPunches(3_500),
    })
    stops.push(() => simulator.call(name, 'stop'))
    const disk = { ids: [] as string[], checkpoint: null as string | null }
    let writes = 0
    const context = (killAt: number | null) =>
      testDriverContext(bus('tcp', port), {
        checkpoint: () => disk.checkpoint,
        offer: ({ events = [], checkpoint }) => {
          const killed = writes++ === killAt
          if (killed && side === 'before') return new Promise<never>(() => {})
          disk.ids.push(...ids(events))
          disk.checkpoint = checkpoint?.text ?? disk.checkpoint
          return killed ? new Promise<never>(() => {}) : Promise.resolve()
        },
      })
    const killed = zktecoDriver.create(context(cut), [device('m', '127.0.0.1')])
    void killed.poll('m', 'status')
    await expect.poll(() => writes).toBe(cut + 1)
    await killed.stop()
    await create(context(null)).driver.poll('m', 'status')
    expect(disk.ids).toEqual(truth(3_500))
  },
)

describe('commands', () => {
  const person = (id: string, more: Partial<TerminalPerson> = {}): TerminalPerson => ({ id, name: `新${id}`, present: true, ...more }) // prettier-ignore

  test.each([
    ['tcp', 72, 'zkteco-attendance-tcp'],
    ['udp', 28, 'zkteco-attendance-udp'],
  ] as const)('people over %s: written, removed and read back', async (transport, userRecord, profile) => {
    const users = tenPeople.map((user) => ({ ...user, name: 'x' }))
    const { driver, name } = await setUp(
      { userRecord, users, record: userRecord === 28 ? 8 : 40 },
      transport,
      profile,
    )
    const people = [person('1001', { name: 'Ann', card: '77', pin: '123' }), person('1002', { present: false }), person('2000', { name: 'New' })] // prettier-ignore
    const outcome = await driver.execute!('m', { target: 'people', body: { kind: 'people', people } })
    expect(outcome).toMatchObject({ result: 'confirmed', uncertain: false })
    const { users: now, enabled } = await simulator.snapshot(name)
    expect(enabled).toBe(true)
    expect(now).toHaveLength(10)
    expect(now.find(({ user }) => user === '1001')).toMatchObject({ uid: 1, name: 'Ann', card: 77, password: '123', privilege: 14 }) // prettier-ignore
    expect(now.find(({ user }) => user === '2000')).toMatchObject({
      name: 'New',
      uid: userRecord === 28 ? 2000 : 2,
    })
    expect(now.some(({ user }) => user === '1002')).toBe(false)
    expect(await driver.confirm!('m', { target: 'people', body: { kind: 'people', people } })).toMatchObject({ result: 'confirmed' }) // prettier-ignore
  })

  test('people whom the terminal refuses: failed, and it works again', async () => {
    const { driver, name } = await setUp({})
    await simulator.call(name, 'fault', 'readOnly')
    const outcome = await driver.execute!('m', {
      target: 'people',
      body: { kind: 'people', people: [person('5')] },
    })
    expect(outcome).toMatchObject({ result: 'failed', uncertain: false })
    expect((await simulator.snapshot(name)).enabled).toBe(true)
  })

  test('a card that does not fit changes nothing at all', async () => {
    const { driver, name } = await setUp({})
    const people = [person('1', { card: '1' }), person('2', { card: '99999999999' })]
    const outcome = await driver.execute!('m', { target: 'people', body: { kind: 'people', people } })
    expect(outcome).toMatchObject({ result: 'failed', uncertain: false })
    expect((await simulator.snapshot(name)).users).toHaveLength(10)
  })

  test('the clock is set and read back; its offset is a point', async () => {
    const { driver, name } = await setUp({})
    await simulator.call(name, 'setClock', 3_600)
    const offset = async () =>
      (await driver.poll('m', 'status')).readings.find(({ point }) => point === 'm/clockOffset')
    expect((await offset())!.mantissa).toBeGreaterThan(3_590)
    expect(await driver.execute!('m', { target: 'clock', body: { kind: 'clock' } })).toMatchObject({
      result: 'confirmed',
    })
    expect(Math.abs((await offset())!.mantissa!)).toBeLessThanOrEqual(2)
  })

  test.each(['tcp', 'udp'] as const)('a door over %s: tenths of a second, never twice', async (transport) => {
    const { driver, name } = await setUp({}, transport, 'zkteco-access-f-series')
    const open = { target: 'door', body: { kind: 'door', action: 'open', seconds: 7 } } as const
    expect(await driver.execute!('m', open)).toEqual({ result: 'acknowledged', uncertain: false, message: null, readings: [] }) // prettier-ignore
    expect((await simulator.snapshot(name)).unlocks).toEqual([70])
    await simulator.call(name, 'fault', 'silent')
    expect(await driver.execute!('m', open)).toMatchObject({ result: 'failed', uncertain: true })
    await simulator.call(name, 'fault', null)
    await driver.poll('m', 'status')
    expect((await simulator.snapshot(name)).unlocks).toEqual([70])
    expect(await driver.execute!('m', { target: 'door', body: { kind: 'door', action: 'holdOpen' } })).toMatchObject({ result: 'failed', uncertain: false }) // prettier-ignore
  })

  test('a door state is a point, a punch at a door is access', async () => {
    const { driver, context, name } = await setUp(
      { punches: manyPunches(1) },
      'tcp',
      'zkteco-access-f-series',
    )
    await simulator.call(name, 'setDoor', 1)
    expect((await driver.poll('m', 'door')).readings).toMatchObject([{ point: 'm/doorState', mantissa: 1 }])
    await driver.poll('m', 'status')
    expect(eventsOf(context)).toMatchObject([{ type: 'access', granted: true, person: '1001', door: '1' }])
  })
})

test('a wrong communication key is refused and told', async () => {
  const { driver } = await setUp({ commKey: 99 })
  const outcome = await driver.poll('m', 'status')
  expect(outcome.failure).toMatchObject({ quality: Quality.refused, message: expect.stringContaining('communication key') as string }) // prettier-ignore
})

test('a terminal that has forgotten the session is greeted anew', async () => {
  const { driver, name } = await setUp({}, 'udp')
  await driver.poll('m', 'status')
  await simulator.call(name, 'fault', 'reset')
  expect((await driver.poll('m', 'status')).failure?.quality).toBe(Quality.disconnected)
  await simulator.call(name, 'fault', null)
  expect((await driver.poll('m', 'status')).failure).toBeNull()
})

test('a damaged record is shown to people and does not keep the others back; many are refused', async () => {
  const punches = manyPunches(5)
  const { driver, context, name } = await setUp({ punches: [...punches.slice(0, 2), { ...punches[0]!, time: '2026-02-31 08:00:00' }, ...punches.slice(2)] }) // prettier-ignore
  expect((await driver.poll('m', 'status')).message).toBeNull()
  expect(eventsOf(context).map(({ type }) => type)).toEqual(['attendance', 'attendance', 'alarm', 'attendance', 'attendance', 'attendance']) // prettier-ignore
  for (let index = 0; index < 5; index++) {
    await simulator.call(
      name,
      'punch',
      { ...punches[0]!, time: `2026-02-3${index % 2} 09:00:00` },
      { live: false },
    )
  }
  expect((await driver.poll('m', 'status')).message).toMatch(/no such time/)
  expect(eventsOf(context)).toHaveLength(6)
})
