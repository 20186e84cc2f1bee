import type { EventType, RouteResponse } from '@courtyard/protocols/contract'
import { addDays } from '#lib/format/time.ts'
import { eventTypes } from '#lib/words/fleet.ts'

export interface DayBar {
  readonly day: string
  readonly total: number
  readonly parts: readonly { readonly type: EventType; readonly count: number }[]
}

/** One bar for each of the days up to the last, also for days without events; types in their usual order. */
export function dayBars(
  counts: RouteResponse<'GET /api/events/summary'>,
  lastDay: string,
  days: number,
): DayBar[] {
  return Array.from({ length: days }, (_, index) => {
    const day = addDays(lastDay, index - days + 1)
    const parts = eventTypes
      .map((type) => ({
        type,
        count: counts
          .filter((row) => row.day === day && row.type === type)
          .reduce((sum, row) => sum + row.count, 0),
      }))
      .filter((part) => part.count > 0)
    return { day, total: parts.reduce((sum, part) => sum + part.count, 0), parts }
  })
}
