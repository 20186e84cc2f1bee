/** Which column of a file gives which field. Pure. */
import type { ImportPlan } from '@courtyard/protocols/contract'
import type { Field } from '../field.ts'
import type { RecordReason } from '../reasons.ts'
import { findResource } from '../resource.ts'
import type { Shape } from '../shape.ts'

/** Fields that a file can give. */
export function importable({ fields }: Shape): Field[] {
  return fields.filter(
    (field) =>
      !field.readOnly && field.kind !== 'attachments' && !(field.resource && !findResource(field.resource)),
  )
}

/**
 * By the labels in both languages and the names of the fields, whatever their case and blanks; what finds none like that
 * tries once more without what is in brackets.
 */
export function guessMapping(columns: readonly string[], shape: Shape): Record<string, string> {
  const mapping: Record<string, string> = {}
  for (const simplified of [plain, (text: string) => plain(withoutBrackets(text))]) {
    for (const column of columns) {
      if (mapping[column] !== undefined || simplified(column) === '') continue
      const taken = Object.values(mapping)
      const field = importable(shape).find(
        ({ name, label }) =>
          !taken.includes(name) &&
          [name, label.zh, label.en].some((text) => simplified(text) === simplified(column)),
      )
      if (field) mapping[column] = field.name
    }
  }
  return mapping
}

const plain = (text: string) => text.toLowerCase().replace(/[\s*_＊:：.-]/g, '')
const withoutBrackets = (text: string) => text.replace(/[(（【[].*?[)）】\]]/g, '')

/** What is wrong with a mapping: paths are `mapping.<column>` or `mapping`. */
export function planFaults(
  plan: ImportPlan,
  columns: readonly string[],
  shape: Shape,
): { path: string; reason: RecordReason }[] {
  const fields = new Map(importable(shape).map((field) => [field.name, field]))
  const used = Object.entries(plan.mapping).filter(([column]) => columns.includes(column))
  const names = used.map(([, name]) => name)
  const keys = shape.resource.uniqueKey
  return [
    ...used
      .filter(([, name]) => !fields.has(name))
      .map(([column]) => fault(column, { code: 'import.unknown_field' })),
    ...used
      .filter(([, name], at) => names.indexOf(name) !== at)
      .map(([column]) => fault(column, { code: 'import.field_twice' })),
    ...(plan.onExisting === 'update' ? [] : missing([...fields.values()], names)),
    ...(plan.onExisting !== 'refuse' && !keys?.every((key) => names.includes(key))
      ? [{ path: 'onExisting', reason: { code: 'import.no_key' } as const }]
      : []),
  ]
}

/** An update may leave out what is there already. */
function missing(fields: readonly Field[], names: readonly string[]) {
  return fields
    .filter((field) => field.required && field.default === undefined && !names.includes(field.name))
    .map((field) => ({ path: `field.${field.name}`, reason: { code: 'import.column_unmapped' } as const }))
}

function fault(column: string, reason: RecordReason) {
  return { path: `mapping.${column}`, reason }
}

/** Heads as they are named in the plan: an empty one by its place, a second one of the same name with a number. */
export function columnNames(head: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return head.map((text, at) => {
    const name = text.trim().slice(0, 100) || `#${at + 1}`
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name} (${times})`
  })
}
