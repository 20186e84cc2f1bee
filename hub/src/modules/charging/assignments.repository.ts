import type pg from 'pg'

/** A row of the import file, as written. */
export interface AssignmentInput {
  readonly accountNumber: string
  readonly item: string
  readonly meteringPoint: string
  readonly tariff: string
  readonly from: string
}

/** What the words of a row stand for in the project; null where there is no such thing. */
export interface ResolvedAssignment {
  readonly householdId: string | null
  readonly itemId: string | null
  readonly itemMedium: string | null
  readonly itemUnit: string | null
  readonly meteringPointId: string | null
  readonly pointMedium: string | null
  readonly pointUnit: string | null
  readonly tariffId: string | null
  readonly tariffUnit: string | null
  /** Assignment of the same metering point and item from the same day. */
  readonly existingId: string | null
  readonly existingHouseholdId: string | null
  readonly existingTariffId: string | null
  /** Day up to which (exclusive) the household, or who pays for the metering point until now, was billed. */
  readonly billedTo: string | null
}

/** Looks all rows up at once; the result has their order. */
export async function resolveAssignments(
  client: pg.ClientBase,
  projectId: string,
  rows: readonly AssignmentInput[],
): Promise<ResolvedAssignment[]> {
  const { rows: resolved } = await client.query<ResolvedAssignment>(
    `WITH billed AS (
       SELECT household_id, item_id, max((period_to AT TIME ZONE project.time_zone)::date) AS billed_to
         FROM bill JOIN project ON project.id = bill.project_id
        WHERE bill.project_id = $1 AND status = 'issued' GROUP BY household_id, item_id)
     SELECT household.id AS "householdId",
            item.id AS "itemId", item.medium AS "itemMedium", item.unit AS "itemUnit",
            point.id AS "meteringPointId", point.medium AS "pointMedium", point.unit AS "pointUnit",
            tariff.id AS "tariffId", tariff.unit AS "tariffUnit",
            existing.id AS "existingId", existing.household_id AS "existingHouseholdId",
            existing.tariff_id AS "existingTariffId",
            to_char(greatest(own.billed_to, other.billed_to), 'YYYY-MM-DD') AS "billedTo"
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::date[])
              WITH ORDINALITY AS input (account, item, point, tariff, day, place)
       LEFT JOIN household ON household.project_id = $1 AND household.account_number = input.account
       LEFT JOIN charge_item AS item ON item.project_id = $1 AND item.code = input.item
       LEFT JOIN metering_point AS point ON point.project_id = $1 AND point.code = input.point
       LEFT JOIN tariff ON tariff.project_id = $1 AND tariff.code = input.tariff
       LEFT JOIN charge_assignment AS existing ON existing.metering_point_id = point.id
             AND existing.item_id = item.id AND existing.from_day = input.day
       LEFT JOIN charge_assignment AS payer ON payer.metering_point_id = point.id AND payer.item_id = item.id
             AND payer.from_day <= input.day AND (payer.to_day IS NULL OR payer.to_day > input.day)
       LEFT JOIN billed AS own ON own.household_id = household.id AND own.item_id = item.id
       LEFT JOIN billed AS other ON other.household_id = payer.household_id AND other.item_id = item.id
      ORDER BY place`,
    [
      projectId,
      rows.map(({ accountNumber }) => accountNumber),
      rows.map(({ item }) => item),
      rows.map(({ meteringPoint }) => meteringPoint),
      rows.map(({ tariff }) => tariff),
      rows.map(({ from }) => from),
    ],
  )
  return resolved
}

export interface AssignmentChange {
  readonly householdId: string
  readonly itemId: string
  readonly meteringPointId: string
  readonly tariffId: string
  readonly from: string
}

/** Stores new and changed assignments; each lasts until the next one of its metering point and item begins. */
export async function saveAssignments(
  client: pg.ClientBase,
  projectId: string,
  changes: readonly AssignmentChange[],
): Promise<void> {
  await client.query(
    `INSERT INTO charge_assignment (project_id, household_id, item_id, metering_point_id, tariff_id, from_day)
     SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::date[])
     ON CONFLICT (metering_point_id, item_id, from_day)
       DO UPDATE SET household_id = excluded.household_id, tariff_id = excluded.tariff_id`,
    [
      projectId,
      changes.map(({ householdId }) => householdId),
      changes.map(({ itemId }) => itemId),
      changes.map(({ meteringPointId }) => meteringPointId),
      changes.map(({ tariffId }) => tariffId),
      changes.map(({ from }) => from),
    ],
  )
  await client.query(
    `UPDATE charge_assignment AS assignment SET to_day = chain.next
       FROM (SELECT id, lead(from_day) OVER (PARTITION BY metering_point_id, item_id ORDER BY from_day) AS next
               FROM charge_assignment WHERE metering_point_id = any($1::uuid[])) AS chain
      WHERE assignment.id = chain.id AND assignment.to_day IS DISTINCT FROM chain.next`,
    [[...new Set(changes.map(({ meteringPointId }) => meteringPointId))]],
  )
}
