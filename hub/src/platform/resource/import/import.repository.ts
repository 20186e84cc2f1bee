import type pg from 'pg'
import type { ImportPlan, ResourceImport } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../../auth/user.ts'
import { copyRows } from '../../database/copy-rows.ts'
import type { Language, Reason } from '../../reasons/reason.ts'
import { storedReason } from '../../reasons/reason.ts'
import type { Values } from '../field.ts'
import type { Queryable } from '../list.repository.ts'

export type ImportState = ResourceImport['state']
export interface ImportRow {
  readonly id: string
  readonly resource: string
  readonly projectId: string | null
  readonly fileName: string
  readonly state: ImportState
  readonly columns: { name: string; samples: string[] }[]
  readonly plan: ImportPlan
  readonly language: Language
  readonly rows: number
  readonly progress: number
  readonly bad: number
  readonly created: number
  readonly updated: number
  readonly skipped: number
  readonly failure: Reason | null
  readonly createdAt: Date
  readonly createdBy: string
  readonly creator: string
  /** Who began the step that is under way; null before the first one. */
  readonly begunBy: string | null
  /** The API key that began it for him. */
  readonly keyId: string | null
}

const columns = `id, resource, project_id AS "projectId", file_name AS "fileName", state, columns, plan, language, rows,
  progress, bad, created, updated, skipped, failure, created_at AS "createdAt", created_by AS "createdBy", creator,
  begun_by AS "begunBy", key_id AS "keyId"`

export async function insertImport(
  tx: pg.ClientBase,
  one: Pick<ImportRow, 'id' | 'resource' | 'projectId' | 'fileName' | 'language' | 'createdBy' | 'creator'>,
): Promise<void> {
  await tx.query(
    `INSERT INTO record_import (id, resource, project_id, file_name, columns, plan, language, rows, created_by, creator)
     VALUES ($1, $2, $3, $4, '[]', '{}', $5, 0, $6, $7)`,
    [one.id, one.resource, one.projectId, one.fileName, one.language, one.createdBy, one.creator],
  )
}

export async function copyCells(
  tx: pg.ClientBase,
  importId: string,
  rows: AsyncIterable<{ row: number; cells: readonly string[] }>,
): Promise<number> {
  async function* lines() {
    for await (const { row, cells } of rows) yield [importId, row, cells] as const
  }
  return copyRows(tx, 'record_import_row', ['import_id', 'row', 'cells'], lines())
}

/** Changes what is given; also says that somebody works on it. */
export async function updateImport(
  db: Queryable,
  id: string,
  change: Partial<Omit<ImportRow, 'id' | 'failure'>> & { readonly failure?: Reason | null },
): Promise<void> {
  const params: unknown[] = [id]
  const sets = Object.entries(change).map(([name, value]) => {
    const json = name === 'columns' || name === 'plan'
    const failure = name === 'failure' && value !== null
    const given = failure ? storedReason(value as Reason) : json ? JSON.stringify(value) : value
    return `"${name}" = $${params.push(given)}`
  })
  await db.query(
    `UPDATE record_import SET ${[...sets, 'touched_at = now()'].join(', ')} WHERE id = $1`,
    params,
  )
}

export async function findImport(db: Queryable, id: string): Promise<ImportRow | null> {
  const { rows } = await db.query<ImportRow>(`SELECT ${columns} FROM record_import WHERE id = $1`, [id])
  return rows[0] ?? null
}

/** Newest first, at most `limit`. */
export async function selectImports(
  db: Queryable,
  resource: string,
  projectId: string | null,
  limit: number,
): Promise<ImportRow[]> {
  const { rows } = await db.query<ImportRow>(
    `SELECT ${columns} FROM record_import WHERE resource = $1 AND project_id IS NOT DISTINCT FROM $2
     ORDER BY created_at DESC LIMIT ${limit}`,
    [resource, projectId],
  )
  return rows
}

/** From now on these rights count. */
export async function noteBeginner(
  db: Queryable,
  id: string,
  { id: userId, keyId }: Pick<CurrentUser, 'id' | 'keyId'>,
): Promise<void> {
  await db.query('UPDATE record_import SET begun_by = $2, key_id = $3 WHERE id = $1', [
    id,
    userId,
    keyId ?? null,
  ])
}

/**
 * From one state into the next one: of two who press the button one gets it.
 * @returns false when it was in another state
 */
export async function moveImport(
  db: Queryable,
  id: string,
  from: readonly ImportState[],
  to: ImportState,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE record_import SET state = $3, progress = 0, failure = NULL, touched_at = now()
     WHERE id = $1 AND state = ANY($2)`,
    [id, from, to],
  )
  return rowCount === 1
}

/** Held by whoever works on the import, until the connection's transaction ends. */
export async function tryLockImport(tx: pg.ClientBase, id: string): Promise<boolean> {
  const { rows } = await tx.query<{ got: boolean }>(
    `SELECT pg_try_advisory_xact_lock(hashtextextended('record_import' || $1::text, 0)) AS got`,
    [id],
  )
  return rows[0]!.got
}

/** One import at a time writes into a resource of a project: they would meet at the same keys. */
export async function lockTarget(
  tx: pg.ClientBase,
  resource: string,
  projectId: string | null,
): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`import ${resource} ${projectId}`])
}

/** Imports at which somebody should be at work, but nobody has given a sign of life for a while. */
export async function selectStalled(db: Queryable, seconds: number): Promise<ImportRow[]> {
  const { rows } = await db.query<ImportRow>(
    `SELECT ${columns} FROM record_import WHERE state IN ('checking', 'running', 'undoing')
     AND touched_at < now() - make_interval(secs => $1)`,
    [seconds],
  )
  return rows
}

/** Cells of old imports: from then on they can't be undone. */
export async function removeOldCells(db: Queryable, days: number): Promise<void> {
  await db.query(
    `DELETE FROM record_import_row USING record_import i
     WHERE i.id = import_id AND i.touched_at < now() - make_interval(days => $1)`,
    [days],
  )
}

export interface CellRow {
  readonly row: number
  readonly cells: readonly string[]
}

export async function selectCells(
  db: Queryable,
  importId: string,
  afterRow: number,
  limit: number,
): Promise<CellRow[]> {
  const { rows } = await db.query<CellRow>(
    `SELECT row, cells FROM record_import_row WHERE import_id = $1 AND row > $2 ORDER BY row LIMIT ${limit}`,
    [importId, afterRow],
  )
  return rows
}

export type Fate = 'create' | 'update' | 'skip' | 'bad'
export interface CellFault {
  readonly column: string
  readonly cell: string
  readonly reason: Reason
}
export interface RowFate {
  readonly row: number
  readonly fate: Fate
  readonly recordId: string | null
  readonly before: Values | null
  readonly faults: readonly CellFault[]
}

/** @param stored whether the rows are in their table now: then the versions are kept for an undo */
export async function saveFates(
  db: Queryable,
  importId: string,
  fates: readonly RowFate[],
  storedIn: string | null,
): Promise<void> {
  const json = fates.map(({ row, fate, recordId, before, faults }) => ({
    row,
    fate,
    record_id: recordId,
    before,
    faults: faults.length > 0 ? faults : null,
  }))
  const version =
    storedIn === null ? 'NULL' : `(SELECT t.version FROM "${storedIn}" t WHERE t.id = v.record_id)`
  await db.query(
    `UPDATE record_import_row w SET fate = v.fate, record_id = v.record_id, before = nullif(v.before, 'null'),
       faults = nullif(v.faults, 'null'), version = ${version}
     FROM jsonb_to_recordset($2) AS v(row int, fate text, record_id uuid, before jsonb, faults jsonb)
     WHERE w.import_id = $1 AND w.row = v.row`,
    [importId, JSON.stringify(json)],
  )
}

export interface FaultRow extends CellFault {
  readonly row: number
}

/** Bad cells in the order of the file; `after` counts them. */
export async function selectFaults(
  db: Queryable,
  importId: string,
  after: number,
  limit: number,
): Promise<{ items: FaultRow[]; total: number }> {
  const from = `FROM record_import_row w, jsonb_array_elements(w.faults) WITH ORDINALITY AS f(fault, place)
     WHERE w.import_id = $1 AND w.faults IS NOT NULL`
  const [{ rows }, { rows: counted }] = await Promise.all([
    db.query<{ row: number; fault: CellFault }>(
      `SELECT w.row, f.fault ${from} ORDER BY w.row, f.place OFFSET $2 LIMIT ${limit}`,
      [importId, after],
    ),
    db.query<{ total: string }>(`SELECT count(*) AS total ${from}`, [importId]),
  ])
  return { items: rows.map(({ row, fault }) => ({ row, ...fault })), total: Number(counted[0]!.total) }
}

export interface WrittenRow {
  readonly recordId: string
  readonly fate: 'create' | 'update'
  readonly before: Values | null
}

export async function selectWritten(db: Queryable, importId: string): Promise<WrittenRow[]> {
  const { rows } = await db.query<WrittenRow>(
    `SELECT record_id AS "recordId", fate, before FROM record_import_row
     WHERE import_id = $1 AND record_id IS NOT NULL AND fate IN ('create', 'update') ORDER BY row`,
    [importId],
  )
  return rows
}

/** Records of the import that are not as it left them. @param table of a declared resource */
export async function countChangedSince(db: Queryable, importId: string, table: string): Promise<number> {
  const { rows } = await db.query<{ changed: string }>(
    `SELECT count(*) AS changed FROM record_import_row w LEFT JOIN "${table}" r ON r.id = w.record_id
     WHERE w.import_id = $1 AND w.record_id IS NOT NULL AND w.fate IN ('create', 'update')
       AND r.version IS DISTINCT FROM w.version`,
    [importId],
  )
  return Number(rows[0]!.changed)
}

export async function hasCells(db: Queryable, importId: string): Promise<boolean> {
  const { rows } = await db.query<{ has: boolean }>(
    'SELECT EXISTS (SELECT FROM record_import_row WHERE import_id = $1) AS has',
    [importId],
  )
  return rows[0]!.has
}

/** Removes records for good. @param table of a declared resource */
export async function deleteRecords(tx: pg.ClientBase, table: string, ids: readonly string[]): Promise<void> {
  await tx.query(`DELETE FROM "${table}" WHERE id = ANY($1::uuid[])`, [ids])
}

export interface KeyMatch {
  /** Place in the list that was asked for. */
  readonly at: number
  readonly id: string
}

/**
 * Records with these keys, whether the person may see them or not.
 * @param keys `column` expression over `r` and its type; `values` per wanted record
 */
export async function selectByKeys(
  db: Queryable,
  table: string,
  project: { readonly sql: string; readonly id: string } | null,
  keys: readonly { readonly sql: string; readonly type: string }[],
  wanted: readonly { readonly at: number; readonly values: readonly (string | number | boolean | null)[] }[],
): Promise<KeyMatch[]> {
  const json = wanted.map(({ at, values }) => ({
    at,
    ...Object.fromEntries(values.map((value, place) => [`k${place}`, value])),
  }))
  const types = ['at int', ...keys.map(({ type }, place) => `k${place} ${type}`)].join(', ')
  const match = keys.map(({ sql }, place) => `${sql} = v.k${place}`).join(' AND ')
  const { rows } = await db.query<KeyMatch>(
    `SELECT v.at, r.id FROM jsonb_to_recordset($1) AS v(${types}) JOIN "${table}" r ON ${match}
     ${project ? `AND ${project.sql} = $2::uuid` : ''}`,
    project ? [JSON.stringify(json), project.id] : [JSON.stringify(json)],
  )
  return rows
}
