/** Ranges and lists of a filter condition, as its controls show them. */
import type { Condition, FieldMeta } from '@courtyard/protocols/contract'
import type { Range } from '#lib/format/day-range.ts'
import { addDays, dayOf, instantOfLocal } from '#lib/format/time.ts'

type Span = readonly [string | number | null, string | number | null]

export function spanOf(condition: Condition | null): Span {
  const value = condition?.[2]
  if (!Array.isArray(value)) return [null, null]
  const end = (at: unknown): string | number | null =>
    typeof at === 'string' || typeof at === 'number' ? at : null
  return [end(value[0]), end(value[1])]
}

/** A `between` condition as the two controls show it. */
export function rangeOf(field: FieldMeta, condition: Condition | null, timeZone: string): Range {
  const [from, to] = spanOf(condition)
  if (field.kind === 'day') return { from: text(from), to: to === null ? '' : addDays(String(to), -1) }
  if (field.kind === 'instant')
    return {
      from: from === null ? '' : dayOf(from, timeZone),
      to: to === null ? '' : addDays(dayOf(to, timeZone), -1),
    }
  return { from: text(from), to: text(to) }
}

/** The condition of a range; null when both ends are open. */
export function conditionOfRange(field: FieldMeta, range: Range, timeZone: string): Condition | null {
  if (range.from === '' && range.to === '') return null
  const ends = [edge(field, range.from, 0, timeZone), edge(field, range.to, 1, timeZone)]
  return [field.name, 'between', ends]
}

function edge(field: FieldMeta, end: string, daysOn: number, timeZone: string): string | number | null {
  if (end === '') return null
  if (field.kind === 'day') return addDays(end, daysOn)
  if (field.kind === 'instant') return instantOfLocal(addDays(end, daysOn), timeZone)
  return field.kind === 'integer' ? Number(end) : end
}

const text = (value: string | number | null): string => (value === null ? '' : String(value))

export const listOf = (condition: Condition | null): readonly (string | number | boolean | null)[] => {
  const value = condition?.[2]
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}
