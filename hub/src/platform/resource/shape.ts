/** A resource as it is at the moment: its declared fields, the custom ones, and the entries of dictionaries. */
import type { FieldOption } from '@courtyard/protocols/contract'
import type pg from 'pg'
import { customFieldOf, type Field } from './field.ts'
import type { Resource } from './resource.ts'
import { loadCustomFields, loadDictionaryEntries, type EntryRow } from './shape.repository.ts'

export interface Shape {
  readonly resource: Resource
  readonly fields: readonly Field[]
  /** By field name: entries that may be chosen now; `options` of the field hold all that ever could. */
  readonly choosable: ReadonlyMap<string, ReadonlySet<string>>
}

type Queryable = Pick<pg.Pool, 'query'>

/** @param projectId whose dictionary entries count beside those of the hub; null: all entries of all projects */
export async function shapeOf(db: Queryable, resource: Resource, projectId: string | null): Promise<Shape> {
  const custom = await loadCustomFields(db, resource.name)
  const fields = [...resource.fields, ...custom.map((row) => customFieldOf(row.key, row.declaration))]
  const codes = fields.flatMap(({ dictionary }) => (dictionary ? [dictionary] : []))
  if (codes.length === 0) return { resource, fields, choosable: new Map() }
  const entries = Map.groupBy(await loadDictionaryEntries(db, codes, projectId), (one) => one.dictionary)
  const choosable = new Map<string, ReadonlySet<string>>()
  const complete = fields.map((field) => {
    if (!field.dictionary) return field
    const own = entries.get(field.dictionary) ?? []
    choosable.set(field.name, new Set(own.filter(({ active }) => active).map(({ code }) => code)))
    return { ...field, options: optionsOf(own) }
  })
  return { resource, fields: complete, choosable }
}

function optionsOf(entries: readonly EntryRow[]): FieldOption[] {
  const byCode = new Map(
    entries.map((one) => [one.code, { value: one.code, label: { zh: one.zh, en: one.en } }]),
  )
  return [...byCode.values()]
}

export function fieldOfShape(shape: Shape, name: string): Field | undefined {
  return shape.fields.find((field) => field.name === name)
}
