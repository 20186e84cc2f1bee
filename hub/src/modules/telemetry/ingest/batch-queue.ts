/**
 * Batches between the broker and the writer. Bounded: who offers waits while it is full, so that a slow
 * database slows the gateways down instead of filling the memory.
 */
import type { BatchMessage } from '@courtyard/protocols/contract'

/** A message that decoded. */
export interface ReceivedBatch {
  readonly gatewayId: string
  readonly topic: string
  readonly payload: Uint8Array
  readonly receivedAt: Date
  readonly message: BatchMessage
  readonly readings: number
  readonly events: number
  readonly firstMs: number | null
  readonly lastMs: number | null
}

export interface QueueLimits {
  /** Memory of waiting batches, as estimated by `weightOf`. */
  readonly maxBytes: number
}

/** Decoded columns take two numbers per reading; the payload is kept for the log. */
const BYTES_PER_READING = 24
/** An object with some short texts. */
const BYTES_PER_EVENT = 600
/** Writing an event costs about as much as so many readings. */
const READINGS_PER_EVENT = 10

function weightOf(batch: ReceivedBatch): number {
  const { payload, readings, events } = batch
  return payload.length + readings * BYTES_PER_READING + events * BYTES_PER_EVENT + 1_024
}

interface Waiter {
  readonly batch: ReceivedBatch
  readonly accept: (accepted: boolean) => void
}

export class BatchQueue {
  private readonly limits: QueueLimits
  private batches: ReceivedBatch[] = []
  private waiters: Waiter[] = []
  private bytes = 0
  private closed = false
  private wake: (() => void) | null = null

  constructor(limits: QueueLimits) {
    this.limits = limits
  }

  get waitingBytes(): number {
    return this.bytes
  }

  get waitingBatches(): number {
    return this.batches.length
  }

  /** Resolves when there is room for it: true when it is queued, false when the queue was closed before. */
  offer(batch: ReceivedBatch): Promise<boolean> {
    if (this.closed) return Promise.resolve(false)
    if (this.waiters.length === 0 && this.hasRoom(batch)) {
      this.push(batch)
      return Promise.resolve(true)
    }
    return new Promise((accept) => this.waiters.push({ batch, accept }))
  }

  /** The oldest batches, up to a number of readings (events count as some) but at least one; waits for one. Empty: closed. */
  async take(maxReadings: number, maxBatches: number): Promise<ReceivedBatch[]> {
    while (this.batches.length === 0 && !this.closed) {
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
    if (this.closed) return []
    let count = 0
    for (let readings = 0; count < this.batches.length && count < maxBatches; count++) {
      const batch = this.batches[count]!
      readings += batch.readings + batch.events * READINGS_PER_EVENT
      if (readings > maxReadings && count > 0) break
    }
    const taken = this.batches.splice(0, count)
    for (const batch of taken) this.bytes -= weightOf(batch)
    this.admit()
    return taken
  }

  /** Forgets what waits: the gateways still have it. */
  close(): void {
    this.closed = true
    this.batches = []
    this.bytes = 0
    for (const waiter of this.waiters.splice(0)) waiter.accept(false)
    this.wake?.()
  }

  private hasRoom(batch: ReceivedBatch): boolean {
    return this.batches.length === 0 || this.bytes + weightOf(batch) <= this.limits.maxBytes
  }

  private push(batch: ReceivedBatch): void {
    this.batches.push(batch)
    this.bytes += weightOf(batch)
    this.wake?.()
    this.wake = null
  }

  private admit(): void {
    while (this.waiters.length > 0 && this.hasRoom(this.waiters[0]!.batch)) {
      const { batch, accept } = this.waiters.shift()!
      this.push(batch)
      accept(true)
    }
  }
}
