/**
 * One bus, one queue: what somebody waits for (commands) goes first, then the task that has been due longest, one
 * at a time. A device that fails leaves the queue and is probed with one cheap request, ever more rarely, so that it
 * costs the others nothing but a bounded share of the bus.
 */
import { AppError, Quality, type DeviceState } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { BusDriver, DeviceFailure, Emission, PollOutcome } from '../drivers/driver.ts'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import { BusyMeter } from './busy-meter.ts'
import { DeviceHealth, type DeviceSnapshot } from './device-health.ts'
import { afterPoll, nextRegular, spreadTasks, type PollTask } from './schedule.ts'

export interface BusPollerOptions {
  readonly key: string
  /** Called once at first, and again after the bus was lent to somebody. */
  readonly createDriver: () => BusDriver
  /** All devices of the bus, also those that are not polled but speak by themselves. */
  readonly devices: readonly string[]
  readonly tasks: readonly { deviceKey: string; group: string; intervalMs: number }[]
  readonly clock: Clock
  readonly logger: Logger
  /** In [0, 1); for jitter. */
  readonly random: () => number
  /** Resolves when it is safe; rejects when it was refused and counted. `sinceMs`: when its poll began (monotonic). */
  readonly offer: (emission: Emission, sinceMs: number) => Promise<void>
}

/** Something that goes before polls. */
interface Errand {
  run(driver: BusDriver): Promise<void>
  /** The bus was stopped before its turn. */
  cancel(): void
}

export interface BusSnapshot {
  readonly key: string
  readonly connected: boolean
  readonly load: number
  readonly missedDeadlines: number
  readonly devices: readonly DeviceSnapshot[]
}

type Job =
  | { kind: 'poll'; task: PollTask; dueMs: number }
  | { kind: 'probe'; health: DeviceHealth; dueMs: number }

/** Probes that fail may take this share of the bus. */
const PROBE_SHARE = 0.2
/** Readings and events that may wait for the disk before the bus waits too. */
const MAX_WAITING = 20_000

export class BusPoller {
  private readonly options: BusPollerOptions
  private readonly abort = new AbortController()
  private readonly devices: Map<string, DeviceHealth>
  private readonly busy: BusyMeter
  private tasks: PollTask[] = []
  private missedDeadlines = 0
  private probesNotBeforeMs = -Infinity
  private readonly waiting = new Set<Promise<void>>()
  private waitingSize = 0
  private running: Promise<void> | null = null
  private driver: BusDriver
  private errands: Errand[] = []
  /** Ends the sleep of the loop when there is something to do. */
  private wake = new AbortController()

  constructor(options: BusPollerOptions) {
    this.options = options
    const polled = new Set(options.tasks.map(({ deviceKey }) => deviceKey))
    this.devices = new Map(options.devices.map((key) => [key, new DeviceHealth(key, polled.has(key))]))
    this.driver = options.createDriver()
    this.busy = new BusyMeter(options.clock.monotonicMs())
  }

  start(): void {
    this.tasks = spreadTasks(this.options.tasks, this.options.clock.monotonicMs())
    this.running ??= this.run()
  }

  /** Ends the connection and the loop. What was read is still offered; the caller flushes the outbox. */
  async stop(): Promise<void> {
    this.abort.abort()
    this.wake.abort()
    for (const errand of this.errands.splice(0)) errand.cancel()
    await this.driver.stop()
    await this.running
  }

  /**
   * Does `work` on the bus before any poll, after the request under way and what was asked for earlier.
   * @throws AppError `edge.bus_disconnected` when the bus was stopped before its turn; and what `work` throws.
   */
  exclusive<T>(work: (driver: BusDriver) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stopped = new AppError(errorCodes.busDisconnected, 'the bus is stopped')
      if (this.abort.signal.aborted) return reject(stopped)
      this.errands.push({
        run: (driver) => work(driver).then(resolve, reject),
        cancel: () => reject(stopped),
      })
      this.wake.abort()
    })
  }

  /** Lends the wire: the driver lets go of it, `work` has it until it ends or the bus is stopped, then polling goes on. */
  lend<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.exclusive(async (driver) => {
      await driver.stop()
      try {
        return await work(this.abort.signal)
      } finally {
        if (!this.abort.signal.aborted) {
          this.driver = this.options.createDriver()
          await this.begin()
        }
      }
    })
  }

  /** The driver says by itself whether a device is there. */
  noteDevice(deviceKey: string, failure: DeviceFailure | null): void {
    const health = this.devices.get(deviceKey)
    if (!health || this.abort.signal.aborted) return
    const nowMs = this.options.clock.monotonicMs()
    const before = health.state
    const wasFailing = health.isFailing
    if (health.noteAnnounced(failure, nowMs)) this.resume(deviceKey, nowMs)
    this.logChange(health, before, failure?.message)
    // A polled device gives its readings without values by failing probes.
    if (failure && !wasFailing && !health.isPolled) {
      this.hand({ readings: this.driver.emptyReadings(deviceKey, failure.quality) }, nowMs)
    }
    this.wake.abort()
  }

  /** A device has spoken unasked. */
  noteUnasked({ readings = [], events = [] }: Emission): void {
    const heard = new Set<string>(events.map((event) => event.device))
    for (const reading of readings) {
      const deviceKey = reading.point.slice(0, reading.point.indexOf('/'))
      if (reading.quality > Quality.uncertain) continue
      heard.add(deviceKey)
      this.devices.get(deviceKey)?.noteGood(reading.atMs)
    }
    for (const key of heard) {
      const health = this.devices.get(key)
      if (health && !health.isPolled && health.state !== 'online') this.noteDevice(health.key, null)
    }
  }

  snapshot(): BusSnapshot {
    const { key, clock } = this.options
    return {
      key,
      connected: this.driver.connected,
      load: this.busy.load(clock.monotonicMs()),
      missedDeadlines: this.missedDeadlines,
      devices: [...this.devices.values()].map((device) => device.snapshot()),
    }
  }

  private async run(): Promise<void> {
    const { clock } = this.options
    await this.begin()
    while (!this.abort.signal.aborted) {
      const errand = this.errands.shift()
      if (errand) {
        await this.runErrand(errand)
        continue
      }
      const job = this.nextJob()
      const waitMs = (job?.dueMs ?? Infinity) - clock.monotonicMs()
      if (waitMs > 0) {
        // Made anew only when used up: a thousand buses sleep twice a second.
        if (this.wake.signal.aborted) this.wake = new AbortController()
        await clock.sleep(Math.min(waitMs, 60_000), this.wake.signal)
        continue
      }
      await this.execute(job!)
      if (this.waitingSize > MAX_WAITING) await Promise.all(this.waiting)
    }
  }

  /** The driver's own beginning; a bus that is stopped meanwhile does not wait for it. */
  private async begin(): Promise<void> {
    const { driver } = this
    if (!driver.start) return
    const stopped = new Promise<void>((resolve) => {
      this.abort.signal.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      await Promise.race([driver.start(), stopped])
    } catch (error) {
      this.options.logger.error({ err: error }, 'the driver failed to begin')
    }
  }

  private async runErrand(errand: Errand): Promise<void> {
    const startedMs = this.options.clock.monotonicMs()
    await errand.run(this.driver)
    this.busy.add(startedMs, this.options.clock.monotonicMs())
  }

  private nextJob(): Job | null {
    let next: Job | null = null
    for (const task of this.tasks) {
      if (this.healthOf(task).probeAtMs !== null) continue
      if (!next || task.dueMs < next.dueMs) next = { kind: 'poll', task, dueMs: task.dueMs }
    }
    for (const health of this.devices.values()) {
      if (health.probeAtMs === null) continue
      const dueMs = Math.max(health.probeAtMs, this.probesNotBeforeMs)
      if (!next || dueMs < next.dueMs) next = { kind: 'probe', health, dueMs }
    }
    return next
  }

  private async execute(job: Job): Promise<void> {
    const { clock } = this.options
    const startedMs = clock.monotonicMs()
    const deviceKey = job.kind === 'poll' ? job.task.deviceKey : job.health.key
    const outcome = await this.ask(job, deviceKey)
    if (this.abort.signal.aborted && outcome.failure) return
    const finishedMs = clock.monotonicMs()
    this.busy.add(startedMs, finishedMs)
    if (job.kind === 'poll') this.settle(job.task, finishedMs)
    else if (outcome.failure) {
      this.probesNotBeforeMs = finishedMs + (finishedMs - startedMs) * (1 / PROBE_SHARE - 1)
    }
    this.note(deviceKey, outcome, startedMs, finishedMs)
  }

  private async ask(job: Job, deviceKey: string): Promise<PollOutcome> {
    const { driver } = this
    const { logger } = this.options
    try {
      if (job.kind === 'poll') return await driver.poll(deviceKey, job.task.group)
      const outcome = await driver.probe(deviceKey)
      if (!outcome.failure) return outcome
      return { ...outcome, readings: driver.emptyReadings(deviceKey, outcome.failure.quality) }
    } catch (error) {
      logger.error({ err: error, device: deviceKey }, 'the driver failed where it should have answered')
      const message = error instanceof Error ? error.message : String(error)
      const failure = { quality: Quality.disconnected, message }
      return { readings: [], requests: 0, errors: 1, latencyMs: null, failure, message }
    }
  }

  private settle(task: PollTask, finishedMs: number): void {
    const { dueMs, missed } = afterPoll(task, finishedMs)
    task.dueMs = dueMs
    this.missedDeadlines += missed
    this.healthOf(task).missedDeadlines += missed
  }

  private note(deviceKey: string, outcome: PollOutcome, startedMs: number, nowMs: number): void {
    const health = this.devices.get(deviceKey)!
    const before = health.state
    const cameBack = health.note(outcome, nowMs, this.options.random())
    if (cameBack) this.resume(deviceKey, nowMs)
    if (!outcome.failure) for (const other of this.devices.values()) other.noteBusRecovered(nowMs)
    this.logChange(health, before, outcome.message ?? undefined)
    const { readings, events = [], checkpoint } = outcome
    this.hand(
      {
        readings,
        events,
        ...(checkpoint === undefined ? {} : { checkpoint: { deviceKey, text: checkpoint } }),
      },
      startedMs,
    )
  }

  private logChange(health: DeviceHealth, before: DeviceState, reason: string | undefined): void {
    if (health.state === before) return
    const level = health.state === 'online' ? 'info' : 'warn'
    this.options.logger[level](
      { device: health.key, from: before, to: health.state, reason },
      'device state changed',
    )
  }

  /** Its overdue polls are due now; being dead has not made them late. */
  private resume(deviceKey: string, nowMs: number): void {
    for (const task of this.tasks) {
      if (task.deviceKey !== deviceKey) continue
      task.dueMs = Math.min(nextRegular(task, nowMs), Math.max(task.dueMs, nowMs))
    }
  }

  private hand(emission: Emission, sinceMs: number): void {
    const size = (emission.readings?.length ?? 0) + (emission.events?.length ?? 0)
    if (size === 0 && !emission.checkpoint) return
    this.waitingSize += size
    const done = () => {
      this.waiting.delete(settled)
      this.waitingSize -= size
    }
    // The outbox has counted and logged a refusal.
    const settled = this.options.offer(emission, sinceMs).then(done, done)
    this.waiting.add(settled)
  }

  private healthOf(task: PollTask): DeviceHealth {
    return this.devices.get(task.deviceKey)!
  }
}
