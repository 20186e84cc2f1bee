/** Lets through `perSecond` units on average and at most one second's worth at once. Monotonic milliseconds. */
export class TokenBucket {
  private readonly perSecond: number
  private tokens: number
  private atMs: number

  constructor(perSecond: number, nowMs: number) {
    this.perSecond = perSecond
    this.tokens = perSecond
    this.atMs = nowMs
  }

  /** Takes `units` if the bucket is not overdrawn; one that is larger than the bucket overdraws it. */
  take(units: number, nowMs: number): boolean {
    this.tokens = Math.min(this.perSecond, this.tokens + ((nowMs - this.atMs) / 1000) * this.perSecond)
    this.atMs = nowMs
    if (this.tokens < Math.min(units, this.perSecond)) return false
    this.tokens -= units
    return true
  }

  /** Milliseconds until `units` can be taken. */
  waitMs(units: number): number {
    return Math.max(0, ((Math.min(units, this.perSecond) - this.tokens) / this.perSecond) * 1000)
  }
}
