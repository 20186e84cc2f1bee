/**
 * Between the drivers and the outbox: what comes in a short while becomes one batch, because one commit to the
 * disk costs the same for one reading as for five thousand. The promise that `offer` gives is the
 * acknowledgement to the driver: it resolves after the commit.
 */
import { AppError } from '@courtyard/protocols/contract'
import type { Emission } from '../drivers/driver.ts'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Outbox } from './outbox.ts'
import type { SealedContent } from './sealed-content.ts'

/** Readings and events in one sealed batch at most, unless one offer alone is larger. */
export const MAX_BATCH_SIZE = 5_000

interface Offer {
  readonly emission: Emission
  readonly sinceMs: number | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface CollectorOptions {
  readonly outbox: Pick<Outbox, 'seal'>
  readonly flushMs: number
  readonly logger: Logger
  /** Looks at each emission before it is written, such as for stamps of a clock that was put right meanwhile. */
  readonly refine?: (emission: Emission, sinceMs?: number) => Emission
  /** Called after each batch that was sealed. */
  readonly onSealed?: () => void
  /** Called when the file turned out to be damaged: only a new start can help. */
  readonly onCorrupt?: (error: AppError) => void
}

export class EmissionCollector {
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

  /**
   * Rejects with the outbox's AppError when it could not be written; the content is then counted as dropped.
   * @param sinceMs monotonic instant at which the poll began that brought it; absent when it came unasked.
   */
  offer(emission: Emission, sinceMs?: number): Promise<void> {
    if (sizeOf(emission) === 0 && !emission.checkpoint) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.offers.push({ emission, sinceMs, resolve, reject })
      this.waiting += sizeOf(emission)
      if (this.waiting >= MAX_BATCH_SIZE) this.flush()
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
      this.options.outbox.seal(this.join(offers), 'live')
      this.noteRecovery()
      for (const offer of offers) offer.resolve()
      this.options.onSealed?.()
    } catch (error) {
      if (error instanceof AppError && error.code === errorCodes.outboxBusy) return this.tryAgain(offers)
      this.noteFailure(error)
      for (const offer of offers) offer.reject(error)
    }
  }

  private join(offers: readonly Offer[]): SealedContent {
    const { refine } = this.options
    const emissions = offers.map(({ emission, sinceMs }) => (refine ? refine(emission, sinceMs) : emission))
    return {
      readings: emissions.flatMap(({ readings }) => readings ?? []),
      events: emissions.flatMap(({ events }) => events ?? []),
      checkpoints: emissions.flatMap(({ checkpoint }) => checkpoint ?? []),
    }
  }

  /** An import held the file for too long. The drivers wait for their promises, so memory stays bounded. */
  private tryAgain(offers: readonly Offer[]): void {
    this.offers = [...offers, ...this.offers]
    this.waiting = this.offers.reduce((sum, offer) => sum + sizeOf(offer.emission), 0)
    this.timer ??= setTimeout(() => this.flush(), this.flushMs)
  }

  /** One line when it begins and one when it ends, not one per poll. */
  private noteFailure(error: unknown): void {
    if (!this.failing) {
      this.options.logger.error(
        { err: error },
        'the outbox refuses readings and events; they are counted as dropped',
      )
    }
    this.failing = true
    if (error instanceof AppError && error.code === errorCodes.outboxCorrupt) this.options.onCorrupt?.(error)
  }

  private noteRecovery(): void {
    if (this.failing) this.options.logger.info('the outbox accepts readings and events again')
    this.failing = false
  }
}

function sizeOf({ readings = [], events = [] }: Emission): number {
  return readings.length + events.length
}
