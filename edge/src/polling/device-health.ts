import { Quality, type DeviceState } from '@courtyard/protocols/contract'
import type { DeviceFailure, PollOutcome } from '../drivers/driver.ts'
import { backoffMs } from './backoff.ts'

export interface DeviceSnapshot {
  readonly key: string
  readonly state: DeviceState
  readonly lastGoodAtMs: number | null
  readonly latencyMs: number | null
  readonly requests: number
  readonly errors: number
  readonly missedDeadlines: number
  readonly message: string | null
}

/** A unit that does not answer is asked again after 1 s, 2 s, 4 s … 60 s. */
const PROBE_RANGE = { firstMs: 1_000, lastMs: 60_000 }

const OFFLINE_AFTER_FAILURES = 2

/** What is known about one device, and whether it is polled or only probed. */
export class DeviceHealth {
  readonly key: string
  missedDeadlines = 0
  /** While set, the device is not polled but probed at this instant (monotonic). */
  probeAtMs: number | null = null
  private failure: DeviceFailure | null = null
  private failures = 0
  private known = false
  private requests = 0
  private errors = 0
  private latencyMs: number | null = null
  private lastGoodAtMs: number | null = null
  private message: string | null = null

  /** False: nobody asks it, it speaks by itself. */
  readonly isPolled: boolean

  constructor(key: string, isPolled = true) {
    this.key = key
    this.isPolled = isPolled
  }

  get isFailing(): boolean {
    return this.failure !== null
  }

  /** The driver knows without a poll whether it is there. Returns true when a polled device has just come back. */
  noteAnnounced(failure: DeviceFailure | null, nowMs: number): boolean {
    const wasDead = this.probeAtMs !== null
    this.known = true
    this.failure = failure
    this.message = failure?.message ?? null
    if (failure) {
      this.failures = Math.max(this.failures, OFFLINE_AFTER_FAILURES)
      if (this.isPolled) this.probeAtMs ??= nowMs
      return false
    }
    this.failures = 0
    this.probeAtMs = null
    return wasDead
  }

  noteGood(atMs: number): void {
    this.lastGoodAtMs = Math.max(this.lastGoodAtMs ?? 0, atMs)
  }

  /** Takes in a poll or probe. Returns true when the device has just come back. */
  note(outcome: PollOutcome, nowMs: number, random: number): boolean {
    const wasDead = this.probeAtMs !== null
    this.known = true
    this.requests += outcome.requests
    this.errors += outcome.errors
    this.latencyMs = outcome.latencyMs ?? this.latencyMs
    this.message = outcome.message
    this.failure = outcome.failure
    for (const reading of outcome.readings) {
      if (reading.quality <= Quality.uncertain) this.noteGood(reading.atMs)
    }
    if (outcome.failure) {
      this.failures += 1
      this.probeAtMs = nowMs + backoffMs(this.failures, PROBE_RANGE, random)
      return false
    }
    this.failures = 0
    this.probeAtMs = null
    return wasDead
  }

  /** The wire works again: a device that was lost with it is probed at once. */
  noteBusRecovered(nowMs: number): void {
    if (this.failure?.quality === Quality.disconnected && this.probeAtMs !== null) {
      this.probeAtMs = Math.min(this.probeAtMs, nowMs)
    }
  }

  get state(): DeviceState {
    if (!this.known) return 'unknown'
    if (this.failures >= OFFLINE_AFTER_FAILURES) return 'offline'
    return this.failures === 1 || this.message !== null ? 'degraded' : 'online'
  }

  snapshot(): DeviceSnapshot {
    const { key, state, lastGoodAtMs, latencyMs, requests, errors, missedDeadlines, message } = this
    return { key, state, lastGoodAtMs, latencyMs, requests, errors, missedDeadlines, message }
  }
}
