/** Usage as charging needs it: months, days, and the registers behind them. */
import type { BillSegment, BoundaryIndex } from '@courtyard/protocols/contract'
import { decimalOf, formatDecimal, mantissaAt, rescale } from './domain/decimal.ts'
import { addMonths, byHalfHourOf, calendarOf, firstDayOf, monthOf, type Calendar } from './domain/calendar.ts'
import { Status } from './domain/pairs.ts'
import type { PointPlan } from './domain/plan.ts'
import type { Read } from './domain/reads.ts'
import { segmentsOf, statusName, storedSegment, type StoredSpan } from './domain/segments.ts'
import { installedSlots } from './domain/usage-rows.ts'
import type {
  BillingUsage,
  BillingUsageQuery,
  DayUsage,
  SegmentsByPoint,
  UsageCompleteness,
} from './billing.types.ts'
import { loadPlans, type Queryable } from './usage/plan.repository.ts'
import { loadReads } from './usage/reads.repository.ts'
import { bigintArray } from './usage/sql-arrays.ts'

interface BillingRow {
  id: string
  time_zone: string
  usage: string | null
  scale: number | null
  slot_usage: string | null
  status: number | null
  known_slots: number | null
  total_slots: number | null
  estimated_slots: number | null
  computed_at: Date | null
  installations: { from_ms: number; to_ms: number | null }[] | null
  from_boundary: BoundaryIndex | null
  to_boundary: BoundaryIndex | null
}

/** Usage of a month; every metering point asked for is in the map, also one without reads. */
export async function billingUsage(
  client: Queryable,
  query: BillingUsageQuery,
): Promise<Map<string, BillingUsage>> {
  const { halfHoursOf = null, withSegments = false } = query
  const params: unknown[] = [query.projectId, firstDayOf(query.month), halfHoursOf]
  if (query.meteringPointIds) params.push(query.meteringPointIds)
  const { rows } = await client.query<BillingRow>(
    `select mp.id, p.time_zone, u.usage, u.scale, u.status, u.known_slots, u.total_slots,
       u.estimated_slots, u.computed_at, ${withSegments ? 'u.from_boundary, u.to_boundary,' : ''}
       case when $3::uuid[] is null or mp.id = any($3) then u.slot_usage::text end as slot_usage,
       case when u.metering_point_id is null then
         (select json_agg(json_build_object('from_ms', (extract(epoch from i.from_at) * 1000)::bigint,
            'to_ms', (extract(epoch from i.to_at) * 1000)::bigint))
          from installation i where i.metering_point_id = mp.id) end as installations
     from metering_point mp join project p on p.id = mp.project_id
     left join usage_month u on u.metering_point_id = mp.id and u.month = $2
     where mp.project_id = $1 ${query.meteringPointIds ? 'and mp.id = any($4::uuid[])' : ''}`,
    params,
  )
  const segments = withSegments ? await segmentsOfMonths(client, rows, query.month) : null
  return new Map(rows.map((row) => [row.id, billingUsageOf(row, query.month, segments?.get(row.id) ?? null)]))
}

/** Of the months that say by themselves which registers they end with. */
async function segmentsOfMonths(
  client: Queryable,
  rows: readonly BillingRow[],
  month: string,
): Promise<Map<string, BillSegment>> {
  const segments = new Map<string, BillSegment>()
  const bounded = rows.filter((row) => row.from_boundary !== null && row.to_boundary !== null)
  if (bounded.length === 0) return segments
  const plans = await loadPlans(
    client,
    bounded.map(({ id }) => id),
  )
  const spans = new Map<string, MonthSpan>()
  for (const row of bounded) {
    let span = spans.get(row.time_zone)
    if (!span) spans.set(row.time_zone, (span = spanOfMonth(row.time_zone, month)))
    const { usage, status, from_boundary: from, to_boundary: to } = row
    const stored = { usage: usage!, status: status!, from: from!, to: to! }
    const segment = segmentOfMonth(plans.get(row.id)!, span, stored)
    if (segment) segments.set(row.id, segment)
  }
  return segments
}

type MonthSpan = Pick<DaySpan, 'fromMs' | 'toMs'>

function spanOfMonth(timeZone: string, month: string): MonthSpan {
  const calendar = calendarOf(timeZone)
  return {
    fromMs: calendar.localDay(firstDayOf(month)).startMs,
    toMs: calendar.localDay(firstDayOf(addMonths(month, 1))).startMs,
  }
}

function billingUsageOf(row: BillingRow, month: string, segment: BillSegment | null): BillingUsage {
  if (row.usage === null) return withoutReads(row, month)
  const scale = row.scale!
  const usage = mantissaAt(decimalOf(row.usage), scale)!
  let slots: readonly bigint[] | undefined
  return {
    meteringPointId: row.id,
    month,
    usage: formatDecimal(usage, scale),
    scale,
    // Most prices do not depend on the time of day: taken apart only when somebody looks
    get slotUsage() {
      if (row.slot_usage === null) throw new RangeError(`the half hours of ${row.id} were not asked for`)
      return (slots ??= bigintArray(row.slot_usage).map((value) => value ?? 0n))
    },
    status: statusName(row.status!),
    knownSlots: row.known_slots!,
    totalSlots: row.total_slots!,
    estimatedSlots: row.estimated_slots!,
    completeness: completenessOf(row.status!, row.known_slots!, row.total_slots!),
    computedAt: row.computed_at,
    segment,
  }
}

function withoutReads(row: BillingRow, month: string): BillingUsage {
  const installations = (row.installations ?? []).map((one) => ({ fromMs: one.from_ms, toMs: one.to_ms }))
  return {
    meteringPointId: row.id,
    month,
    usage: '0',
    scale: 0,
    slotUsage: new Array<bigint>(48).fill(0n),
    status: 'gap',
    knownSlots: 0,
    totalSlots: installedSlots(month, installations, calendarOf(row.time_zone)),
    estimatedSlots: 0,
    completeness: 'noReads',
    computedAt: null,
    segment: null,
  }
}

function completenessOf(status: number, knownSlots: number, totalSlots: number): UsageCompleteness {
  if (status === Status.held) return 'held'
  if (knownSlots === 0) return 'noReads'
  return knownSlots < totalSlots ? 'gap' : 'complete'
}

interface DayDbRow {
  id: string
  time_zone: string
  day: string
  usage: string
  scale: number
  slot_usage: string
  status: number
  known_slots: number
  estimated_slots: number
}

/** Days from the first to the last, both included; days of which nothing is known are missing. */
export async function usageByDay(
  client: Queryable,
  meteringPointIds: readonly string[],
  firstDay: string,
  lastDay: string,
): Promise<Map<string, DayUsage[]>> {
  const { rows } = await client.query<DayDbRow>(
    `select mp.id, p.time_zone, u.day::text, u.usage::text, u.scale, u.slot_usage::text, u.status, u.known_slots,
       bit_count(u.estimated_bits::bit(64))::int as estimated_slots
     from metering_point mp join project p on p.id = mp.project_id
     join usage_day u on u.metering_point_id = mp.id and u.day between $2::date and $3::date
     where mp.id = any($1::uuid[])
     order by mp.id, u.day`,
    [meteringPointIds, firstDay, lastDay],
  )
  const days = rows.map((row): DayUsage => ({
    meteringPointId: row.id,
    day: row.day,
    usage: formatDecimal(mantissaAt(decimalOf(row.usage), row.scale)!, row.scale),
    scale: row.scale,
    slotUsage: byHalfHourOf(calendarOf(row.time_zone), row.day, bigintArray(row.slot_usage)),
    status: statusName(row.status),
    knownSlots: row.known_slots,
    estimatedSlots: row.estimated_slots,
  }))
  return Map.groupBy(days, (day) => day.meteringPointId)
}

interface SpanRow {
  id: string
  usage: string
  status: number
  from_index: string | null
  from_scale: number | null
  to_index: string | null
  to_scale: number | null
}

/**
 * The registers behind the usage of `[from, to)`, two first instants of local days: each meter's index at either end
 * with the reads and batches it follows from. The usages of a metering point's segments add up exactly to its
 * usage in the span. Where the span goes beyond what is known, the segment ends with the last read. Metering
 * points without reads in the span are missing.
 *
 * A whole month with one meter is answered from usage_month (from_boundary, to_boundary) without reading the log.
 */
export async function boundaryIndexes(
  client: Queryable,
  meteringPointIds: readonly string[],
  from: Date,
  to: Date,
): Promise<SegmentsByPoint> {
  const plans = await loadPlans(client, meteringPointIds)
  const result: SegmentsByPoint = new Map()
  for (const group of Map.groupBy(plans.values(), (plan) => plan.timeZone).values()) {
    const span = daysOf(calendarOf(group[0]!.timeZone), from, to)
    const stored = span.isMonth ? await storedSegments(client, group, span) : new Map<string, BillSegment>()
    for (const [id, segment] of stored) result.set(id, [segment])
    const rest = group.filter((plan) => !stored.has(plan.meteringPointId))
    for (const [id, segments] of await readSegments(client, rest, span)) result.set(id, segments)
  }
  return result
}

interface DaySpan {
  readonly fromMs: number
  readonly toMs: number
  readonly firstDay: string
  readonly lastDay: string
  readonly isMonth: boolean
}

function daysOf(calendar: Calendar, from: Date, to: Date): DaySpan {
  const firstDay = calendar.dayOf(from.getTime())
  const lastDay = calendar.dayOf(to.getTime() - 1)
  const fromMs = calendar.localDay(firstDay).startMs
  const toMs = calendar.localDay(lastDay).endMs
  if (fromMs !== from.getTime() || toMs !== to.getTime()) {
    throw new RangeError(
      `${from.toISOString()} and ${to.toISOString()} must begin days in ${calendar.timeZone}`,
    )
  }
  const month = monthOf(firstDay)
  const isMonth = firstDay === firstDayOf(month) && calendar.dayOf(toMs) === firstDayOf(addMonths(month, 1))
  return { fromMs, toMs, firstDay, lastDay, isMonth }
}

async function storedSegments(
  client: Queryable,
  plans: readonly PointPlan[],
  span: DaySpan,
): Promise<Map<string, BillSegment>> {
  const { rows } = await client.query<StoredMonth & { id: string }>(
    `select metering_point_id as id, usage, status, from_boundary as "from", to_boundary as "to" from usage_month
     where metering_point_id = any($1::uuid[]) and month = $2
       and from_boundary is not null and to_boundary is not null`,
    [plans.map((plan) => plan.meteringPointId), span.firstDay],
  )
  const byId = new Map(plans.map((plan) => [plan.meteringPointId, plan]))
  const segments = new Map<string, BillSegment>()
  for (const row of rows) {
    const segment = segmentOfMonth(byId.get(row.id)!, span, row)
    if (segment) segments.set(row.id, segment)
  }
  return segments
}

/** Usage and boundaries as usage_month holds them. */
interface StoredMonth {
  readonly usage: string
  readonly status: number
  readonly from: BoundaryIndex
  readonly to: BoundaryIndex
}

/** Null when not exactly one meter was there in the month: its boundaries may be those of two. */
function segmentOfMonth(plan: PointPlan, span: MonthSpan, stored: StoredMonth): BillSegment | null {
  const { installations } = plan
  const isPresent = ({ fromMs, toMs }: PointPlan['installations'][number]): boolean =>
    fromMs < span.toMs && (toMs ?? Infinity) > span.fromMs
  const position = installations.findIndex(isPresent)
  if (position < 0 || installations.findLastIndex(isPresent) !== position) return null
  return storedSegment(plan, position, stored.from, stored.to, stored.usage, stored.status)
}

async function readSegments(
  client: Queryable,
  plans: readonly PointPlan[],
  span: DaySpan,
): Promise<Map<string, BillSegment[]>> {
  const result = new Map<string, BillSegment[]>()
  if (plans.length === 0) return result
  const stored = await loadSpans(client, plans, span)
  const known = plans.filter((plan) => stored.has(plan.meteringPointId))
  const several = known.filter((plan) => overlapping(plan, span) > 1)
  const single = known.filter((plan) => overlapping(plan, span) === 1)
  const reads = new Map<string, Read[][]>(await loadReads(client, several, span.fromMs, span.toMs + 1))
  const atStart = await loadReads(client, single, span.fromMs, span.fromMs)
  const atEnd = await loadReads(client, single, span.toMs, span.toMs)
  for (const { meteringPointId } of single) {
    const end = atEnd.get(meteringPointId)!
    reads.set(
      meteringPointId,
      atStart.get(meteringPointId)!.map((list, i) => [...list, ...end[i]!]),
    )
  }
  for (const plan of known) {
    const own = reads.get(plan.meteringPointId) ?? []
    const segments = segmentsOf(plan, own, span.fromMs, span.toMs, stored.get(plan.meteringPointId)!)
    if (segments.length > 0) result.set(plan.meteringPointId, segments)
  }
  return result
}

const overlapping = (plan: PointPlan, span: DaySpan): number =>
  plan.installations.filter((one) => one.fromMs < span.toMs && (one.toMs ?? Infinity) > span.fromMs).length

/** Sum and worst status of the days of a span, with the indexes at its very ends. */
async function loadSpans(
  client: Queryable,
  plans: readonly PointPlan[],
  span: DaySpan,
): Promise<Map<string, StoredSpan>> {
  const { rows } = await client.query<SpanRow>(
    `select metering_point_id as id, sum(usage)::text as usage,
       coalesce(max(status) filter (where status <> 4), 4) as status,
       max(slot_index[1]) filter (where day = $2::date) as from_index,
       max(index_scale) filter (where day = $2::date) as from_scale,
       max(slot_index[cardinality(slot_index)]) filter (where day = $3::date) as to_index,
       max(index_scale) filter (where day = $3::date) as to_scale
     from usage_day where metering_point_id = any($1::uuid[]) and day between $2::date and $3::date
     group by 1`,
    [plans.map((plan) => plan.meteringPointId), span.firstDay, span.lastDay],
  )
  const byId = new Map(plans.map((plan) => [plan.meteringPointId, plan]))
  const at = (index: string | null, scale: number | null, plan: PointPlan): bigint | null =>
    index === null ? null : rescale(BigInt(index), scale!, plan.indexScale)
  return new Map(
    rows.map((row) => {
      const plan = byId.get(row.id)!
      const stored: StoredSpan = {
        fromIndex: at(row.from_index, row.from_scale, plan),
        toIndex: at(row.to_index, row.to_scale, plan),
        usage: mantissaAt(decimalOf(row.usage), plan.usageScale)!,
        status: row.status,
      }
      return [row.id, stored]
    }),
  )
}
