import { afterEach, expect, test } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import type { BusDriver, PollOutcome } from '../drivers/driver.ts'
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

  async stop(): Promise<void> {}

  private async request(kind: 'poll' | 'probe', device: string): Promise<PollOutcome> {
    this.log.push({ atMs: this.clock.monotonicMs(), kind, device })
    this.mostBusy = Math.max(this.mostBusy, ++this.busy)
    const quality = this.dead.get(device)
    await this.clock.sleep(quality === undefined ? this.replyMs : TIMEOUT_MS)
    this.busy -= 1
    const failure = quality === undefined ? null : { quality, message: 'no reply' }
    return {
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
  offer: (r: readonly Reading[]) => Promise<void> = async () => {},
) {
  const clock = new FakeClock()
  const driver = new FakeDriver(clock)
  const offered: Reading[] = []
  const tasks = Array.from({ length: devices }, (_, i) => ({ deviceKey: `m${i}`, group: 'fast', intervalMs }))
  const poller = new BusPoller({
    key: 'bus',
    driver,
    tasks,
    clock,
    logger: silentLogger(),
    random: () => 0.5,
    offer: (readings) => {
      offered.push(...readings)
      return offer(readings)
    },
  })
  poller.start()
  stops.push(async () => {
    const stopped = poller.stop()
    await clock.advance(TIMEOUT_MS)
    await stopped
  })
  return { clock, driver, poller, offered }
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
  expect(poller.snapshot().devices.filter((device) => device.state !== 'online')).toEqual([])
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
