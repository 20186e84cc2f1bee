import type { Clock } from '../clock.ts'

/** A clock that moves only when told; sleepers wake in order of their time. */
export class FakeClock implements Clock {
  private readonly startMs: number
  private elapsedMs = 0
  private sleepers: { atMs: number; wake: () => void }[] = []

  constructor(startMs = 1_790_000_000_000) {
    this.startMs = startMs
  }

  nowMs(): number {
    return this.startMs + this.elapsedMs
  }

  monotonicMs(): number {
    return this.elapsedMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const sleeper = { atMs: this.elapsedMs + ms, wake: resolve }
      this.sleepers.push(sleeper)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Moves time on, letting everything that wakes on the way do its work. */
  async advance(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms
    for (;;) {
      await settle()
      const next = this.sleepers.sort((a, b) => a.atMs - b.atMs)[0]
      if (!next || next.atMs > endMs) break
      this.sleepers.shift()
      this.elapsedMs = Math.max(this.elapsedMs, next.atMs)
      next.wake()
    }
    this.elapsedMs = endMs
    await settle()
  }
}

/** Lets promises that are ready run to where they wait again. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
