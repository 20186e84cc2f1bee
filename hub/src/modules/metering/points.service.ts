/** Metering points as people look at them. */
import type {
  MeteringPoint,
  MeteringPointDetail,
  Permission,
  RouteResponse,
} from '@courtyard/protocols/contract'
import type * as z from 'zod'
import type { meteringRoutes } from '@courtyard/protocols/contract'
import { inWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { findProject } from '../estate/index.ts'
import { batchEvidence } from '../telemetry/index.ts'
import { calendarOf, monthOf, type Calendar } from './domain/calendar.ts'
import {
  dayIntervals,
  hourIntervals,
  monthIntervals,
  monthsBetween,
  previousRange,
  seriesOf,
  type DayRange,
  type Granularity,
  type Interval,
} from './domain/usage-series.ts'
import { meteringErrors } from './errors.ts'
import { findPoint, listPoints, pointDetail, pointOrder } from './points.repository.ts'
import { loadDays } from './usage/days.repository.ts'
import { loadMonths, monthKeyText } from './usage/months.repository.ts'
import { loadLastRead } from './usage/state.repository.ts'

type ListQuery = z.output<(typeof meteringRoutes)['GET /api/metering-points']['query']>

/** Most days of one answer: a chart can't show more. */
const MOST_DAYS: Record<Granularity, number> = { hour: 62, day: 800, month: 20 * 366 }

/** @throws AppError `metering_point.not_found`, outside the scope of the permission too */
export async function findPointFor(hub: Hub, user: CurrentUser, id: string, permission: Permission) {
  const point = await findPoint(hub.db.pool, user, id, permission)
  if (!point) throw fail(meteringErrors.pointNotFound, 'There is no such metering point', { id })
  return point
}

const localNow = (hub: Hub, timeZone: string) => {
  const now = hub.clock.now()
  return { now, today: calendarOf(timeZone).dayOf(now.getTime()) }
}

export async function listPointsFor(
  hub: Hub,
  user: CurrentUser,
  query: ListQuery,
): Promise<RouteResponse<'GET /api/metering-points'>> {
  const project = await findProject(hub, user, query.projectId, 'metering.read')
  const { page, pageSize, sort = 'code', ...filter } = query
  const descending = sort.startsWith('-')
  const field = descending ? sort.slice(1) : sort
  if (!Object.hasOwn(pointOrder, field)) {
    throw fail(meteringErrors.unknownSort, `Cannot sort by ${field}`, { sortable: Object.keys(pointOrder) })
  }
  const wanted = { orderBy: field, descending, limit: pageSize, offset: (page - 1) * pageSize }
  const { items, total }: { items: MeteringPoint[]; total: number } = await listPoints(
    hub.db.pool,
    user,
    filter,
    wanted,
    localNow(hub, project.timeZone),
  )
  return { items, total, page, pageSize }
}

export async function pointDetailFor(
  hub: Hub,
  user: CurrentUser,
  id: string,
  permission: Permission = 'metering.read',
): Promise<MeteringPointDetail> {
  const { timeZone, projectId } = await findPointFor(hub, user, id, permission)
  const detail = (await pointDetail(hub.db.pool, { user, permission }, id, localNow(hub, timeZone)))!
  if (inWholeProject(user, projectId, permission)) return detail
  // Devices are the whole project's
  return { ...detail, installations: detail.installations.map((one) => ({ ...one, deviceId: null })) }
}

export interface UsageQuery extends DayRange {
  readonly granularity: Granularity
}

/** Usage from the first to the last day, both included, and the span before for comparison. */
export async function usageFor(
  hub: Hub,
  user: CurrentUser,
  id: string,
  query: UsageQuery,
): Promise<RouteResponse<'GET /api/metering-points/:id/usage'>> {
  const point = await findPointFor(hub, user, id, 'metering.read')
  const { granularity } = query
  const most = MOST_DAYS[granularity]
  const length = (Date.parse(query.to) - Date.parse(query.from)) / 86_400_000 + 1
  if (length < 1 || length > most) {
    throw fail(meteringErrors.spanTooLong, `From 1 to ${most} days by ${granularity} at once`, {
      days: length,
    })
  }
  const calendar = calendarOf(point.timeZone)
  const previous = previousRange(query, granularity)
  const load = granularity === 'month' ? monthsOf : daysOf
  const intervals = await load(hub, id, query, granularity, calendar)
  const before = await load(hub, id, previous, granularity, calendar)
  return { meteringPointId: id, unit: point.unit, granularity, ...seriesOf(intervals, before) }
}

async function daysOf(
  hub: Hub,
  meteringPointId: string,
  range: DayRange,
  granularity: Granularity,
  calendar: Calendar,
): Promise<Interval[]> {
  const span = { meteringPointId, firstDay: range.from, lastDay: range.to }
  const rows = (await loadDays(hub.db.pool, [span])).get(meteringPointId) ?? new Map<string, never>()
  const intervals = granularity === 'hour' ? hourIntervals : dayIntervals
  return intervals(range, rows, calendar, hub.clock.now().getTime())
}

async function monthsOf(
  hub: Hub,
  meteringPointId: string,
  range: DayRange,
  _granularity: Granularity,
  calendar: Calendar,
): Promise<Interval[]> {
  const keys = monthsBetween(monthOf(range.from), monthOf(range.to)).map((month) => ({
    meteringPointId,
    month,
  }))
  const stored = await loadMonths(hub.db.pool, keys)
  const rows = keys.flatMap((key) => {
    const row = stored.get(monthKeyText(key))?.row
    return row ? [[key.month, row] as const] : []
  })
  const lastRead = await loadLastRead(hub.db.pool, meteringPointId)
  return monthIntervals(
    range,
    new Map(rows),
    calendar,
    hub.clock.now().getTime(),
    lastRead?.getTime() ?? null,
  )
}

export async function batchFor(
  hub: Hub,
  user: CurrentUser,
  batchId: string,
): Promise<RouteResponse<'GET /api/batches/:batchId'>> {
  const found = BigInt(batchId) < 2n ** 63n ? await batchEvidence(hub.db.pool, batchId) : null
  if (!found || !inWholeProject(user, found.projectId, 'metering.read')) {
    throw fail(meteringErrors.batchNotFound, 'There is no such batch', { batchId })
  }
  const { projectId: _, ...evidence } = found
  return evidence
}
