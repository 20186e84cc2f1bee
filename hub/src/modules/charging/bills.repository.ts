import type pg from 'pg'
import type {
  Bill,
  BillDetail,
  BillLine,
  BillSegment,
  BoundaryIndex,
  HeldAccount,
  TariffRule,
} from '@courtyard/protocols/contract'
import { scopeSql, type ScopeColumns } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import { readsWithPhoto } from '../metering/index.ts'
import { likePattern } from './bill-runs.repository.ts'
import { trimDecimal } from './domain/fixed.ts'
import { lineLabel, type PartLabel } from './domain/line-label.ts'

export interface BillQuery {
  readonly projectId: string
  readonly runId?: string | undefined
  readonly month?: string | undefined
  readonly itemId?: string | undefined
  readonly householdId?: string | undefined
  readonly status?: 'draft' | 'issued' | undefined
  readonly q?: string | undefined
  readonly orderBy: string
  readonly page: number
  readonly pageSize: number
}

interface BillRow {
  id: string
  runId: string
  number: string | null
  status: 'draft' | 'issued'
  month: string
  itemCode: string
  itemLabelZh: string
  itemLabelEn: string
  itemUnit: string
  householdId: string
  accountNumber: string
  householdName: string
  rooms: string | null
  quantity: string
  amount: string
  estimated: boolean
  issuedAt: Date | null
}

/** Rooms that a household had between two instants, for people. `visible` is a condition about the room. */
const roomsBetween = (household: string, from: string, to: string, visible: string) => `(
  SELECT string_agg(building.name || ' ' || room.code, ', ' ORDER BY building.code, room.code)
    FROM household_room AS home JOIN room ON room.id = home.room_id JOIN building ON building.id = room.building_id
   WHERE home.household_id = ${household} AND home.from_at < ${to} AND (home.to_at IS NULL OR home.to_at > ${from})
     AND ${visible})`

/** A bill lies in the buildings in which its household had rooms in the time that it bills. */
const billScope: ScopeColumns = {
  project: 'bill.project_id',
  building: (ids) => `EXISTS (
    SELECT FROM household_room AS home JOIN room ON room.id = home.room_id
     WHERE home.household_id = bill.household_id AND home.from_at < bill.period_to
       AND (home.to_at IS NULL OR home.to_at > bill.period_from) AND room.building_id = any(${ids}))`,
}

const visibleBills = (user: Viewer, values: unknown[]) => scopeSql(user, 'charging.read', billScope, values)
const visibleRooms = (user: Viewer, values: unknown[]) =>
  scopeSql(user, 'charging.read', { project: 'room.project_id', building: 'room.building_id' }, values)

/** `rooms` is a condition about the rooms that may be named. */
const billFields = (
  rooms: string,
) => `bill.id, bill.run_id AS "runId", bill.number, bill.status, to_char(bill.month, 'YYYY-MM') AS month,
  item.code AS "itemCode", item.label_zh AS "itemLabelZh", item.label_en AS "itemLabelEn", item.unit AS "itemUnit",
  household.id AS "householdId", household.account_number AS "accountNumber", household.name AS "householdName",
  ${roomsBetween('household.id', 'bill.period_from', 'bill.period_to', rooms)} AS rooms,
  bill.quantity, bill.amount, bill.estimated, bill.issued_at AS "issuedAt"`

/** Drafts of a run that is being computed again, or that was given up, are not shown. */
const isShown = `(bill.status = 'issued' OR EXISTS (
  SELECT FROM bill_run AS run WHERE run.id = bill.run_id AND run.status = 'previewed'))`

const matchesWords = (
  pattern: string,
) => `(household.account_number ILIKE ${pattern} OR household.name ILIKE ${pattern}
  OR bill.number ILIKE ${pattern} OR EXISTS (
    SELECT FROM household_room AS home JOIN room ON room.id = home.room_id JOIN building ON building.id = room.building_id
     WHERE home.household_id = household.id AND building.name || ' ' || room.code ILIKE ${pattern}))`

/**
 * A bill has its run's project and month. They are looked up among the runs, which are few: an index on the bills
 * themselves cost a bill run a seventh of its time.
 */
const runsOf = (condition: string) =>
  `bill.run_id IN (SELECT run.id FROM bill_run AS run WHERE run.project_id = $1 AND ${condition})`

/** One page of bills, and number and sum of all that match. */
export async function listBills(pool: pg.Pool, user: Viewer, query: BillQuery) {
  const values: unknown[] = [query.projectId]
  const conditions = ['bill.project_id = $1', runsOf('true'), isShown]
  const add = (condition: (parameter: string) => string, value: unknown) => {
    if (value === undefined || value === null) return
    values.push(value)
    conditions.push(condition(`$${values.length}`))
  }
  add((parameter) => `bill.run_id = ${parameter}`, query.runId)
  add((parameter) => `bill.month = (${parameter} || '-01')::date`, query.month)
  add((parameter) => runsOf(`run.month = (${parameter} || '-01')::date`), query.month)
  add((parameter) => `bill.item_id = ${parameter}`, query.itemId)
  add((parameter) => `bill.household_id = ${parameter}`, query.householdId)
  add((parameter) => `bill.status = ${parameter}`, query.status)
  add(matchesWords, likePattern(query.q))
  conditions.push(visibleBills(user, values))
  const counted = [...values]
  const rooms = visibleRooms(user, values)
  const from = `FROM bill JOIN household ON household.id = bill.household_id WHERE ${conditions.join(' AND ')}`
  const limits = [query.pageSize, (query.page - 1) * query.pageSize]
  const [page, sums] = await Promise.all([
    pool.query<BillRow>(
      // The page is cut before rooms are looked up
      `WITH page AS (SELECT bill.*, household.account_number, row_number() OVER (ORDER BY ${query.orderBy}, bill.id) AS place
                       ${from} ORDER BY place LIMIT $${values.length + 1} OFFSET $${values.length + 2})
       SELECT ${billFields(rooms)} FROM page AS bill JOIN household ON household.id = bill.household_id
         JOIN charge_item AS item ON item.id = bill.item_id ORDER BY place`,
      [...values, ...limits],
    ),
    pool.query<{ n: number; amount: string }>(
      `SELECT count(*)::int AS n, coalesce(sum(bill.amount), 0.00)::text AS amount ${from}`,
      counted,
    ),
  ])
  return { items: page.rows.map(billDto), total: sums.rows[0]!.n, totalAmount: sums.rows[0]!.amount }
}

interface DetailRow extends BillRow {
  projectId: string
  projectName: string
  timeZone: string
  runCreatedAt: Date
  runCreatedBy: string
  periodFrom: Date
  periodTo: Date
  usedBefore: string | null
  segments: BillSegment[]
  tariffId: string
  tariffName: string
}

/** A bill and how it was computed; null when there is none within the user's projects. */
export async function findBill(pool: pg.Pool, user: Viewer, id: string): Promise<BillDetail | null> {
  const values: unknown[] = [id]
  const { rows } = await pool.query<DetailRow>(
    `SELECT ${billFields(visibleRooms(user, values))}, bill.project_id AS "projectId", project.name AS "projectName",
            project.time_zone AS "timeZone", run.created_at AS "runCreatedAt", run.created_by AS "runCreatedBy",
            bill.period_from AS "periodFrom", bill.period_to AS "periodTo", bill.used_before AS "usedBefore",
            evidence.segments, tariff.id AS "tariffId", tariff.name AS "tariffName"
       FROM bill JOIN household ON household.id = bill.household_id JOIN charge_item AS item ON item.id = bill.item_id
       JOIN project ON project.id = bill.project_id JOIN bill_run AS run ON run.id = bill.run_id
       JOIN bill_evidence AS evidence ON evidence.bill_id = bill.id JOIN tariff ON tariff.id = bill.tariff_id
      WHERE bill.id = $1 AND ${isShown} AND ${visibleBills(user, values)}`,
    values,
  )
  const row = rows[0]
  if (!row) return null
  const lines = await linesOf(pool, id)
  return {
    ...billDto(row),
    run: { id: row.runId, createdAt: row.runCreatedAt.toISOString(), createdBy: row.runCreatedBy },
    period: { from: row.periodFrom.toISOString(), to: row.periodTo.toISOString(), timeZone: row.timeZone },
    project: { id: row.projectId, name: row.projectName },
    lines,
    segments: await withPhotos(pool, row.segments),
    usedBeforeInYear: row.usedBefore === null ? null : trimDecimal(row.usedBefore),
    tariff: { id: row.tariffId, name: row.tariffName, versions: await versionsOf(pool, lines) },
  }
}

/** Evidence as it was billed, and which of its reads a person has proved by a photo. */
async function withPhotos(pool: pg.Pool, segments: readonly BillSegment[]): Promise<BillSegment[]> {
  const taken = segments.flatMap(({ meteringPointId, from, to }) =>
    [...from.reads, ...to.reads]
      .filter(({ source }) => source === 'phone')
      .map(({ at }) => ({ meteringPointId, at })),
  )
  const photos = await readsWithPhoto(pool, taken)
  if (photos.size === 0) return [...segments]
  return segments.map((segment) => {
    const marked = (boundary: BoundaryIndex): BoundaryIndex => ({
      ...boundary,
      reads: boundary.reads.map((read) => ({
        ...read,
        photo: photos.has(`${segment.meteringPointId} ${new Date(read.at).toISOString()}`),
      })),
    })
    return { ...segment, from: marked(segment.from), to: marked(segment.to) }
  })
}

/** In the order of their numbers, which is that of the accounts. */
export async function issuedBillIds(pool: pg.Pool, runId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM bill WHERE run_id = $1 AND status = 'issued' ORDER BY id`,
    [runId],
  )
  return rows.map(({ id }) => id)
}

interface LineRow {
  sequence: number
  quantity: string
  unitPrice: string
  exactAmount: string
  amount: string
  tierNumber: number | null
  tierAbove: string
  tierUpTo: string | null
  band: BillLine['band']
  partFrom: string | null
  partTo: string | null
  partMethod: PartLabel['method'] | null
  tariffVersionId: string
}

async function linesOf(pool: pg.Pool, billId: string): Promise<BillLine[]> {
  const { rows } = await pool.query<LineRow>(
    `SELECT sequence, quantity, unit_price AS "unitPrice",
            exact_amount AS "exactAmount", amount, tier_number AS "tierNumber", tier_above AS "tierAbove",
            tier_up_to AS "tierUpTo", band,
            to_char(part_from, 'YYYY-MM-DD') AS "partFrom", to_char(part_to, 'YYYY-MM-DD') AS "partTo",
            part_method AS "partMethod", tariff_version_id AS "tariffVersionId"
       FROM bill_line WHERE bill_id = $1 ORDER BY sequence`,
    [billId],
  )
  return rows.map((row) => ({
    sequence: row.sequence,
    label: lineLabel(row.tierNumber, row.band, partOf(row)),
    quantity: trimDecimal(row.quantity),
    unitPrice: trimDecimal(row.unitPrice),
    exactAmount: trimDecimal(row.exactAmount),
    amount: row.amount,
    tier:
      row.tierNumber === null
        ? null
        : {
            number: row.tierNumber,
            above: trimDecimal(row.tierAbove),
            upTo: row.tierUpTo === null ? null : trimDecimal(row.tierUpTo),
          },
    band: row.band,
    tariffVersionId: row.tariffVersionId,
  }))
}

function partOf({ partFrom, partTo, partMethod }: LineRow): PartLabel | null {
  return partFrom && partTo && partMethod ? { firstDay: partFrom, lastDay: partTo, method: partMethod } : null
}

/** The versions that the lines were priced by. */
async function versionsOf(
  pool: pg.Pool,
  lines: readonly BillLine[],
): Promise<BillDetail['tariff']['versions']> {
  const { rows } = await pool.query<{
    id: string
    effectiveFrom: string
    rule: TariffRule
    note: string | null
  }>(
    `SELECT id, to_char(effective_from, 'YYYY-MM-DD') AS "effectiveFrom", rule, note FROM tariff_version
      WHERE id = any($1::uuid[]) ORDER BY effective_from`,
    [[...new Set(lines.map(({ tariffVersionId }) => tariffVersionId))]],
  )
  return rows
}

function billDto(row: BillRow): Bill {
  return {
    id: row.id,
    runId: row.runId,
    number: row.number,
    status: row.status,
    month: row.month,
    item: { code: row.itemCode, label: { zh: row.itemLabelZh, en: row.itemLabelEn }, unit: row.itemUnit },
    household: {
      id: row.householdId,
      accountNumber: row.accountNumber,
      name: row.householdName,
      rooms: row.rooms ?? '',
    },
    quantity: trimDecimal(row.quantity),
    amount: row.amount,
    estimated: row.estimated,
    issuedAt: row.issuedAt?.toISOString() ?? null,
  }
}

interface HeldRow {
  code: string
  meteringPointId: string | null
  detail: Reason
  householdId: string
  accountNumber: string
  householdName: string
  rooms: string | null
}

/** A `HeldAccount` before it is said in a language. */
export type HeldItem = Omit<HeldAccount, 'detail'> & { readonly detail: Reason }

/** Accounts of a run that cannot be billed yet. Empty while the run is computed again. */
export async function listHeld(
  pool: pg.Pool,
  query: { runId: string; q?: string | undefined; orderBy: string; page: number; pageSize: number },
): Promise<{ items: HeldItem[]; total: number }> {
  const from = `FROM held_account AS held JOIN household ON household.id = held.household_id
    JOIN bill_run AS run ON run.id = held.run_id
    WHERE run.id = $1 AND run.status IN ('previewed', 'issued')
      AND ($2::text IS NULL OR household.account_number ILIKE $2 OR household.name ILIKE $2 OR held.code ILIKE $2
           OR held.detail::text ILIKE $2)`
  const values = [query.runId, likePattern(query.q)]
  const [page, count] = await Promise.all([
    pool.query<HeldRow>(
      `SELECT held.code, held.metering_point_id AS "meteringPointId", held.detail, household.id AS "householdId",
              household.account_number AS "accountNumber", household.name AS "householdName",
              ${roomsBetween('household.id', `run.month`, `run.month + interval '1 month'`, 'true')} AS rooms
         ${from} ORDER BY ${query.orderBy}, household.id LIMIT $3 OFFSET $4`,
      [...values, query.pageSize, (query.page - 1) * query.pageSize],
    ),
    pool.query<{ n: number }>(`SELECT count(*)::int AS n ${from}`, values),
  ])
  const items = page.rows.map(({ householdId, accountNumber, householdName, rooms, ...held }) => ({
    ...held,
    household: { id: householdId, accountNumber, name: householdName, rooms: rooms ?? '' },
  }))
  return { items, total: count.rows[0]!.n }
}
