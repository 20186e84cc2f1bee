/** The clock of a small box: wrong at the start, put right later, by whom and by how much. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Quality, type DeviceEvent, type Reading } from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'
import { silentLogger } from '../log.ts'
import { Outbox } from '../outbox/index.ts'
import { ClockStore } from './clock-store.ts'
import { TimeKeeper } from './time-keeper.ts'

const truthMs = Date.UTC(2026, 8, 20, 12)
const HOUR = 3_600_000

/** A machine: true time passes, its own clock is off by `errorMs`. */
class Machine {
  bootId = 'boot-1'
  bootedMs = truthMs - 10_000
  elapsedMs = 0
  errorMs = 0

  get trueMs(): number {
    return truthMs + this.elapsedMs
  }

  readonly clock = {
    nowMs: () => this.trueMs + this.errorMs,
    monotonicMs: () => this.elapsedMs,
    sleep: async () => {},
  }

  reboot(id: string, awayMs: number): void {
    this.elapsedMs += awayMs
    this.bootId = id
    this.bootedMs = this.trueMs
  }
}

let folder: string
let machine: Machine
let agent: { time: TimeKeeper; outbox: Outbox; flushes: number } | null = null

beforeEach(() => {
  // The keeper's own look at the clock; everything else is driven by hand.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  folder = mkdtempSync(join(tmpdir(), 'courtyard-time-'))
  machine = new Machine()
})
afterEach(() => {
  end()
  vi.useRealTimers()
  rmSync(folder, { recursive: true })
})

function start() {
  const boot = { id: machine.bootId, nowMs: () => machine.trueMs - machine.bootedMs }
  const time = new TimeKeeper(machine.clock, boot, silentLogger())
  const outbox = new Outbox({
    file: join(folder, 'outbox.sqlite'),
    clock: time,
    logger: silentLogger(),
    limits: { maxBytes: 1e9, maxAgeMs: 24 * HOUR },
    moveDamagedAside: false,
  })
  agent = { time, outbox, flushes: 0 }
  const own = agent
  time.begin(new ClockStore(outbox, silentLogger()), {
    beforeChange: () => void (own.flushes += 1),
    changed: (trusted, held) => outbox.setClock(trusted, held),
  })
  return agent
}
function end(): void {
  agent?.time.stop()
  agent?.outbox.close()
  agent = null
}
/** Time passes; the keeper looks at the clock. */
async function pass(ms: number): Promise<void> {
  machine.elapsedMs += ms
  vi.advanceTimersByTime(600)
  await settled()
}
async function settled(): Promise<void> {
  for (let i = 0; i < 40; i++) await turn()
}
function seal(value: number): number {
  const { time, outbox } = agent!
  return outbox.seal({ readings: [stamped(value, time.nowMs())] }, 'live')[0]!
}
const stamped = (mantissa: number, atMs: number): Reading => ({ point: 'm1/a', atMs, mantissa, scale: 0, quality: Quality.good }) // prettier-ignore
const sendable = () => agent!.outbox.oldest(1_000).map(({ sequence }) => sequence)
const readAt = (sequence: number) => readingsOf(decodeBatch(agent!.outbox.payload(sequence)!))[0]!

describe('a clock at 1970', () => {
  beforeEach(() => {
    machine.errorMs = -machine.trueMs + 15_000
  })

  test('is not trusted; readings wait and nothing is thrown away', async () => {
    const { time, outbox } = start()
    expect(time.isTrusted).toBe(false)
    expect(time.nowMs()).toBe(15_000)
    seal(1)
    await pass(48 * HOUR)
    outbox.enforceLimits()
    time.connected()
    time.noteHub(undefined)
    await pass(5_000)
    expect(sendable()).toEqual([])
    expect(outbox.totals()).toMatchObject({ batches: 1, droppedReadings: 0 })
  })

  test('the hub says the time: what waits gets its true instant and goes, new readings too', async () => {
    const { time, outbox } = start()
    const first = machine.trueMs
    seal(1)
    await pass(2 * HOUR)
    seal(2)
    time.connected()
    time.noteHub(machine.trueMs - 40)
    expect(time.isTrusted).toBe(true)
    expect(Math.abs(time.nowMs() - machine.trueMs)).toBeLessThan(100)
    expect(agent!.flushes).toBe(1)
    await settled()
    seal(3)
    expect(sendable()).toEqual([1, 2, 3])
    expect([1, 2, 3].map((sequence) => readAt(sequence).quality)).toEqual([0, 0, 0])
    expect(Math.abs(readAt(1).atMs - first)).toBeLessThan(100)
    expect(readAt(2).atMs - readAt(1).atMs).toBe(2 * HOUR)
    expect(Math.abs(readAt(3).atMs - machine.trueMs)).toBeLessThan(100)
    expect(outbox.totals()).toMatchObject({ readings: 3, oldestAtMs: readAt(1).atMs })
    expect(time.offsetMs).toBeGreaterThan(50 * 365 * 24 * HOUR)
  })

  test('NTP sets it: new readings are right at once, earlier ones at the first contact, with NTP as the measure', async () => {
    const { time } = start()
    seal(1)
    await pass(60_000)
    machine.errorMs = 0
    await pass(1_000)
    expect(time.isTrusted).toBe(true)
    expect(time.nowMs()).toBe(machine.trueMs)
    seal(2)
    time.connected()
    time.noteHub(machine.trueMs - 700)
    await settled()
    expect(sendable()).toEqual([1, 2])
    expect(readAt(1).atMs).toBe(truthMs)
    expect(readAt(2).atMs).toBe(truthMs + 61_000)
  })

  test('a restart of the agent in the same boot changes nothing; neither does one while batches are put right', async () => {
    start()
    for (let i = 1; i <= 120; i++) seal(i)
    end()
    await pass(HOUR)
    start()
    expect(agent!.time.isTrusted).toBe(false)
    seal(121)
    agent!.time.connected()
    agent!.time.noteHub(machine.trueMs)
    end()
    start()
    await settled()
    expect(sendable()).toHaveLength(121)
    expect(readAt(1).atMs).toBe(truthMs)
    expect(readAt(120).atMs).toBe(truthMs)
    expect(readAt(121).atMs).toBe(truthMs + HOUR)
    expect(agent!.time.isTrusted).toBe(true)
  })

  test('an earlier boot whose time nobody learned: uncertain, not later than the next boot', async () => {
    start()
    seal(1)
    await pass(HOUR)
    seal(2)
    end()
    machine.reboot('boot-2', 30_000)
    machine.errorMs = 0
    start()
    await pass(20_000)
    seal(3)
    agent!.time.connected()
    agent!.time.noteHub(machine.trueMs)
    await settled()
    expect(sendable()).toEqual([1, 2, 3])
    const [one, two, three] = [1, 2, 3].map(readAt)
    expect([one!.quality, two!.quality, three!.quality]).toEqual([Quality.uncertain, Quality.uncertain, Quality.good]) // prettier-ignore
    expect(two!.atMs - one!.atMs).toBe(HOUR)
    expect(two!.atMs).toBeLessThanOrEqual(machine.bootedMs + 20_000)
    expect(two!.atMs).toBeGreaterThan(machine.bootedMs - 60_000)
    expect(three!.atMs).toBe(machine.trueMs)
  })

  test('what devices have stamped themselves is left alone', async () => {
    const { time, outbox } = start()
    const event: DeviceEvent = { type: 'door', id: '1', device: 'd', atMs: machine.trueMs - 5_000, door: '1', state: 'opened' } // prettier-ignore
    outbox.seal({ readings: [stamped(1, machine.trueMs - HOUR), stamped(2, time.nowMs())], events: [event] }, 'live') // prettier-ignore
    time.connected()
    time.noteHub(machine.trueMs)
    await settled()
    const batch = decodeBatch(outbox.payload(1)!)
    expect(batch.events).toEqual([event])
    expect(readingsOf(batch).map(({ atMs }) => atMs)).toEqual([machine.trueMs - HOUR, machine.trueMs])
  })

  test('a poll that was under way when the time came gets the new time', async () => {
    const { time } = start()
    const sinceMs = time.monotonicMs()
    const reading = stamped(1, time.nowMs())
    await pass(3_000)
    time.connected()
    time.noteHub(machine.trueMs)
    const refined = time.refine({ readings: [reading, stamped(2, time.nowMs())] }, sinceMs)
    expect(refined.readings!.map(({ atMs }) => atMs)).toEqual([truthMs, truthMs + 3_000])
  })
})

describe('a plausible clock', () => {
  test('waits for the first answer of the hub and is believed when that agrees', async () => {
    machine.errorMs = 20_000
    const { time } = start()
    expect(time.isTrusted).toBe(true)
    const at = time.nowMs()
    seal(1)
    await pass(1_000)
    expect(sendable()).toEqual([])
    time.connected()
    time.noteHub(machine.trueMs)
    expect(sendable()).toEqual([1])
    expect(readAt(1).atMs).toBe(at)
    expect(time.offsetMs).toBe(-20_000)
  })

  test('ten days off: what waits is put right before it goes', async () => {
    machine.errorMs = -240 * HOUR
    const { time } = start()
    seal(1)
    await pass(5_000)
    time.connected()
    time.noteHub(machine.trueMs)
    await settled()
    expect(readAt(1).atMs).toBe(truthMs)
    expect(sendable()).toEqual([1])
    expect(Math.abs(time.nowMs() - machine.trueMs)).toBeLessThan(10)
    // A restart in the same boot knows it still; NTP may set the clock later.
    end()
    start()
    expect(Math.abs(agent!.time.nowMs() - machine.trueMs)).toBeLessThan(10)
    machine.errorMs = 0
    await pass(1_000)
    expect(agent!.time.nowMs()).toBe(machine.trueMs)
  })

  test('a hub that does not say the time: its first answer, or a moment of silence, is enough', async () => {
    start()
    seal(1)
    agent!.time.connected()
    agent!.time.noteHub(undefined)
    expect(sendable()).toEqual([1])
    end()
    machine.reboot('boot-2', 60_000)
    start()
    seal(2)
    agent!.time.connected()
    await pass(2_000)
    expect(sendable()).toEqual([1, 2])
  })

  test('one that is behind what it has shown before is not believed', async () => {
    start()
    agent!.time.connected()
    agent!.time.noteHub(machine.trueMs)
    seal(1)
    end()
    machine.reboot('boot-2', 60_000)
    machine.errorMs = -48 * HOUR
    start()
    expect(agent!.time.isTrusted).toBe(false)
    seal(2)
    agent!.time.connected()
    agent!.time.noteHub(machine.trueMs)
    await settled()
    expect(readAt(2).atMs).toBe(machine.trueMs)
    expect(readAt(2).quality).toBe(Quality.good)
  })
})

describe('once the time is known', () => {
  beforeEach(() => {
    start()
    agent!.time.connected()
    agent!.time.noteHub(machine.trueMs)
  })

  test('a small step back: no instant comes twice, and the clock is soon followed again', async () => {
    const stamps: number[] = []
    for (let i = 0; i < 200; i++) {
      machine.elapsedMs += 100
      if (i === 20) machine.errorMs = -3_000
      stamps.push(agent!.time.nowMs())
    }
    expect(stamps.every((stamp, i) => i === 0 || stamp > stamps[i - 1]!)).toBe(true)
    expect(stamps.at(-1)).toBe(machine.clock.nowMs())
  })

  test('a system clock that is set away by hours is not followed, until it agrees again', async () => {
    machine.errorMs = -5 * HOUR
    await pass(1_000)
    expect(Math.abs(agent!.time.nowMs() - machine.trueMs)).toBeLessThan(10)
    machine.errorMs = 1_000
    await pass(1_000)
    expect(agent!.time.nowMs()).toBe(machine.clock.nowMs())
  })

  test('the hub itself changes its mind, more than once: followed, and values are uncertain for a while', async () => {
    const { time } = agent!
    await pass(1_000)
    time.nowMs()
    for (let i = 0; i < 12; i++) {
      machine.elapsedMs += 61_000
      time.noteHub(machine.trueMs - HOUR)
    }
    const atMs = time.nowMs()
    expect(Math.abs(atMs - (machine.trueMs - HOUR))).toBeLessThan(1_000)
    const refined = time.refine({ readings: [stamped(1, atMs), stamped(2, atMs - 24 * HOUR)] }, time.monotonicMs()) // prettier-ignore
    expect(refined.readings!.map(({ quality }) => quality)).toEqual([Quality.uncertain, Quality.good])
    machine.elapsedMs += 700_000
    const later = { readings: [stamped(1, time.nowMs())] }
    expect(time.refine(later, time.monotonicMs())).toEqual(later)
  })

  test('one message that was held up for long moves nothing', () => {
    agent!.time.noteHub(machine.trueMs - 10 * 60_000)
    expect(agent!.time.nowMs()).toBe(machine.trueMs)
  })
})
