/** Relay or valve of a meter: an order takes its time, and nothing flows while it is cut off. */
export class CutOff {
  private readonly now: () => number
  private readonly delayMs: number
  private readonly stuck: boolean
  private order = { cut: false, fromMs: 0, before: false }
  private earlierMs = 0

  constructor(now: () => number, delayMs: number, stuck: boolean) {
    this.now = now
    this.delayMs = delayMs
    this.stuck = stuck
  }

  get isCut(): boolean {
    if (this.stuck) return false
    return this.now() >= this.order.fromMs + this.delayMs ? this.order.cut : this.order.before
  }

  take(cut: boolean): void {
    this.earlierMs = this.cutMs()
    this.order = { cut, fromMs: this.now(), before: this.isCut }
  }

  /** Milliseconds in which nothing flowed. */
  cutMs(): number {
    if (this.stuck) return 0
    const { cut, fromMs, before } = this.order
    const sinceMs = this.now() - fromMs
    const delayedMs = Math.min(sinceMs, this.delayMs)
    return this.earlierMs + (before ? delayedMs : 0) + (cut ? sinceMs - delayedMs : 0)
  }
}
