/**
 * Between the drivers and the outbox: readings of a short while become one batch, because one commit to the
 * disk costs the same for one reading as for five thousand. The promise that `offer` gives is the
 * acknowledgement to the driver: it resolves after the commit.
 */
import { AppError, type Reading } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Outbox } from './outbox.ts'

/** Readings in one sealed batch at most, unless one offer alone is larger. */
export const MAX_BATCH_READINGS = 5_000

interface Offer {
  readonly readings: readonly Reading[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface CollectorOptions {
  readonly outbox: Pick<Outbox, 'seal'>
  readonly flushMs: number
  readonly logger: Logger
  /** Called after each batch that was sealed. */
  readonly onSealed?: () => void
  /** Called when the file turned out to be damaged: only a new start can help. */
  readonly onCorrupt?: (error: AppError) => void
}

export class ReadingCollector {
  private readonly options: CollectorOptions
  private flushMs: number
  private offers: Offer[] = []
  private waiting = 0
  private timer: NodeJS.Timeout | null = null
  private failing = false

  constructor(options: CollectorOptions) {
    this.options = options
    this.flushMs = options.flushMs
  }

  setFlushMs(flushMs: number): void {
    this.flushMs = flushMs
  }

  /** Rejects with the outbox's AppError when the readings could not be written; they are then counted as dropped. */
  offer(readings: readonly Reading[]): Promise<void> {
    if (readings.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.offers.push({ readings, resolve, reject })
      this.waiting += readings.length
      if (this.waiting >= MAX_BATCH_READINGS) this.flush()
      else this.timer ??= setTimeout(() => this.flush(), this.flushMs)
    })
  }

  /** Seals what waits, now. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    const offers = this.offers
    this.offers = []
    this.waiting = 0
    if (offers.length === 0) return
    try {
      this.options.outbox.seal(
        offers.flatMap((offer) => offer.readings),
        'live',
      )
      this.noteRecovery()
      for (const offer of offers) offer.resolve()
      this.options.onSealed?.()
    } catch (error) {
      if (error instanceof AppError && error.code === errorCodes.outboxBusy) return this.tryAgain(offers)
      this.noteFailure(error)
      for (const offer of offers) offer.reject(error)
    }
  }

  /** An import held the file for too long. The drivers wait for their promises, so memory stays bounded. */
  private tryAgain(offers: readonly Offer[]): void {
    this.offers = [...offers, ...this.offers]
    this.waiting = this.offers.reduce((sum, offer) => sum + offer.readings.length, 0)
    this.timer ??= setTimeout(() => this.flush(), this.flushMs)
  }

  /** One line when it begins and one when it ends, not one per poll. */
  private noteFailure(error: unknown): void {
    if (!this.failing) {
      this.options.logger.error({ err: error }, 'the outbox refuses readings; they are counted as dropped')
    }
    this.failing = true
    if (error instanceof AppError && error.code === errorCodes.outboxCorrupt) this.options.onCorrupt?.(error)
  }

  private noteRecovery(): void {
    if (this.failing) this.options.logger.info('the outbox accepts readings again')
    this.failing = false
  }
}
