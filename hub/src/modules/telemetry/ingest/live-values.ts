/** Passes new values on to browsers, at most twice a second: people can't read faster. */
import type { PointValue } from '@courtyard/protocols/contract'
import type { LiveBus } from '../../../platform/live/live-bus.ts'
import { formatUnits } from '@courtyard/protocols/decimal'
import type { LatestValue } from './newest.ts'

const INTERVAL_MS = 500

export class LiveValues {
  private readonly live: Pick<LiveBus, 'publishValues' | 'isWatched' | 'anyWatched'>
  private readonly waiting = new Map<number, LatestValue>()
  private timer: NodeJS.Timeout | null = null

  constructor(live: Pick<LiveBus, 'publishValues' | 'isWatched' | 'anyWatched'>) {
    this.live = live
  }

  add(latest: readonly LatestValue[]): void {
    if (!this.live.anyWatched) return
    for (const value of latest) {
      if (this.live.isWatched(value.pointId)) this.waiting.set(value.pointId, value)
    }
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.flush(), INTERVAL_MS)
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private flush(): void {
    this.timer = null
    this.live.publishValues([...this.waiting.values()].map(toPointValue))
    this.waiting.clear()
  }
}

export function toPointValue(latest: Omit<LatestValue, 'batchId'>): PointValue {
  return {
    pointId: latest.pointId,
    at: new Date(latest.atMs).toISOString(),
    value: latest.mantissa === null ? null : formatUnits(latest.mantissa, latest.scale),
    quality: latest.quality,
  }
}
