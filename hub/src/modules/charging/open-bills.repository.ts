/** What households owe. Payments are not recorded yet, so every issued bill is open. */
import type pg from 'pg'

export interface OpenBills {
  readonly householdId: string
  readonly bills: number
  /** Sum, decimal text. */
  readonly amount: string
}

/** Households without an open bill are left out. */
export async function openBills(
  client: Pick<pg.ClientBase, 'query'>,
  householdIds: readonly string[],
): Promise<OpenBills[]> {
  const { rows } = await client.query<OpenBills>(
    `select household_id as "householdId", count(*)::int as bills, sum(amount)::text as amount from bill
     where household_id = any($1::uuid[]) and status = 'issued' group by household_id having sum(amount) > 0`,
    [householdIds],
  )
  return rows
}
