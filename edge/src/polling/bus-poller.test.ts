import { afterEach, expect, test } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import type { BusDriver, Emission, PollOutcome } from '../drivers/driver.ts'
import { silentLogger } from '../log.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { BusPoller } from './bus-poller.ts'

const REPLY_MS = 20
const TIMEOUT_MS = 1_000

/** A bus on which each request takes 20 ms and a dead device a second. */
class FakeDriver implements BusDriver {
  readonly connected = true
  readonly log: { atMs: number; kind: 'poll' | 'probe'; device: string }[] = []
  readonly dead = new Map<string, Quality>()
  replyMs = REPLY_MS
  /** Goes with every outcome. */
  extra: Pick<PollOutcome, 'events' | 'checkpoint'> = {}
  busy = 0
  mostBusy = 0
  private readonly clock: FakeClock

  constructor(clock: FakeClock) {
    this.clock = clock
  }

  poll(deviceKey: string): Promise<PollOutcome> {
    return this.request('poll', deviceKey)
  }

  probe(deviceKey: string): Promise<PollOutcome> {
    return this.request('probe', deviceKey)
  }

  emptyReadings(deviceKey: string, quality: Quality): Reading[] {
    return ['a', 'b'].map((key) => this.reading(`${deviceKey}/${key}`, quality))
  }

  started = 0
  stopped = 0

  async start(): Promise<void> {
    this.started += 1
    expect(this.log).toEqual([])
  }

  async stop(): Promise<void> {
    this.stopped += 1
  }

  private async request(kind: 'poll' | 'probe', device: string): Promise<PollOutcome> {
    this.log.push({ atMs: this.clock.monotonicMs(), kind, device })
    this.mostBusy = Math.max(this.mostBusy, ++this.busy)
    const quality = this.dead.get(device)
    await this.clock.sleep(quality === undefined ? this.replyMs : TIMEOUT_MS)
    this.busy -= 1
    const failure = quality === undefined ? null : { quality, message: 'no reply' }
    return {
      ...this.extra,
      readings: [this.reading(`${device}/a`, quality ?? Quality.good)],
      requests: 1,
      errors: failure ? 1 : 0,
      latencyMs: failure ? null : this.replyMs,
      failure,
      message: failure?.message ?? null,
    }
  }

  private reading(point: string, quality: Quality): Reading {
    return {
      point,
      atMs: this.clock.nowMs(),
      mantissa: quality === Quality.good ? 1 : null,
      scale: 0,
      quality,
    }
  }
}

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

function setUp(
  devices: number,
  intervalMs = 10_000,
  offer: (emission: Emission) => Promise<void> = async () => {},
) {
  const clock = new FakeClock()
  const driver = new FakeDriver(clock)
  const offered: Reading[] = []
  const emissions: Emission[] = []
  const tasks = Array.from({ length: devices }, (_, i) => ({ deviceKey: `m${i}`, group: 'fast', intervalMs }))
  const poller = new BusPoller({
    key: 'bus',
    createDriver: () => driver,
    devices: [...tasks.map(({ deviceKey }) => deviceKey), 'speaker'],
    tasks,
    clock,
    logger: silentLogger(),
    random: () => 0.5,
    offer: (emission) => {
      emissions.push(emission)
      offered.push(...(emission.readings ?? []))
      return offer(emission)
    },
  })
  poller.start()
  stops.push(async () => {
    const stopped = poller.stop()
    await clock.advance(TIMEOUT_MS)
    await stopped
  })
  return { clock, driver, poller, offered, emissions }
}
const health = (poller: BusPoller, key: string) =>
  poller.snapshot().devices.find((device) => device.key === key)!

test('every device is polled once per interval, one request at a time, none late', async () => {
  const { clock, driver, poller } = setUp(60)
  await clock.advance(120_000)
  const perDevice = Map.groupBy(driver.log, (entry) => entry.device)
  for (const polls of perDevice.values()) expect(polls.length).toBeGreaterThanOrEqual(12)
  expect(driver.mostBusy).toBe(1)
  expect(poller.snapshot()).toMatchObject({ missedDeadlines: 0 })
  expect(poller.snapshot().load).toBeCloseTo((60 * REPLY_MS) / 10_000, 1)
})

test('a dead unit is probed ever more rarely and the others keep their deadlines', async () => {
  const { clock, driver, poller, offered } = setUp(30, 5_000)
  driver.dead.set('m7', Quality.timeout)
  await clock.advance(300_000)
  const attempts = driver.log.filter((entry) => entry.device === 'm7').map((entry) => entry.atMs)
  expect(attempts.length).toBeLessThan(15)
  expect(attempts.at(-1)! - attempts.at(-2)!).toBeGreaterThan(55_000)
  expect(attempts.at(-1)! - attempts.at(-2)!).toBeLessThanOrEqual(62_000)
  expect(poller.snapshot().missedDeadlines).toBe(0)
  expect(health(poller, 'm7')).toMatchObject({ state: 'offline', message: 'no reply' })
  expect(health(poller, 'm8').state).toBe('online')
  const lost = offered.filter((reading) => reading.point === 'm7/a')
  expect(lost.length).toBe(attempts.length)
  expect(lost.every((reading) => reading.mantissa === null && reading.quality === Quality.timeout)).toBe(true)
})

test('a unit that comes back is polled at once', async () => {
  const { clock, driver, poller } = setUp(5)
  driver.dead.set('m1', Quality.timeout)
  await clock.advance(60_000)
  driver.dead.delete('m1')
  await clock.advance(61_000)
  expect(health(poller, 'm1').state).toBe('online')
  const entries = driver.log.filter((entry) => entry.device === 'm1')
  const probe = entries.findLastIndex((entry) => entry.kind === 'probe')
  expect(entries[probe + 1]).toMatchObject({ kind: 'poll' })
  expect(entries[probe + 1]!.atMs - entries[probe]!.atMs).toBeLessThan(200)
  expect(health(poller, 'm1').missedDeadlines).toBe(0)
})

test('when the wire comes back, all that were lost with it are probed at once', async () => {
  const { clock, driver, poller } = setUp(20)
  await clock.advance(20_000)
  for (let i = 0; i < 20; i++) driver.dead.set(`m${i}`, Quality.disconnected)
  await clock.advance(400_000)
  driver.dead.clear()
  await clock.advance(20_000)
  expect(
    poller.snapshot().devices.filter((device) => device.key !== 'speaker' && device.state !== 'online'),
  ).toEqual([])
})

test('a bus that is too slow counts every deadline that it misses', async () => {
  const { clock, driver, poller } = setUp(10, 1_000)
  driver.replyMs = 250
  await clock.advance(100_000)
  const { missedDeadlines } = poller.snapshot()
  const polls = driver.log.length
  // 10 devices × 100 instants; four polls a second are possible.
  expect(polls).toBeGreaterThan(390)
  expect(missedDeadlines).toBeGreaterThan(550)
  expect(missedDeadlines).toBeLessThan(1_000)
  expect(poller.snapshot().load).toBeGreaterThan(0.99)
  const perDevice = [...Map.groupBy(driver.log, (entry) => entry.device).values()].map((list) => list.length)
  expect(Math.max(...perDevice) - Math.min(...perDevice)).toBeLessThan(3)
})

test('readings that the outbox refuses do not stop the polling', async () => {
  const { clock, driver, poller } = setUp(3, 1_000, () => Promise.reject(new Error('disk full')))
  await clock.advance(30_000)
  expect(driver.log.length).toBeGreaterThan(80)
  expect(health(poller, 'm0').state).toBe('online')
})

test('an errand goes before every poll that waits, after the request under way; the bus is never asked twice', async () => {
  const { clock, driver, poller } = setUp(40, 1_000)
  driver.replyMs = 100
  await clock.advance(10_050)
  const order: string[] = []
  const errand = (name: string) => async () => {
    expect(driver.busy).toBe(0)
    order.push(`${name} after ${driver.log.length}`)
    await clock.sleep(50)
  }
  const before = driver.log.length
  expect(driver.busy).toBe(1)
  const both = Promise.all([poller.exclusive(errand('first')), poller.exclusive(errand('second'))])
  await clock.advance(500)
  await both
  expect(order).toEqual([`first after ${before}`, `second after ${before}`])
  expect(driver.mostBusy).toBe(1)
  await clock.advance(500)
  expect(driver.log.length).toBeGreaterThan(before)
})

test('an errand wakes an idle bus at once; a stopped bus refuses it', async () => {
  const { clock, poller } = setUp(1, 60_000)
  await clock.advance(5_000)
  expect(await Promise.race([poller.exclusive(async () => 'done'), clock.advance(0).then(() => 'late')])).toBe('done') // prettier-ignore
  const stopping = poller.stop()
  await clock.advance(TIMEOUT_MS)
  await stopping
  await expect(poller.exclusive(async () => 'never')).rejects.toMatchObject({ code: 'edge.bus_disconnected' })
})

test('a bus that is lent lets go of its wire and goes on with a new driver', async () => {
  const { clock, driver, poller } = setUp(3, 1_000)
  await clock.advance(5_000)
  driver.log.length = 0
  const lent = poller.lend(async () => {
    expect(driver.stopped).toBe(1)
    await clock.sleep(3_000)
    return driver.log.length
  })
  await clock.advance(4_000)
  expect(await lent).toBe(0)
  expect(driver.started).toBe(2)
  await clock.advance(2_000)
  expect(driver.log.length).toBeGreaterThan(3)
  expect(health(poller, 'm1').state).toBe('online')
})

test('events and checkpoint of a poll are offered with its readings', async () => {
  const { clock, driver, emissions } = setUp(1, 1_000)
  const event = { type: 'door', id: '7', device: 'm0', atMs: 1, door: '1', state: 'opened' } as const
  driver.extra = { events: [event], checkpoint: 'as far as 7' }
  await clock.advance(1_500)
  expect(emissions[0]).toMatchObject({
    readings: [{ point: 'm0/a' }],
    events: [event],
    checkpoint: { deviceKey: 'm0', text: 'as far as 7' },
  })
})

test('a device that speaks by itself: unknown, there, silent, there again', async () => {
  const { clock, driver, poller, offered } = setUp(1, 60_000)
  await clock.advance(100)
  expect(health(poller, 'speaker').state).toBe('unknown')
  const reading = { point: 'speaker/a', atMs: clock.nowMs(), mantissa: 1, scale: 0, quality: Quality.good }
  poller.noteUnasked({ readings: [reading] })
  expect(health(poller, 'speaker')).toMatchObject({ state: 'online', lastGoodAtMs: reading.atMs })
  const silent = { quality: Quality.timeout, message: 'silent for 60 s' }
  poller.noteDevice('speaker', silent)
  poller.noteDevice('speaker', silent)
  expect(health(poller, 'speaker')).toMatchObject({ state: 'offline', message: 'silent for 60 s' })
  expect(offered.filter(({ point }) => point.startsWith('speaker/'))).toMatchObject([
    { point: 'speaker/a', mantissa: null, quality: Quality.timeout },
    { point: 'speaker/b', mantissa: null, quality: Quality.timeout },
  ])
  await clock.advance(120_000)
  expect(driver.log.filter(({ device }) => device === 'speaker')).toEqual([])
  poller.noteDevice('speaker', null)
  expect(health(poller, 'speaker')).toMatchObject({ state: 'online', message: null })
})

test('a polled device that its driver calls lost is probed at once', async () => {
  const { clock, driver, poller } = setUp(1, 60_000)
  await clock.advance(1_000)
  poller.noteDevice('m0', { quality: Quality.disconnected, message: 'stream ended' })
  expect(health(poller, 'm0').state).toBe('offline')
  await clock.advance(100)
  expect(driver.log.at(-1)).toMatchObject({ kind: 'probe', device: 'm0' })
  expect(health(poller, 'm0').state).toBe('online')
})
