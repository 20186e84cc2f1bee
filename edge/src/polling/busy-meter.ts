/** Share of the last minute in which something was busy. Times are milliseconds of the monotonic clock. */
export class BusyMeter {
  private readonly startMs: number
  private spans: { fromMs: number; toMs: number }[] = []

  constructor(startMs: number) {
    this.startMs = startMs
  }

  add(fromMs: number, toMs: number): void {
    const last = this.spans.at(-1)
    // One span per tenth of a second is exact enough and keeps the list short on a busy bus.
    if (last && fromMs - last.toMs < 1 && toMs - last.fromMs < 100) {
      last.toMs = toMs
    } else {
      this.spans.push({ fromMs, toMs })
    }
    if (this.spans.length > 4096) this.forget(toMs)
  }

  load(nowMs: number): number {
    this.forget(nowMs)
    const windowStart = Math.max(this.startMs, nowMs - WINDOW_MS)
    const busyMs = this.spans.reduce((sum, span) => sum + span.toMs - Math.max(span.fromMs, windowStart), 0)
    return nowMs > windowStart ? Math.min(1, busyMs / (nowMs - windowStart)) : 0
  }

  private forget(nowMs: number): void {
    const first = this.spans.findIndex((span) => span.toMs > nowMs - WINDOW_MS)
    this.spans = first < 0 ? [] : this.spans.slice(first)
  }
}

const WINDOW_MS = 60_000
