/** Rows of a resource by the conditions of a list; all SQL of reading is made here. */
import type pg from 'pg'
import type { ResourceListQuery } from '@courtyard/protocols/contract'
import type { Viewer } from '../auth/user.ts'
import { fail, invalidInput } from '../errors.ts'
import { conditionsSql, parseConditions, searchSql, seen, type SqlContext } from './conditions.ts'
import { recordErrors } from './errors.ts'
import { memberSql, type Field } from './field.ts'
import { rulesOf } from './kinds.ts'
import type { Shape } from './shape.ts'
import { fieldOfShape } from './shape.ts'
import { sensitiveVisible, visible } from './visible.ts'

export type Queryable = Pick<pg.Pool, 'query'>
export type ListFilter = Pick<ResourceListQuery, 'projectId' | 'q' | 'where' | 'sort'> & {
  readonly archived?: ResourceListQuery['archived']
}

/** A row as the database gives it: standard columns, `f0`, `f1` … for the fields of the shape in their order. */
export interface RawRow {
  readonly id: string
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
  readonly archived_at: Date | null
  readonly custom: Record<string, unknown>
  readonly project_id: string | null
  readonly sees_sensitive: boolean
  readonly [field: `f${number}`]: unknown
}

/** SQL and what its `$1`, `$2` … stand for. */
export interface Statement {
  readonly text: string
  readonly values: unknown[]
}

export const COUNT_LIMIT = 10_000

/**
 * Of a search at most so many candidates are put in order: whoever asks for one frequent character gets some of what
 * there is, and the number says that there is more.
 */
const CANDIDATES = COUNT_LIMIT + 1

export interface Query extends SqlContext {
  readonly where: string[]
  /** The search index finds the candidates. */
  readonly searches: boolean
}

/** Conditions of a list: scope, project, archive, filters and search. @throws AppError `input.invalid` */
export function queryOf(shape: Shape, user: Viewer, filter: ListFilter, permission?: string): Query {
  const { resource } = shape
  const params: unknown[] = []
  const scope = visible(user, resource, permission ?? resource.permissions.read, params)
  const context: SqlContext = { shape, params, sensitive: sensitiveOf(shape, user, params) }
  const place = [scope]
  if (filter.projectId && resource.scope.project) {
    place.push(`${resource.scope.project} = $${params.push(filter.projectId)}::uuid`)
  }
  const archived = filter.archived ?? 'no'
  const state = archived === 'all' ? [] : [`r.archived_at IS ${archived === 'only' ? 'NOT ' : ''}NULL`]
  const given = [...conditionsSql(context, parseConditions(filter.where)), ...searchSql(context, filter.q)]
  const searches = given.some((one) => one.includes('search_grams('))
  // An index of the whole project would only be in the way of the one that finds a word: `IS TRUE` hides the condition
  const where = place.filter((one) => one !== 'true').map((one) => (searches ? `(${one}) IS TRUE` : one))
  return { ...context, where: [...where, ...state, ...given], searches }
}

function sensitiveOf({ resource, fields }: Shape, user: Viewer, params: unknown[]): string {
  return fields.some(({ sensitive }) => sensitive) ? sensitiveVisible(user, resource, params) : 'true'
}

export function columnsSql(shape: Shape, sensitive: string): string {
  const fields = shape.fields.map((field, at) =>
    field.customKey === null ? `${field.sql} AS f${at}` : `NULL AS f${at}`,
  )
  const project = shape.resource.scope.project ?? 'NULL::uuid'
  const standard = 'r.id, r.version, r.created_at, r.updated_at, r.archived_at, r.custom'
  return [standard, `${project} AS project_id`, `(${sensitive}) IS TRUE AS sees_sensitive`, ...fields].join(
    ', ',
  )
}

/** Parameters of conditions that a statement does not need are left out: the server would not know their type. */
function statement(text: string, params: readonly unknown[]): Statement {
  const used: number[] = []
  const renumbered = text.replace(/\$(\d+)/g, (_, number: string) => {
    const at = Number(number) - 1
    if (!used.includes(at)) used.push(at)
    return `$${used.indexOf(at) + 1}`
  })
  return { text: renumbered, values: used.map((at) => params[at]) }
}

function whereSql({ where }: Query): string {
  return where.length === 0 ? 'true' : where.join(' AND ')
}

export interface Sorting {
  readonly field: Field
  readonly descending: boolean
}

/** @throws AppError `input.invalid` when the list can't be sorted by that */
export function sortingOf(shape: Shape, text: string | undefined): Sorting {
  const wanted = text || shape.resource.defaultSort
  const field = fieldOfShape(shape, wanted.replace(/^-/, ''))
  const isDefault = wanted === shape.resource.defaultSort
  if (field && (field.sort || isDefault)) return { field, descending: wanted.startsWith('-') }
  const fields = shape.fields.filter(({ sort }) => sort).map(({ name }) => name)
  throw invalidInput('The list cannot be sorted by that', [
    { path: 'query.sort', reason: { code: 'sort.unknown', fields: fields.join(', ') } },
  ])
}

/** Where a page ended: among rows with a value, or among those without, which always come last. */
interface Cursor {
  readonly value: string | null
  readonly id: string
}

/**
 * A page and where the next one begins. Rows without a value in the sorted field come last in both directions; the two
 * parts are two queries, so that an index serves either direction.
 */
export async function selectPage(
  db: Queryable,
  query: Query,
  sorting: Sorting,
  page: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ rows: RawRow[]; next: string | null }> {
  const after = page.cursor === undefined ? null : parseCursor(page.cursor)
  const wanted = page.limit + 1
  const valued = after?.value === null ? [] : await selectPart(db, query, sorting, after, wanted)
  const mayBeEmpty = !(sorting.field.required && sorting.field.column && !sorting.field.sensitive)
  const rest = wanted - valued.length
  const rows =
    rest > 0 && mayBeEmpty ? [...valued, ...(await selectEmptyPart(db, query, sorting, after, rest))] : valued
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > page.limit && last ? cursorText(last) : null }
}

type SortedRow = RawRow & { readonly sort_value: string | null }

async function selectPart(
  db: Queryable,
  query: Query,
  { field, descending }: Sorting,
  after: Cursor | null,
  limit: number,
): Promise<SortedRow[]> {
  const params = [...query.params]
  const sql = seen(query, field)
  const notEmpty = field.required && field.column && !field.sensitive ? [] : [`${sql} IS NOT NULL`]
  const where = notEmpty
  if (after) {
    const value = `$${params.push(after.value)}::${field.columnType ?? rulesOf(field).sqlType}`
    where.push(`(${sql}, r.id) ${descending ? '<' : '>'} (${value}, $${params.push(after.id)}::uuid)`)
  }
  const direction = descending ? ' DESC' : ''
  return select(db, query, params, where, [`${sql}${direction}`, `r.id${direction}`], sql, limit)
}

async function selectEmptyPart(
  db: Queryable,
  query: Query,
  { field }: Sorting,
  after: Cursor | null,
  limit: number,
): Promise<SortedRow[]> {
  const params = [...query.params]
  const where = [`${seen(query, field)} IS NULL`]
  if (after?.value === null) where.push(`r.id > $${params.push(after.id)}::uuid`)
  return select(db, query, params, where, ['r.id'], 'NULL', limit)
}

async function select(
  db: Queryable,
  query: Query,
  params: unknown[],
  where: string[],
  order: string[],
  sortValue: string,
  limit: number,
): Promise<SortedRow[]> {
  const { rows } = await db.query<SortedRow>(
    statement(
      `SELECT ${columnsSql(query.shape, query.sensitive)}, (${sortValue})::text AS sort_value
       FROM ${sourceSql(query, where)} ORDER BY ${order.join(', ')} LIMIT ${limit}`,
      params,
    ),
  )
  return rows
}

/**
 * Without a limit on the candidates the server walks the list in its order as soon as a word is frequent: whoever looks
 * for a name that begins with it would wait for all names before.
 */
function sourceSql(query: Query, where: readonly string[]): string {
  const { table } = query.shape.resource
  const all = (conditions: readonly string[]) => (conditions.length === 0 ? 'true' : conditions.join(' AND '))
  if (!query.searches) return `"${table}" r WHERE ${all([...query.where, ...where])}`
  return `(SELECT r.* FROM "${table}" r WHERE ${whereSql(query)} LIMIT ${CANDIDATES}) r WHERE ${all(where)}`
}

function cursorText(last: RawRow): string {
  const { sort_value, id } = last as SortedRow
  return Buffer.from(JSON.stringify([sort_value, id])).toString('base64url')
}

function parseCursor(text: string): Cursor {
  try {
    const [value, id] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [unknown, unknown]
    if ((value === null || typeof value === 'string') && typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id))
      return { value, id }
  } catch {
    throw cursorFault()
  }
  throw cursorFault()
}

const cursorFault = () => fail(recordErrors.cursorInvalid, 'This cursor is none of ours')

/** Estimates are rough: only far beyond the limit they are as good as a count. */
const SURELY_MORE = 3 * COUNT_LIMIT

/** Number of rows, counted no further than one beyond the limit; not at all when there are surely more. */
export async function countRows(
  db: Queryable,
  query: Query,
): Promise<{ total: number; totalIsExact: boolean }> {
  const { table } = query.shape.resource
  const list = `SELECT FROM "${table}" r WHERE ${whereSql(query)}`
  if (!query.searches && (await estimate(db, statement(list, query.params))) > SURELY_MORE)
    return { total: COUNT_LIMIT, totalIsExact: false }
  const { rows } = await db.query<{ count: string }>(
    statement(`SELECT count(*) FROM (${list} LIMIT ${COUNT_LIMIT + 1}) counted`, query.params),
  )
  const count = Number(rows[0]!.count)
  return { total: Math.min(count, COUNT_LIMIT), totalIsExact: count <= COUNT_LIMIT }
}

/** Rows that the server expects. */
async function estimate(db: Queryable, { text, values }: Statement): Promise<number> {
  const { rows } = await db.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    `EXPLAIN (FORMAT JSON) ${text}`,
    values,
  )
  return rows[0]!['QUERY PLAN'][0].Plan['Plan Rows']
}

/** Ids of all rows of a list, at most `limit`, in no order. */
export async function selectIds(db: Queryable, query: Query, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    statement(
      `SELECT r.id FROM "${query.shape.resource.table}" r WHERE ${whereSql(query)} ORDER BY r.id LIMIT ${limit}`,
      query.params,
    ),
  )
  return rows.map(({ id }) => id)
}

/** Those of the records that the permission opens to the person; `lock` holds them until the transaction ends. */
export async function selectByIds(
  db: Queryable,
  shape: Shape,
  user: Viewer,
  ids: readonly string[],
  options: { readonly permission?: string; readonly lock?: boolean } = {},
): Promise<RawRow[]> {
  const query = queryOf(shape, user, { archived: 'all' }, options.permission)
  const params = [...query.params, ids]
  const { rows } = await db.query<RawRow>(
    statement(
      `SELECT ${columnsSql(shape, query.sensitive)} FROM "${shape.resource.table}" r
     WHERE ${whereSql(query)} AND r.id = ANY($${params.length}::uuid[])
     ORDER BY r.id ${options.lock ? 'FOR UPDATE OF r' : ''}`,
      params,
    ),
  )
  return rows
}

/** Whether the list has more rows than that. */
export async function hasMoreThan(db: Queryable, query: Query, rows: number): Promise<boolean> {
  const { table } = query.shape.resource
  const one = `SELECT 1 FROM "${table}" r WHERE ${whereSql(query)} OFFSET ${rows} LIMIT 1`
  return (await db.query(statement(one, query.params))).rows.length > 0
}

/**
 * All rows of a list in its order, for a file: first whether the person sees their sensitive fields whole, then the
 * values of `fields`.
 */
export function fileStatement(
  query: Query,
  { field, descending }: Sorting,
  fields: readonly Field[],
): Statement {
  const columns = fields.map(
    (one, at) => `${one.customKey === null ? one.sql : memberSql(one.customKey)} AS f${at}`,
  )
  const text = `SELECT ${[`(${query.sensitive}) IS TRUE`, ...columns].join(', ')}
     FROM "${query.shape.resource.table}" r WHERE ${whereSql(query)}
     ORDER BY ${seen(query, field)}${descending ? ' DESC NULLS LAST' : ''}, r.id`
  return statement(text, query.params)
}
