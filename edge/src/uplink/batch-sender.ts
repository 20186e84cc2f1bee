/**
 * Which batch goes next, and which are under way. Knows nothing of MQTT: it is told when the way is open, gets
 * a function that publishes, and hears the hub's acknowledgements. A batch leaves the outbox only by an
 * acknowledgement; whatever is unclear is sent again with the same identity, which the hub recognises.
 */
import type { AckMessage } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Outbox, PendingBatch } from '../outbox/index.ts'
import { TokenBucket } from './token-bucket.ts'

export interface SenderSettings {
  readonly inFlightBatches: number
  readonly backlogReadingsPerSecond: number
}

export interface SenderOptions {
  readonly outbox: Pick<
    Outbox,
    'id' | 'newestLive' | 'oldest' | 'payload' | 'acknowledge' | 'noteSending' | 'noteNotSending'
  >
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: SenderSettings
  readonly publish: (payload: Uint8Array) => void
}

export interface SenderCounters {
  sentBatches: number
  /** Readings and events. */
  sentReadings: number
  resentBatches: number
  readonly acks: Record<AckMessage['batches'][number]['status'], number>
}

/** An unacknowledged batch is sent again after this time. */
export const RESEND_AFTER_MS = 10_000
/** A live batch older than this has lost its hurry and goes with the backlog, oldest first. */
const LIVE_FOR_MS = 30_000

interface InFlight extends PendingBatch {
  sentMs: number
  readonly live: boolean
}

export class BatchSender {
  readonly counters: SenderCounters = {
    sentBatches: 0,
    sentReadings: 0,
    resentBatches: 0,
    acks: { committed: 0, duplicate: 0, quarantined: 0 },
  }
  private readonly options: SenderOptions
  private settings: SenderSettings
  private bucket: TokenBucket
  private readonly inFlight = new Map<number, InFlight>()
  /** Acknowledged, but the disk was too full even to delete: not sent again, deleted later. */
  private readonly undeleted = new Set<number>()
  private open = false

  constructor(options: SenderOptions) {
    this.options = options
    this.settings = options.settings
    this.bucket = this.newBucket()
  }

  get inFlightBatches(): number {
    return this.inFlight.size
  }

  setSettings(settings: SenderSettings): void {
    this.settings = settings
    this.bucket = this.newBucket()
  }

  /** A new session: what was under way may be lost and is chosen anew. */
  connected(): void {
    this.inFlight.clear()
    this.open = true
  }

  disconnected(): void {
    this.open = false
    try {
      this.options.outbox.noteNotSending()
    } catch (error) {
      // Only means that less of the backlog can be packed together.
      this.options.logger.debug({ err: error }, 'the end of sending could not be noted')
    }
  }

  /** Sends what may be sent now. Returns the milliseconds after which it should be asked again. */
  pump(): number {
    if (!this.open) return RESEND_AFTER_MS
    this.deleteAcknowledged([])
    this.resendOverdue()
    this.sendLive()
    return Math.min(this.sendBacklog(), this.nextResendMs())
  }

  handleAck(ack: AckMessage): void {
    const ours = ack.batches.filter((batch) => batch.outbox === this.options.outbox.id)
    for (const { sequence, status } of ours) {
      this.inFlight.delete(sequence)
      this.counters.acks[status] += 1
      if (status === 'quarantined') {
        this.options.logger.warn(
          { sequence },
          'the hub keeps a batch in quarantine; an engineer can replay it there',
        )
      }
    }
    this.deleteAcknowledged(ours.map((batch) => batch.sequence))
  }

  private sendLive(): void {
    const free = this.settings.inFlightBatches - this.inFlight.size
    if (free <= 0) return
    const since = this.options.clock.nowMs() - LIVE_FOR_MS
    // Those under way may be the newest, so ask for as many more.
    const candidates = this.options.outbox.newestLive(since, free + this.inFlight.size)
    for (const batch of this.sendable(candidates).slice(0, free)) this.send(batch, true)
  }

  /** Returns the milliseconds until more of the backlog may go. */
  private sendBacklog(): number {
    const { inFlightBatches } = this.settings
    const reserve = Math.floor(inFlightBatches / 4)
    let free = Math.min(
      inFlightBatches - this.inFlight.size,
      inFlightBatches - reserve - this.backlogInFlight(),
    )
    if (free <= 0) return RESEND_AFTER_MS
    const known = this.inFlight.size + this.undeleted.size
    for (const batch of this.sendable(this.options.outbox.oldest(free + known))) {
      if (free-- <= 0) break
      if (!this.bucket.take(batch.size, this.options.clock.monotonicMs())) {
        return Math.max(1, this.bucket.waitMs(batch.size))
      }
      this.send(batch, false)
    }
    return RESEND_AFTER_MS
  }

  private sendable(batches: readonly PendingBatch[]): PendingBatch[] {
    return batches.filter(({ sequence }) => !this.inFlight.has(sequence) && !this.undeleted.has(sequence))
  }

  private send(batch: PendingBatch, live: boolean): void {
    const payload = this.options.outbox.payload(batch.sequence)
    if (!payload) return
    this.options.outbox.noteSending(batch.sequence)
    this.inFlight.set(batch.sequence, { ...batch, live, sentMs: this.options.clock.monotonicMs() })
    this.counters.sentBatches += 1
    this.counters.sentReadings += batch.size
    this.options.publish(payload)
  }

  private resendOverdue(): void {
    const nowMs = this.options.clock.monotonicMs()
    for (const batch of this.inFlight.values()) {
      if (nowMs - batch.sentMs < RESEND_AFTER_MS) continue
      const payload = this.options.outbox.payload(batch.sequence)
      if (!payload) {
        this.inFlight.delete(batch.sequence)
        continue
      }
      batch.sentMs = nowMs
      this.counters.resentBatches += 1
      this.options.publish(payload)
    }
  }

  private nextResendMs(): number {
    const nowMs = this.options.clock.monotonicMs()
    let waitMs = RESEND_AFTER_MS
    for (const { sentMs } of this.inFlight.values()) {
      waitMs = Math.min(waitMs, Math.max(1, sentMs + RESEND_AFTER_MS - nowMs))
    }
    return waitMs
  }

  private backlogInFlight(): number {
    return [...this.inFlight.values()].filter((batch) => !batch.live).length
  }

  private deleteAcknowledged(sequences: readonly number[]): void {
    for (const sequence of sequences) this.undeleted.add(sequence)
    if (this.undeleted.size === 0) return
    try {
      this.options.outbox.acknowledge([...this.undeleted])
      this.undeleted.clear()
    } catch (error) {
      this.options.logger.warn({ err: error }, 'acknowledged batches cannot be deleted yet')
    }
  }

  private newBucket(): TokenBucket {
    return new TokenBucket(this.settings.backlogReadingsPerSecond, this.options.clock.monotonicMs())
  }
}
