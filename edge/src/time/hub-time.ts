import type { BootTime } from './boot-time.ts'

/** Samples that count, and for how long. */
const SAMPLES = 8
const SAMPLE_LASTS_MS = 600_000
const SURE_AFTER_SAMPLES = 3

/**
 * The hub's time out of what its messages say. A message is always late, never early; so of several the one that puts
 * the hub's clock furthest ahead has travelled shortest.
 */
export class HubTime {
  private readonly boot: BootTime
  private samples: { baseMs: number; atBootMs: number }[] = []

  constructor(boot: BootTime) {
    this.boot = boot
  }

  note(hubTimeMs: number): void {
    const atBootMs = this.boot.nowMs()
    const recent = this.samples.filter((sample) => atBootMs - sample.atBootMs < SAMPLE_LASTS_MS)
    this.samples = [...recent.slice(1 - SAMPLES), { baseMs: hubTimeMs - atBootMs, atBootMs }]
  }

  /** Hub's time less the time since boot; null before the first message. */
  get baseMs(): number | null {
    if (this.samples.length === 0) return null
    return Math.max(...this.samples.map(({ baseMs }) => baseMs))
  }

  /** One message may have been held up for long. */
  get isSure(): boolean {
    return this.samples.length >= SURE_AFTER_SAMPLES
  }
}
