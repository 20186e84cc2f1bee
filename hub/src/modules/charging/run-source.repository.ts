import type pg from 'pg'
import type { TariffRule } from '@courtyard/protocols/contract'
import { QUANTITY_PLACES, parseFixed } from './domain/fixed.ts'

/** What a bill run is computed for. Instants of the month are those of the project's time zone. */
export interface RunKey {
  readonly id: string
  readonly projectId: string
  readonly itemId: string
  /** `2026-06` */
  readonly month: string
}

export interface MonthCalendar {
  readonly timeZone: string
  /** `2026-06-01` … of the whole month. */
  readonly days: readonly string[]
  /** First instant of each day, and of the day after the last: one more than `days`. */
  readonly starts: readonly Date[]
}

export interface TariffVersionRow {
  readonly id: string
  readonly tariffId: string
  readonly effectiveFrom: string
  readonly rule: TariffRule
}

export interface AssignmentRow {
  readonly householdId: string
  readonly meteringPointId: string
  readonly tariffId: string
  /** Days of the month, counted from 0, half-open. */
  readonly from: number
  readonly to: number
}

/** Days of a month and when they begin in the project's time zone; the database knows the time zones. */
export async function monthCalendar(
  client: pg.ClientBase,
  projectId: string,
  month: string,
): Promise<MonthCalendar> {
  const { rows } = await client.query<{ day: string; starts: Date; timeZone: string }>(
    `SELECT to_char(day, 'YYYY-MM-DD') AS day, day AT TIME ZONE time_zone AS starts, time_zone AS "timeZone"
       FROM project, generate_series($2::date::timestamp, $2::date::timestamp + '1 month', '1 day') AS day
      WHERE project.id = $1 ORDER BY day`,
    [projectId, `${month}-01`],
  )
  return {
    timeZone: rows[0]!.timeZone,
    days: rows.slice(0, -1).map(({ day }) => day),
    starts: rows.map(({ starts }) => starts),
  }
}

/** Versions of the tariffs that are assigned for the item in the month, by tariff, ascending. */
export async function assignedVersions(client: pg.ClientBase, key: RunKey): Promise<TariffVersionRow[]> {
  const { rows } = await client.query<TariffVersionRow>(
    `SELECT id, tariff_id AS "tariffId", to_char(effective_from, 'YYYY-MM-DD') AS "effectiveFrom", rule
       FROM tariff_version
      WHERE tariff_id IN (SELECT tariff_id FROM charge_assignment WHERE ${inMonth}) AND
            effective_from < $3::date + interval '1 month'
      ORDER BY tariff_id, effective_from`,
    [key.projectId, key.itemId, `${key.month}-01`],
  )
  return rows
}

const inMonth = `project_id = $1 AND item_id = $2 AND from_day < $3::date + interval '1 month'
  AND (to_day IS NULL OR to_day > $3::date)`

/** Accounts of the run, and how many of them have an issued bill already. */
export async function countAccounts(
  client: pg.ClientBase,
  key: RunKey,
): Promise<{ total: number; billed: number }> {
  const { rows } = await client.query<{ total: number; billed: number }>(
    `SELECT count(*)::int AS total, count(bill.id)::int AS billed
       FROM (SELECT DISTINCT household_id FROM charge_assignment WHERE ${inMonth}) AS account
       LEFT JOIN bill ON bill.household_id = account.household_id AND bill.item_id = $2 AND bill.month = $3::date
             AND bill.status = 'issued'`,
    [key.projectId, key.itemId, `${key.month}-01`],
  )
  return rows[0]!
}

/**
 * Assignments of accounts without an issued bill, ordered by account number, through a cursor of the reading
 * transaction: a city's accounts are never in memory at once. Days are cut to the first `days` of the month.
 */
export async function openAssignments(client: pg.ClientBase, key: RunKey, days: number): Promise<void> {
  await client.query('SET LOCAL cursor_tuple_fraction = 1')
  // The months of some thousand metering points are looked up one by one, instead of reading all months each time
  await client.query('SET LOCAL random_page_cost = 1.1')
  await client.query(
    `DECLARE assignments NO SCROLL CURSOR FOR
     SELECT assignment.household_id AS "householdId", metering_point_id AS "meteringPointId",
            tariff_id AS "tariffId", greatest(from_day - $3::date, 0) AS "from",
            least(coalesce(to_day - $3::date, $4::int), $4::int) AS "to"
       FROM charge_assignment AS assignment JOIN household ON household.id = household_id
      WHERE assignment.project_id = $1 AND item_id = $2 AND from_day < $3::date + $4::int
        AND (to_day IS NULL OR to_day > $3::date)
        AND NOT EXISTS (SELECT FROM bill WHERE bill.household_id = assignment.household_id AND bill.item_id = $2
                           AND bill.month = $3::date AND bill.status = 'issued')
      ORDER BY household.account_number, household_id, from_day, metering_point_id`,
    [key.projectId, key.itemId, `${key.month}-01`, days],
  )
}

export async function fetchAssignments(client: pg.ClientBase, rows: number): Promise<AssignmentRow[]> {
  return (await client.query<AssignmentRow>(`FETCH ${rows} FROM assignments`)).rows
}

/** What each household was billed for, for the item in the calendar year, in units of 10^-9. */
export async function usedInYear(
  client: pg.ClientBase,
  key: RunKey,
  householdIds: readonly string[],
): Promise<Map<string, bigint>> {
  const { rows } = await client.query<{ householdId: string; quantity: string }>(
    `SELECT household_id AS "householdId", sum(quantity)::text AS quantity FROM bill
      WHERE household_id = any($1::uuid[]) AND item_id = $2 AND status = 'issued'
        AND month >= date_trunc('year', $3::date) AND month < date_trunc('year', $3::date) + interval '1 year'
      GROUP BY household_id`,
    [householdIds, key.itemId, `${key.month}-01`],
  )
  return new Map(
    rows.map(({ householdId, quantity }) => [householdId, parseFixed(quantity, QUANTITY_PLACES)]),
  )
}

/**
 * A fingerprint of everything that a preview is computed from: assignments, usage of their metering points, versions
 * of their tariffs and, where tiers add up over the year, what has been billed of the item in other months of the
 * year. Another fingerprint later means that the preview is stale. (Sums of hashes do not depend on the order.)
 */
export async function sourceDigest(client: pg.ClientBase, key: RunKey): Promise<string> {
  const { rows } = await client.query<{ digest: string }>(
    `WITH assigned AS (SELECT * FROM charge_assignment WHERE ${inMonth}),
      usage AS (
        SELECT count(*) AS n, coalesce(sum(uuid_hash_extended(household_id,
                 uuid_hash_extended(assigned.metering_point_id, uuid_hash_extended(tariff_id,
                 hashint4extended(from_day - date '2000-01-01', hashint4extended(coalesce(to_day - date '2000-01-01', 0),
                 coalesce(timestamptz_hash_extended(month.computed_at, hash_array_extended(month.slot_usage,
                   hashint4extended(month.known_slots * 10000 + month.estimated_slots, 1))), 0))))))), 0) AS hash
          FROM assigned LEFT JOIN usage_month AS month
            ON month.metering_point_id = assigned.metering_point_id AND month.month = $3::date),
      price AS (
        SELECT count(*) AS n, coalesce(sum(hashtextextended(concat_ws('|', version.id, effective_from), 0)), 0) AS hash
          FROM tariff_version AS version
         WHERE tariff_id IN (SELECT tariff_id FROM assigned) AND effective_from < $3::date + interval '1 month'),
      billed AS (
        SELECT count(*) AS n, coalesce(sum(hashtextextended(bill.id::text, 0)), 0) AS hash
          FROM bill
         WHERE status = 'issued'
           AND run_id IN (
             SELECT run.id FROM bill_run AS run
              WHERE run.project_id = $1 AND run.item_id = $2 AND run.month <> $3::date
                AND run.month >= date_trunc('year', $3::date)
                AND run.month < date_trunc('year', $3::date) + interval '1 year')
           AND EXISTS (SELECT FROM tariff_version AS version WHERE version.rule->>'period' = 'year'
                          AND version.tariff_id IN (SELECT tariff_id FROM assigned)))
     SELECT concat_ws(':', usage.n, usage.hash, price.n, price.hash, billed.n, billed.hash) AS digest
       FROM usage, price, billed`,
    [key.projectId, key.itemId, `${key.month}-01`],
  )
  return rows[0]!.digest
}
