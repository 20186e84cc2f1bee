/** Conditions of a list as SQL. Identifiers come from declarations only; what people send becomes a parameter. */
import { Conditions, type Condition } from '@courtyard/protocols/contract'
import { invalidInput } from '../errors.ts'
import type { Field } from './field.ts'
import { rulesOf } from './kinds.ts'
import type { RecordReason } from './reasons.ts'
import { fieldNamed, resourceNamed } from './resource.ts'
import { fieldOfShape, type Shape } from './shape.ts'

export interface SqlContext {
  readonly shape: Shape
  readonly params: unknown[]
  /** Rows whose sensitive fields may be seen; `true` when all are. */
  readonly sensitive: string
}

/** @throws AppError `input.invalid` for text that is no list of conditions */
export function parseConditions(text: string | undefined): Condition[] {
  if (!text) return []
  const fault = () => refuse({ code: 'list.where' })
  try {
    const parsed = Conditions.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
  } catch {
    throw fault()
  }
  throw fault()
}

export function conditionsSql(context: SqlContext, conditions: readonly Condition[]): string[] {
  return conditions.map((one) => conditionSql(context, one))
}

function conditionSql(context: SqlContext, [name, operator, value]: Condition): string {
  const field = fieldOfShape(context.shape, name)
  if (!field?.filter) throw refuse({ code: 'list.no_filter', field: name })
  const rules = rulesOf(field)
  if (!rules.operators.includes(operator))
    throw refuse({ code: 'list.operator', field: field.label, operator })
  const sql = seen(context, field)
  const parameter = (one: unknown) => parameterOf(context, field, one)
  switch (operator) {
    case 'is':
      return value === null ? `${sql} IS NULL` : `${compared(field, sql)} = ${parameter(value)}`
    case 'isNot':
      return value === null
        ? `${sql} IS NOT NULL`
        : `${compared(field, sql)} IS DISTINCT FROM ${parameter(value)}`
    case 'in':
      return inSql(context, field, sql, value)
    case 'contains':
      return containsSql(context, field, sql, value)
    case 'between':
      return betweenSql(field, sql, value, parameter)
    case 'isEmpty':
      return emptySql(field, sql)
    case 'isNotEmpty':
      return `NOT (${emptySql(field, sql)})`
  }
}

/** A masked field counts as empty where the person may not see it: nothing can be found out by asking. */
export function seen({ sensitive }: SqlContext, field: Field): string {
  return field.sensitive && sensitive !== 'true'
    ? `(CASE WHEN ${sensitive} THEN ${field.sql} END)`
    : field.sql
}

function emptySql(field: Field, sql: string): string {
  return field.kind === 'attachments' ? `coalesce(cardinality(${sql}), 0) = 0` : `${sql} IS NULL`
}

/** Choices may be an enum in the database; they are compared as text. */
function compared(field: Field, sql: string): string {
  return field.columnType ? `${sql}::${rulesOf(field).sqlType}` : sql
}

function parameterOf({ params }: SqlContext, field: Field, value: unknown): string {
  const parsed = checked(field, value)
  return `$${params.push(parsed)}::${rulesOf(field).sqlType}`
}

function checked(field: Field, value: unknown): unknown {
  const { kind } = field
  // Old values of choices and dictionaries can be asked for though they can't be chosen any more
  if (kind === 'choice' || kind === 'dictionary') {
    if (typeof value === 'string') return value
  } else {
    const parsed = rulesOf({ kind })
      .written({ ...field, required: false })
      .safeParse(value)
    if (parsed.success) return parsed.data
  }
  throw refuse({ code: 'list.value', field: field.label })
}

function inSql(context: SqlContext, field: Field, sql: string, value: Condition[2]): string {
  if (!Array.isArray(value) || value.length === 0) throw refuse({ code: 'list.value', field: field.label })
  const given = value.filter((one) => one !== null).map((one) => checked(field, one))
  const parts = value.includes(null) ? [`${sql} IS NULL`] : []
  if (given.length > 0) {
    const place = context.params.push(given)
    parts.push(`${compared(field, sql)} = ANY($${place}::${rulesOf(field).sqlType}[])`)
  }
  return `(${parts.join(' OR ')})`
}

function betweenSql(
  field: Field,
  sql: string,
  value: Condition[2],
  parameter: (one: unknown) => string,
): string {
  if (!Array.isArray(value) || value.length !== 2) throw refuse({ code: 'list.value', field: field.label })
  const [from, to] = value
  const parts = [
    ...(from === null ? [] : [`${sql} >= ${parameter(from)}`]),
    ...(to === null ? [] : [`${sql} < ${parameter(to)}`]),
  ]
  return parts.length === 0 ? `${sql} IS NOT NULL` : `(${parts.join(' AND ')})`
}

function containsSql(context: SqlContext, field: Field, sql: string, value: Condition[2]): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw refuse({ code: 'list.value', field: field.label })
  const word = searchable(value)
  const match = `position($${context.params.push(word)}::text IN search_text(${sql})) > 0`
  const index = field.search && field.column ? gramsSql(context, word) : null
  return index ? `(${index} AND ${match})` : match
}

/** Each word must occur in one of the searchable fields; the index finds candidates, the fields decide. */
export function searchSql(context: SqlContext, q: string | undefined): string[] {
  const words = [
    ...new Set(
      searchable(q ?? '')
        .split(/\s+/)
        .filter(Boolean),
    ),
  ].slice(0, 8)
  const fields = context.shape.fields.filter((field) => field.search)
  if (words.length === 0 || (fields.length === 0 && !context.shape.resource.searchThrough)) return []
  return words.map((word) => {
    const place = `$${context.params.push(word)}::text`
    const texts = fields.map((field) => `coalesce(${seen(context, field)}::text, '')`)
    const match = `position(${place} IN search_text(${texts.join(` || chr(10) || `)})) > 0`
    const index = gramsSql(context, word)
    const own = fields.length === 0 ? [] : [index ? `(${index} AND ${match})` : match]
    const linked = (context.shape.resource.searchThrough ?? []).map((name) => linkedSql(context, name, word))
    const ways = [...own, ...linked]
    return ways.length === 1 ? ways[0]! : `(${ways.join(' OR ')})`
  })
}

/** Records whose reference leads to one with the word in it; what is masked for anybody is not looked at. */
function linkedSql(context: SqlContext, name: string, word: string): string {
  const { resource } = context.shape
  const field = fieldNamed(resource, name)
  const target = resourceNamed(field.resource!)
  const plain = target.fields.filter((one) => one.search && one.column && !one.sensitive)
  const hay = plain.map(({ column }) => `coalesce(t."${column}", '')`).join(' || chr(10) || ')
  const { params } = context
  const index = `search_grams(${searchHay(target.fields, 't.')}) @> $${params.push(gramsOf(word))}::text[]`
  const match = `position($${params.push(word)}::text IN search_text(${hay})) > 0`
  return `r.id IN (SELECT l.id FROM "${resource.table}" l JOIN "${target.table}" t ON t.id = l."${field.column}"
    WHERE ${index} AND ${match})`
}

/** The same as `search_text` in the database. */
export function searchable(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim()
}

function gramsSql({ shape, params }: SqlContext, word: string): string | null {
  const hay = searchHay(shape.resource.fields, 'r.')
  if (hay === null) return null
  return `search_grams(${hay}) @> $${params.push(gramsOf(word))}::text[]`
}

/** Those of what `search_grams` in the database makes of a text with this word that say most: its triples. */
export function gramsOf(word: string): string[] {
  const characters = [...word]
  if (characters.length <= 3) return [word]
  return [...new Set(characters.slice(2).map((_, at) => characters.slice(at, at + 3).join('')))]
}

/** The text that is indexed: all searchable columns and the values of custom fields; null without any. */
export function searchHay(fields: readonly Field[], alias: string): string | null {
  const columns = fields.flatMap((field) =>
    field.search && field.column ? [`${alias}"${field.column}"`] : [],
  )
  if (columns.length === 0) return null
  const parts = columns.map((column) => `coalesce(${column}, '')`)
  return [...parts, `custom_text(${alias}"custom")`].join(' || chr(10) || ')
}

function refuse(reason: RecordReason) {
  const path = reason.code.startsWith('list.') ? 'query.where' : 'query'
  return invalidInput('The list cannot be made', [{ path, reason }])
}
