import type { PortalHome, PortalUsage } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'
import { localDays } from '../metering/index.ts'
import type { Place } from './domain/place.ts'
import {
  addMonths,
  alignedWith,
  barOf,
  comparableTotal,
  daysIn,
  isYear,
  keysOf,
  periodBefore,
  sameAYearBefore,
  sumOf,
  type Period,
} from './domain/usage-bars.ts'
import { firstDayOf, mediaOf, ownUsage } from './usage.repository.ts'

const NO_METER = { unit: '', ids: [] }

/** A month by days or a year by months, with the period before and the same a year before. */
export async function usageOf(
  hub: Hub,
  place: Place,
  { medium, period }: { medium: PortalUsage['medium']; period: Period },
): Promise<PortalUsage> {
  const { pool } = hub.db
  const { today } = localDays(place.project.timeZone, hub.clock.now())
  const firstDay = await firstDayOf(pool, place)
  const { unit, ids } = (await mediaOf(pool, place)).find((one) => one.medium === medium) ?? NO_METER
  const by = isYear(period) ? 'month' : 'day'
  const sumsOf = async (one: Period) => {
    const { first, last } = spanOf(one)
    return ownUsage(pool, place, { ids, firstDay: later(first, firstDay), lastDay: last, by })
  }
  const [now, before, yearBefore] = await Promise.all([
    sumsOf(period),
    sumsOf(periodBefore(period)),
    sumsOf(sameAYearBefore(period)),
  ])
  const keys = keysOf(period)
  const bars = keys.map((key) => barOf(key, now.get(key), today))
  const previous = alignedWith(keys, periodBefore(period), before)
  const lastYear = alignedWith(keys, sameAYearBefore(period), yearBefore)
  return {
    medium,
    unit,
    granularity: by,
    bars,
    previous,
    lastYear,
    total: sumOf(bars.flatMap(({ usage }) => usage ?? [])),
    previousTotal: comparableTotal(bars, previous),
    lastYearTotal: comparableTotal(bars, lastYear),
    firstDay,
  }
}

/** Last month beside the one before, and what there is of this one, for each medium of the room. */
export async function monthsOf(hub: Hub, place: Place): Promise<Pick<PortalHome, 'month' | 'usage'>> {
  const { pool } = hub.db
  const thisMonth = localDays(place.project.timeZone, hub.clock.now()).today.slice(0, 7)
  const [month, monthBefore] = [addMonths(thisMonth, -1), addMonths(thisMonth, -2)]
  if (!place.sees.energy) return { month, usage: [] }
  const firstDay = later(`${monthBefore}-01`, await firstDayOf(pool, place))
  const usage = (await mediaOf(pool, place)).map(async ({ medium, unit, ids }) => {
    const lastDay = spanOf(thisMonth).last
    const sums = await ownUsage(pool, place, { ids, firstDay, lastDay, by: 'month' })
    const valueOf = (one: string) => sums.get(one)?.usage ?? null
    // Two days of it beside a whole month would say nothing
    const isWhole = sums.get(monthBefore)?.days === daysIn(monthBefore)
    const values = {
      lastMonth: valueOf(month),
      monthBefore: isWhole ? valueOf(monthBefore) : null,
      thisMonth: valueOf(thisMonth),
    }
    return { medium, unit, ...values }
  })
  return { month, usage: await Promise.all(usage) }
}

function spanOf(period: Period): { first: string; last: string } {
  if (isYear(period)) return { first: `${period}-01-01`, last: `${period}-12-31` }
  return { first: `${period}-01`, last: `${period}-${daysIn(period)}` }
}

const later = (a: string, b: string) => (a > b ? a : b)
