/**
 * One bus, one queue: the task that has been due longest goes next, one request at a time. A device that fails
 * leaves the queue and is probed with one cheap request, ever more rarely, so that it costs the others nothing but
 * a bounded share of the bus.
 */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { BusDriver, PollOutcome } from '../drivers/driver.ts'
import type { Logger } from '../log.ts'
import { BusyMeter } from './busy-meter.ts'
import { DeviceHealth, type DeviceSnapshot } from './device-health.ts'
import { afterPoll, nextRegular, spreadTasks, type PollTask } from './schedule.ts'

export interface BusPollerOptions {
  readonly key: string
  readonly driver: BusDriver
  readonly tasks: readonly { deviceKey: string; group: string; intervalMs: number }[]
  readonly clock: Clock
  readonly logger: Logger
  /** In [0, 1); for jitter. */
  readonly random: () => number
  /** Resolves when the readings are safe; rejects when they were refused and counted. */
  readonly offer: (readings: readonly Reading[]) => Promise<void>
}

export interface BusSnapshot {
  readonly key: string
  readonly connected: boolean
  readonly load: number
  readonly missedDeadlines: number
  readonly devices: readonly DeviceSnapshot[]
}

type Job =
  { kind: 'poll'; task: PollTask; dueMs: number } | { kind: 'probe'; health: DeviceHealth; dueMs: number }

/** Probes that fail may take this share of the bus. */
const PROBE_SHARE = 0.2
/** Readings that may wait for the disk before the bus waits too. */
const MAX_WAITING_READINGS = 20_000

export class BusPoller {
  private readonly options: BusPollerOptions
  private readonly abort = new AbortController()
  private readonly devices: Map<string, DeviceHealth>
  private readonly busy: BusyMeter
  private tasks: PollTask[] = []
  private missedDeadlines = 0
  private probesNotBeforeMs = -Infinity
  private readonly waiting = new Set<Promise<void>>()
  private waitingReadings = 0
  private running: Promise<void> | null = null

  constructor(options: BusPollerOptions) {
    this.options = options
    this.devices = new Map(options.tasks.map(({ deviceKey }) => [deviceKey, new DeviceHealth(deviceKey)]))
    this.busy = new BusyMeter(options.clock.monotonicMs())
  }

  start(): void {
    this.tasks = spreadTasks(this.options.tasks, this.options.clock.monotonicMs())
    this.running ??= this.run()
  }

  /** Ends the connection and the loop. What was read is still offered; the caller flushes the outbox. */
  async stop(): Promise<void> {
    this.abort.abort()
    await this.options.driver.stop()
    await this.running
  }

  snapshot(): BusSnapshot {
    const { key, driver, clock } = this.options
    return {
      key,
      connected: driver.connected,
      load: this.busy.load(clock.monotonicMs()),
      missedDeadlines: this.missedDeadlines,
      devices: [...this.devices.values()].map((device) => device.snapshot()),
    }
  }

  private async run(): Promise<void> {
    const { clock } = this.options
    while (!this.abort.signal.aborted) {
      const job = this.nextJob()
      const waitMs = (job?.dueMs ?? Infinity) - clock.monotonicMs()
      if (waitMs > 0) {
        await clock.sleep(Math.min(waitMs, 60_000), this.abort.signal)
        continue
      }
      await this.execute(job!)
      if (this.waitingReadings > MAX_WAITING_READINGS) await Promise.all(this.waiting)
    }
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
    this.note(deviceKey, outcome, finishedMs)
  }

  private async ask(job: Job, deviceKey: string): Promise<PollOutcome> {
    const { driver, logger } = this.options
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

  private note(deviceKey: string, outcome: PollOutcome, nowMs: number): void {
    const health = this.devices.get(deviceKey)!
    const before = health.state
    const cameBack = health.note(outcome, nowMs, this.options.random())
    if (cameBack) this.resume(deviceKey, nowMs)
    if (!outcome.failure) for (const other of this.devices.values()) other.noteBusRecovered(nowMs)
    if (health.state !== before) {
      const level = health.state === 'online' ? 'info' : 'warn'
      this.options.logger[level](
        { device: deviceKey, from: before, to: health.state, reason: outcome.message ?? undefined },
        'device state changed',
      )
    }
    this.hand(outcome.readings)
  }

  /** Its overdue polls are due now; being dead has not made them late. */
  private resume(deviceKey: string, nowMs: number): void {
    for (const task of this.tasks) {
      if (task.deviceKey !== deviceKey) continue
      task.dueMs = Math.min(nextRegular(task, nowMs), Math.max(task.dueMs, nowMs))
    }
  }

  private hand(readings: readonly Reading[]): void {
    if (readings.length === 0) return
    this.waitingReadings += readings.length
    const settled = this.options
      .offer(readings)
      // The outbox has counted and logged the refusal.
      .catch(() => {})
      .finally(() => {
        this.waiting.delete(settled)
        this.waitingReadings -= readings.length
      })
    this.waiting.add(settled)
  }

  private healthOf(task: PollTask): DeviceHealth {
    return this.devices.get(task.deviceKey)!
  }
}
