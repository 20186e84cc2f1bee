/** Records into their table: any number of them in one statement. */
import type pg from 'pg'
import { fail, invalidInput } from '../errors.ts'
import { recordErrors } from './errors.ts'
import type { Field, Values } from './field.ts'
import { rulesOf } from './kinds.ts'
import type { Resource } from './resource.ts'
import { fieldNamed } from './resource.ts'
import type { Shape } from './shape.ts'

type Columned = Field & { readonly column: string }

export function columnedFields(shape: Shape): Columned[] {
  return shape.fields.filter((field): field is Columned => field.column !== undefined)
}

/** Type of a field's column, as SQL. */
export function columnType(field: Field): string {
  return field.columnType ?? rulesOf(field).sqlType
}

/** Name of the table's own column with the project; null when records lie in none, or by way of another table. */
export function projectColumn({ scope }: Resource): string | null {
  return /^r\."(\w+)"$/.exec(scope.project ?? '')?.[1] ?? null
}

export interface NewRow {
  readonly id: string
  readonly projectId: string | null
  readonly departmentId: string | null
  readonly values: Values
}

export async function insertRows(
  tx: pg.ClientBase,
  shape: Shape,
  userId: string | null,
  rows: readonly NewRow[],
): Promise<void> {
  const fields = columnedFields(shape)
  const project = projectColumn(shape.resource)
  const department = departmentColumn(shape.resource)
  const columns = [
    'id',
    'custom',
    ...(project ? [project] : []),
    ...(department ? [department] : []),
    ...fields.map(({ column }) => column),
  ]
  const types = [
    'id uuid, custom jsonb',
    ...(project ? ['project uuid'] : []),
    ...(department ? ['department uuid'] : []),
    ...fields.map((field, at) => `c${at} ${columnType(field)}`),
  ]
  const given = ['id', 'custom', ...(project ? ['project'] : []), ...(department ? ['department'] : [])]
  const json = rows.map((row) => ({
    id: row.id,
    project: row.projectId,
    department: row.departmentId,
    custom: customOf(shape, {}, row.values),
    ...membersOf(fields, row.values),
  }))
  await tx.query(
    `INSERT INTO "${shape.resource.table}" (${columns.map(quoted).join(', ')}, created_by, updated_by)
     SELECT ${[...given, ...fields.map((_, at) => `c${at}`)].map((name) => `v.${name}`).join(', ')}, $2, $2
     FROM jsonb_to_recordset($1) AS v(${types.join(', ')})`,
    [JSON.stringify(json), userId],
  )
}

export interface ChangedRow {
  readonly id: string
  /** `custom` of the table before. */
  readonly custom: Readonly<Record<string, unknown>>
  readonly after: Values
}

/** Stores the named fields of the rows and counts their versions on; `archived` sets or clears the mark. */
export async function updateRows(
  tx: pg.ClientBase,
  shape: Shape,
  userId: string | null,
  rows: readonly ChangedRow[],
  names: ReadonlySet<string>,
  archived?: boolean,
): Promise<void> {
  const fields = columnedFields(shape).filter(({ name }) => names.has(name))
  const types = ['id uuid, custom jsonb', ...fields.map((field, at) => `c${at} ${columnType(field)}`)]
  const json = rows.map((row) => ({
    id: row.id,
    custom: customOf(shape, row.custom, row.after),
    ...membersOf(fields, row.after),
  }))
  const sets = [
    ...fields.map(({ column }, at) => `${quoted(column)} = v.c${at}`),
    'custom = v.custom, version = r.version + 1, updated_at = now(), updated_by = $2',
    ...(archived === undefined ? [] : [`archived_at = ${archived ? 'now()' : 'NULL'}`]),
  ]
  await tx.query(
    `UPDATE "${shape.resource.table}" r SET ${sets.join(', ')}
     FROM jsonb_to_recordset($1) AS v(${types.join(', ')}) WHERE r.id = v.id`,
    [JSON.stringify(json), userId],
  )
}

function departmentColumn({ scope }: Resource): string | null {
  return /^r\."(\w+)"$/.exec(scope.department ?? '')?.[1] ?? null
}

function membersOf(fields: readonly Field[], values: Values): object {
  return Object.fromEntries(fields.map((field, at) => [`c${at}`, values[field.name] ?? null]))
}

/** Values of custom fields; those of fields that are out of use are kept. */
export function customOf(
  shape: Shape,
  before: Readonly<Record<string, unknown>>,
  after: Values,
): Record<string, unknown> {
  const custom: Record<string, unknown> = { ...before }
  for (const { name, customKey } of shape.fields) {
    if (customKey === null || !(name in after)) continue
    const value = after[name] ?? null
    if (value === null) Reflect.deleteProperty(custom, customKey)
    else custom[customKey] = value
  }
  return custom
}

const quoted = (name: string) => `"${name}"`

/** Runs a change; what the database refuses becomes an error that a person can act on. */
export async function withDatabaseFaults<T>(resource: Resource, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw readableFault(resource, error)
  }
}

function readableFault(resource: Resource, error: unknown): unknown {
  const { code, constraint } = error as { code?: string; constraint?: string }
  if (code === '23505') {
    const issues = (resource.uniqueKey ?? [resource.titleField]).map((path) => ({
      path: fieldNamed(resource, path).name,
      reason: { code: 'record.taken' },
    }))
    return fail(recordErrors.taken, 'There is such a record already', { constraint, issues }, error)
  }
  if (code === '23503') return fail(recordErrors.inUse, 'Other records are in the way', { constraint }, error)
  if (code === '23514') return invalidInput(`The table refuses that: ${constraint}`, [])
  if (code === '22003')
    return invalidInput('A number is out of range', [{ path: '', reason: { code: 'input.number' } }])
  return error
}
