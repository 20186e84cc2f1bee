/**
 * Share of the last minute in which something was busy, from sums over slices of it: what it keeps does not depend on
 * how busy it is. Times are milliseconds of the monotonic clock.
 */
const WINDOW_MS = 60_000
const SLICE_MS = 2_000
/** The oldest slice is partly outside of the window. */
const SLICES = WINDOW_MS / SLICE_MS + 1

export class BusyMeter {
  private readonly startMs: number
  private readonly busyMs = new Array<number>(SLICES).fill(0)
  /** Number of the newest slice, counted from 0 ms. */
  private newest: number

  constructor(startMs: number) {
    this.startMs = startMs
    this.newest = sliceAt(startMs)
  }

  add(fromMs: number, toMs: number): void {
    this.advance(toMs)
    const first = Math.max(sliceAt(fromMs), this.newest - SLICES + 1)
    for (let slice = first; slice <= sliceAt(toMs); slice++) {
      const begin = slice * SLICE_MS
      this.busyMs[slice % SLICES]! += Math.min(toMs, begin + SLICE_MS) - Math.max(fromMs, begin)
    }
  }

  load(nowMs: number): number {
    this.advance(nowMs)
    const windowStart = Math.max(this.startMs, nowMs - WINDOW_MS)
    if (nowMs <= windowStart) return 0
    const oldest = this.newest - SLICES + 1
    const shareOfOldest = Math.min(1, ((oldest + 1) * SLICE_MS - (nowMs - WINDOW_MS)) / SLICE_MS)
    const sum = this.busyMs.reduce((total, each) => total + each, 0)
    const busyMs = sum - (this.busyMs[oldest % SLICES] ?? 0) * (1 - shareOfOldest)
    return Math.min(1, busyMs / (nowMs - windowStart))
  }

  private advance(toMs: number): void {
    const slice = sliceAt(toMs)
    const first = Math.max(this.newest + 1, slice - SLICES + 1)
    for (let next = first; next <= slice; next++) this.busyMs[next % SLICES] = 0
    this.newest = Math.max(this.newest, slice)
  }
}

function sliceAt(atMs: number): number {
  return Math.floor(atMs / SLICE_MS)
}
