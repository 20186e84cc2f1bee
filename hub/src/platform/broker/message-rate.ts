/** How fast one gateway may speak: a bucket that fills steadily. Who is faster waits; nothing is thrown away. */

/** Seconds of the rate that may come at once, after a silence. */
const BURST_SECONDS = 5

export class MessageRate {
  private readonly perSecond: number
  private readonly nowMs: () => number
  private tokens: number
  private filledMs: number

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.perSecond = perSecond
    this.nowMs = nowMs
    this.tokens = perSecond * BURST_SECONDS
    this.filledMs = nowMs()
  }

  /** Takes the next place in the row. @returns milliseconds to wait before the message is taken in, mostly 0 */
  take(): number {
    const nowMs = this.nowMs()
    const filled = this.tokens + ((nowMs - this.filledMs) / 1000) * this.perSecond
    this.tokens = Math.min(filled, this.perSecond * BURST_SECONDS) - 1
    this.filledMs = nowMs
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens / this.perSecond) * 1000)
  }
}
