import type pg from 'pg'
import { registerNumberKind, takeNumbers } from '../../platform/numbering/index.ts'
import type { RunRow } from './bill-runs.repository.ts'

const billNumbers = registerNumberKind({
  key: 'bill',
  label: { zh: '账单', en: 'Bills' },
  pattern: '{project}-{yyyy}-{seq:6}',
  reset: 'yearly',
  gapFree: true,
  table: 'bill',
})

/**
 * Drops the drafts of accounts that got an issued bill for the item and month meanwhile.
 * @returns how many
 */
export async function dropAlreadyBilled(client: pg.ClientBase, runId: string): Promise<number> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT draft.id FROM bill AS draft JOIN bill AS issued
        ON issued.household_id = draft.household_id AND issued.item_id = draft.item_id
       AND issued.month = draft.month AND issued.status = 'issued'
      WHERE draft.run_id = $1 AND draft.status = 'draft'`,
    [runId],
  )
  if (rows.length === 0) return 0
  const ids = rows.map(({ id }) => id)
  for (const [table, column] of [
    ['bill_line', 'bill_id'],
    ['bill_evidence', 'bill_id'],
    ['bill', 'id'],
  ] as const) {
    await client.query(`DELETE FROM ${table} WHERE ${column} = any($1::uuid[])`, [ids])
  }
  return ids.length
}

async function countDrafts(client: pg.ClientBase, runId: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM bill WHERE run_id = $1 AND status = 'draft'`,
    [runId],
  )
  return rows[0]!.n
}

/**
 * Turns all drafts of the run into issued bills with numbers such as `WT-2026-000123`, in the order of their
 * account numbers (their ids ascend so). The day in a number is that of the issue, in the project's time zone.
 */
export async function issueDrafts(client: pg.ClientBase, run: RunRow, now: Date): Promise<number> {
  const count = await countDrafts(client, run.id)
  if (count === 0) return 0
  const wanted = { kind: billNumbers.key, projectId: run.projectId, at: now }
  const numbers = await takeNumbers(client, wanted, count)
  await client.query(
    `UPDATE bill SET status = 'issued', issued_at = $2, number = numbered.number
       FROM (SELECT id, given.number
               FROM (SELECT id, row_number() OVER (ORDER BY id) AS position
                       FROM bill WHERE run_id = $1 AND status = 'draft') AS draft
               JOIN unnest($3::text[]) WITH ORDINALITY AS given (number, position) USING (position)) AS numbered
      WHERE bill.id = numbered.id`,
    [run.id, now, numbers],
  )
  return count
}

/** From now on these versions cannot change. */
export async function lockVersions(
  client: pg.ClientBase,
  versionIds: readonly string[],
  now: Date,
): Promise<void> {
  await client.query(
    `UPDATE tariff_version SET locked_at = $2 WHERE id = any($1::uuid[]) AND locked_at IS NULL`,
    [versionIds, now],
  )
}

/** Sums are taken anew from the bills, since accounts may have been dropped. */
export async function saveIssued(
  client: pg.ClientBase,
  runId: string,
  issue: { bills: number; dropped: number; by: string; at: Date },
): Promise<void> {
  await client.query(
    `UPDATE bill_run SET status = 'issued', issued_at = $2, issued_by = $3, bills = $4,
            already_billed = already_billed + $5, (quantity, amount) =
            (SELECT coalesce(sum(quantity), 0), coalesce(sum(amount), 0) FROM bill WHERE run_id = $1)
      WHERE id = $1`,
    [runId, issue.at, issue.by, issue.bills, issue.dropped],
  )
}
