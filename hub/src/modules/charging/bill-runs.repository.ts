import type pg from 'pg'
import type { BillRun, BillRunStatus } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { storedReason, type Reason } from '../../platform/reasons/reason.ts'
import { trimDecimal } from './domain/fixed.ts'
import type { RunKey } from './run-source.repository.ts'

export interface RunRow {
  readonly id: string
  readonly projectId: string
  readonly month: string
  readonly monthOver: boolean
  readonly status: BillRunStatus
  readonly done: number
  readonly total: number
  readonly bills: number
  readonly quantity: string
  readonly amount: string
  readonly held: number
  readonly alreadyBilled: number
  readonly error: Reason | null
  readonly createdAt: Date
  readonly createdBy: string
  readonly issuedAt: Date | null
  readonly issuedBy: string | null
  readonly itemId: string
  readonly itemCode: string
  readonly itemLabelZh: string
  readonly itemLabelEn: string
  readonly itemMedium: BillRun['item']['medium']
  readonly itemUnit: string
  /** Of the preview, not for callers. */
  readonly sourceDigest: string | null
  readonly previewOfWholeMonth: boolean
  readonly versionIds: readonly string[]
  readonly timeZone: string
  readonly projectCode: string
}

/** `$1` is the present instant. */
const selectRun = `SELECT run.id, run.project_id AS "projectId", to_char(run.month, 'YYYY-MM') AS month,
  $1::timestamptz >= (run.month + interval '1 month') AT TIME ZONE project.time_zone AS "monthOver",
  run.status, run.done, run.total, run.bills, run.quantity, run.amount, run.held,
  run.already_billed AS "alreadyBilled", run.error, run.created_at AS "createdAt", run.created_by AS "createdBy",
  run.issued_at AS "issuedAt", run.issued_by AS "issuedBy", run.source_digest AS "sourceDigest",
  run.month_over AS "previewOfWholeMonth", run.version_ids::text[] AS "versionIds",
  item.id AS "itemId", item.code AS "itemCode", item.label_zh AS "itemLabelZh", item.label_en AS "itemLabelEn",
  item.medium AS "itemMedium", item.unit AS "itemUnit",
  project.time_zone AS "timeZone", project.code AS "projectCode"
  FROM bill_run AS run JOIN charge_item AS item ON item.id = run.item_id JOIN project ON project.id = run.project_id`

type Queryable = pg.Pool | pg.ClientBase

export async function findRun(client: Queryable, id: string, now: Date): Promise<RunRow | null> {
  const { rows } = await (client as pg.Pool).query<RunRow>(`${selectRun} WHERE run.id = $2`, [now, id])
  return rows[0] ?? null
}

/** The run, and nobody else changes it until the transaction ends. */
export async function lockRun(client: pg.ClientBase, id: string, now: Date): Promise<RunRow | null> {
  const { rows } = await client.query<RunRow>(`${selectRun} WHERE run.id = $2 FOR UPDATE OF run`, [now, id])
  return rows[0] ?? null
}

export async function listRuns(
  pool: pg.Pool,
  user: Viewer,
  query: { projectId: string; page: number; pageSize: number; q?: string | undefined; orderBy: string },
  now: Date,
): Promise<{ rows: RunRow[]; total: number }> {
  const values: unknown[] = [now, query.projectId, likePattern(query.q)]
  const where = `run.project_id = $2 AND ($3::text IS NULL OR to_char(run.month, 'YYYY-MM') LIKE $3
    OR item.code ILIKE $3 OR item.label_zh ILIKE $3 OR item.label_en ILIKE $3 OR run.created_by ILIKE $3)
    AND ${scopeSql(user, 'charging.read', { project: 'run.project_id' }, values)}`
  const limit = [query.pageSize, (query.page - 1) * query.pageSize]
  const [page, count] = await Promise.all([
    pool.query<RunRow>(
      `${selectRun} WHERE ${where} ORDER BY ${query.orderBy}, run.id
       LIMIT $${values.length + 1} OFFSET $${values.length + 2}`,
      [...values, ...limit],
    ),
    pool.query<{ n: number }>(
      `SELECT count(*)::int AS n, $1::timestamptz FROM bill_run AS run JOIN charge_item AS item ON item.id = run.item_id
        WHERE ${where}`,
      values,
    ),
  ])
  return { rows: page.rows, total: count.rows[0]!.n }
}

/** `%words%` with the wildcards of LIKE taken literally; null for nothing. */
export function likePattern(q: string | undefined): string | null {
  return q ? `%${q.replace(/[\\%_]/g, '\\$&')}%` : null
}

/** The one lock of everything that decides what is billed in a project; until the transaction ends. */
export async function lockCharging(client: pg.ClientBase, projectId: string): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('charging:' || $1, 0))`, [projectId])
}

/** False when another worker computes the run at this moment. */
export async function tryComputeLock(client: pg.ClientBase, runId: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended('billRun.compute:' || $1, 0)) AS locked`,
    [runId],
  )
  return rows[0]!.locked
}

/** The open run (computing, previewed or failed) of project, item and month. */
export async function findOpenRun(client: pg.ClientBase, key: Omit<RunKey, 'id'>): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM bill_run WHERE project_id = $1 AND item_id = $2 AND month = $3::date
        AND status IN ('computing', 'previewed', 'issuing', 'failed') FOR UPDATE`,
    [key.projectId, key.itemId, `${key.month}-01`],
  )
  return rows[0]?.id ?? null
}

export async function insertRun(
  client: pg.ClientBase,
  key: Omit<RunKey, 'id'>,
  createdBy: string,
  now: Date,
) {
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO bill_run (project_id, item_id, month, status, version_ids, created_by, created_at)
     VALUES ($1, $2, $3::date, 'computing', '{}', $4, $5) RETURNING id`,
    [key.projectId, key.itemId, `${key.month}-01`, createdBy, now],
  )
  return rows[0]!.id
}

/** Back to `computing`; the old preview is not shown any more. */
export async function restartRun(client: pg.ClientBase, id: string): Promise<void> {
  await client.query(
    `UPDATE bill_run SET status = 'computing', error = NULL, done = 0, total = 0, bills = 0, held = 0,
            already_billed = 0, quantity = 0, amount = 0, source_digest = NULL
      WHERE id = $1`,
    [id],
  )
}

export async function setRunStatus(client: Queryable, id: string, status: BillRunStatus): Promise<void> {
  await (client as pg.Pool).query('UPDATE bill_run SET status = $2 WHERE id = $1', [id, status])
}

/** Only a run that is still being computed: a cancelled one keeps its state. */
export async function saveProgress(pool: pg.Pool, id: string, done: number, total: number): Promise<void> {
  await pool.query(`UPDATE bill_run SET done = $2, total = $3 WHERE id = $1 AND status = 'computing'`, [
    id,
    done,
    total,
  ])
}

export async function saveFailure(pool: pg.Pool, id: string, error: Reason): Promise<boolean> {
  const { rowCount } = await pool.query(
    `UPDATE bill_run SET status = 'failed', error = $2 WHERE id = $1 AND status = 'computing'`,
    [id, storedReason(error)],
  )
  return rowCount === 1
}

export interface PreviewTotals {
  readonly accounts: number
  readonly bills: number
  readonly held: number
  readonly alreadyBilled: number
  readonly quantity: string
  readonly amount: string
  readonly sourceDigest: string
  readonly wholeMonth: boolean
  readonly versionIds: readonly string[]
}

/** @returns false when the run is not being computed any more, because it was cancelled */
export async function savePreview(
  client: pg.ClientBase,
  id: string,
  totals: PreviewTotals,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE bill_run SET status = 'previewed', error = NULL, done = $2, total = $2, bills = $3, held = $4,
            already_billed = $5, quantity = $6, amount = $7, source_digest = $8, month_over = $9,
            version_ids = $10::uuid[]
      WHERE id = $1 AND status = 'computing'`,
    [
      id,
      totals.accounts,
      totals.bills,
      totals.held,
      totals.alreadyBilled,
      totals.quantity,
      totals.amount,
      totals.sourceDigest,
      totals.wholeMonth,
      totals.versionIds,
    ],
  )
  return rowCount === 1
}

export async function computingRuns(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(`SELECT id FROM bill_run WHERE status = 'computing'`)
  return rows.map(({ id }) => id)
}

/** `say` puts what went wrong into words. */
export function runDto(row: RunRow, say: (reason: Reason) => string): BillRun {
  return {
    id: row.id,
    projectId: row.projectId,
    item: {
      id: row.itemId,
      projectId: row.projectId,
      code: row.itemCode,
      label: { zh: row.itemLabelZh, en: row.itemLabelEn },
      medium: row.itemMedium,
      unit: row.itemUnit,
    },
    month: row.month,
    monthOver: row.monthOver,
    status: row.status,
    done: row.done,
    total: row.total,
    bills: row.bills,
    quantity: trimDecimal(row.quantity),
    amount: row.amount,
    held: row.held,
    alreadyBilled: row.alreadyBilled,
    error: row.error && say(row.error),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    issuedAt: row.issuedAt?.toISOString() ?? null,
    issuedBy: row.issuedBy,
  }
}
