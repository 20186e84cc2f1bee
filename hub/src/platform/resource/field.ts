/** A field of a resource: what a module declares, and what the kit makes of it. */
import type { FieldKind, FieldOption } from '@courtyard/protocols/contract'
import type { Texts } from '../reasons/reason.ts'

/** A value as JSON carries it; decimals and instants are text, attachments a list of ids. */
export type FieldValue = string | number | boolean | readonly string[] | null
export type Values = Readonly<Record<string, FieldValue>>

export interface FieldDeclaration {
  readonly kind: FieldKind
  readonly label: Texts
  readonly help?: Texts
  /** Shown beside the value, `m²`. */
  readonly unit?: string
  /** Default: the name in snake_case. */
  readonly column?: string
  /** SQL expression over `r`, evaluated for the rows that are shown; such a field is never written. */
  readonly computed?: string
  /** Of a computed field: people and files give it all the same, and the module's `prepare` stores what it means. */
  readonly given?: boolean
  /** Type of the column when it is not the usual one of the kind, `"RoomKind"`. */
  readonly columnType?: string
  readonly required?: boolean
  /** Not written by people; the module's hooks and actions may. */
  readonly readOnly?: boolean
  readonly createOnly?: boolean
  /** A column of the list. */
  readonly list?: boolean
  readonly sort?: boolean
  readonly filter?: boolean
  /** Its text is in the search index. */
  readonly search?: boolean
  /** An index by project and this field: for what large lists are sorted and filtered by. */
  readonly index?: boolean
  readonly maxLength?: number
  /** Digits after the point; default 2. */
  readonly scale?: number
  /** Limits of numbers, inclusive, as text. */
  readonly min?: string
  readonly max?: string
  readonly options?: readonly FieldOption[]
  /** Code of the dictionary. */
  readonly dictionary?: string
  /** Name of the resource that a reference points to. */
  readonly resource?: string
  /** A reference may point into another project. */
  readonly anyProject?: boolean
  readonly default?: FieldValue
  /** Of a text in a project: key of the numbers that are given to what was left empty. */
  readonly numbering?: string
  readonly section?: Texts
  /** Masked for those without `sensitive.read`; default: phones and identity numbers. */
  readonly sensitive?: boolean
}

export interface Field extends Omit<FieldDeclaration, 'column'> {
  /** Name in JSON, of a custom field `custom.<key>`. */
  readonly name: string
  /** Null when it is computed or custom. */
  readonly column: string | undefined
  /** Its value over alias `r`. */
  readonly sql: string
  readonly sensitive: boolean
  readonly readOnly: boolean
  readonly customKey: string | null
}

const sortable = new Set<FieldKind>([
  'text',
  'integer',
  'decimal',
  'money',
  'boolean',
  'choice',
  'day',
  'instant',
])

export function fieldOf(name: string, declared: FieldDeclaration): Field {
  const column = declared.computed === undefined ? (declared.column ?? snakeCase(name)) : undefined
  return {
    filter: declared.computed === undefined,
    ...declared,
    sort: declared.sort ?? false,
    name,
    column,
    sql: declared.computed ? `(${declared.computed})` : `r."${column}"`,
    sensitive: declared.sensitive ?? (declared.kind === 'phone' || declared.kind === 'identityNumber'),
    readOnly: (declared.computed !== undefined && declared.given !== true) || declared.readOnly === true,
    customKey: null,
  }
}

export const CUSTOM_PREFIX = 'custom.'

const customTypes: Partial<Record<FieldKind, string>> = {
  integer: '::bigint',
  decimal: '::numeric',
  boolean: '::boolean',
  day: '::date',
}

/** A field that an operator has added: its value is a member of the column `custom`. */
export function customFieldOf(key: string, declared: FieldDeclaration): Field {
  return {
    ...declared,
    filter: true,
    search: declared.kind === 'text',
    sort: sortable.has(declared.kind),
    name: CUSTOM_PREFIX + key,
    column: undefined,
    sql: `(${memberSql(key, '->>')})${customTypes[declared.kind] ?? ''}`,
    sensitive: false,
    readOnly: false,
    customKey: key,
  }
}

/** A member of the column `custom` as JSON, or by `->>` as text. */
export function memberSql(key: string, operator: '->' | '->>' = '->'): string {
  // Keys are checked when they are made; they stand in SQL as text all the same
  return `r.custom${operator}'${key.replaceAll("'", "''")}'`
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
