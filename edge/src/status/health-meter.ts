/** What the agent takes of the machine. */
import { statfsSync } from 'node:fs'

export interface ProcessHealth {
  readonly rssBytes: number
  /** Share of one core in about the last minute, 0–n. */
  readonly cpu: number
  /** Where the outbox is; null when it cannot be told. */
  readonly diskFreeBytes: number | null
}

interface Sample {
  readonly atMs: number
  readonly cpuMs: number
}

const WINDOW_MS = 60_000
const SAMPLE_EVERY_MS = 5_000

export class HealthMeter {
  private readonly folder: string
  private samples: Sample[] = [takeSample()]

  constructor(folder: string) {
    this.folder = folder
  }

  snapshot(): ProcessHealth {
    const now = takeSample()
    const oldest = this.samples[0]!
    const spanMs = now.atMs - oldest.atMs
    if (now.atMs - this.samples.at(-1)!.atMs >= SAMPLE_EVERY_MS) {
      this.samples = [...this.samples.filter(({ atMs }) => now.atMs - atMs < WINDOW_MS), now]
    }
    return {
      rssBytes: process.memoryUsage.rss(),
      cpu: spanMs > 0 ? Math.round(((now.cpuMs - oldest.cpuMs) / spanMs) * 1000) / 1000 : 0,
      diskFreeBytes: this.diskFreeBytes(),
    }
  }

  private diskFreeBytes(): number | null {
    try {
      const { bavail, bsize } = statfsSync(this.folder)
      return bavail * bsize
    } catch {
      return null
    }
  }
}

function takeSample(): Sample {
  const { user, system } = process.cpuUsage()
  return { atMs: performance.now(), cpuMs: (user + system) / 1000 }
}
