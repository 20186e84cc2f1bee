/** Tells browsers that there are new events, at most twice a second: they load what they show again. */
import type { EventType } from '@courtyard/protocols/contract'
import type { LiveBus } from '../../platform/live/live-bus.ts'
import type { Hub } from '../../platform/module.ts'
import type { StoredEventRef } from './event-store.repository.ts'

const INTERVAL_MS = 500

interface ProjectNews {
  readonly types: Set<EventType>
  readonly deviceIds: Set<string>
}

const known = new WeakMap<Hub['db'], EventNews>()

/** That of one hub: for ingest, and for whoever takes events in later. */
export function eventNewsOf(hub: Pick<Hub, 'db' | 'live'>): EventNews {
  let news = known.get(hub.db)
  if (!news) known.set(hub.db, (news = new EventNews(hub.live)))
  return news
}

export class EventNews {
  private readonly live: Pick<LiveBus, 'publish'>
  private readonly waiting = new Map<string, ProjectNews>()
  private timer: NodeJS.Timeout | null = null

  constructor(live: Pick<LiveBus, 'publish'>) {
    this.live = live
  }

  /** To be called after the commit. */
  add(events: readonly StoredEventRef[]): void {
    for (const { projectId, type, deviceId } of events) {
      const news = this.waiting.get(projectId) ?? { types: new Set(), deviceIds: new Set() }
      this.waiting.set(projectId, news)
      news.types.add(type)
      news.deviceIds.add(deviceId)
    }
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.flush(), INTERVAL_MS)
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
  }

  private flush(): void {
    this.timer = null
    for (const [projectId, { types, deviceIds }] of this.waiting) {
      this.live.publish('events', { types: [...types], deviceIds: [...deviceIds] }, { projectId })
    }
    this.waiting.clear()
  }
}
