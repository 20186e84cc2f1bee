/** Filter conditions as a person sets them and reads them. */
import type { Condition, FieldMeta } from '@courtyard/protocols/contract'
import { count, day, label, money, quantity } from '#lib/format/index.svelte.ts'
import type { Range } from '#lib/format/day-range.ts'
import { addDays, dayOf, instantOfLocal } from '#lib/format/time.ts'
import { m } from '#lib/paraglide/messages.js'

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

/** What a condition says, behind the name of its field; `titles` names the records of a reference. */
export function conditionText(
  field: FieldMeta,
  condition: Condition,
  timeZone: string,
  titles: ReadonlyMap<string, string>,
): string {
  const [, operator] = condition
  if (operator === 'isEmpty') return m.kit_is_empty()
  if (operator === 'isNotEmpty') return m.kit_is_not_empty()
  if (operator === 'between') return rangeText(field, rangeOf(field, condition, timeZone))
  const words = listOf(condition).map((value) => valueText(field, value, titles))
  const few =
    words.length > 2
      ? m.kit_and_more({ first: words.slice(0, 2).join(', '), count: words.length - 2 })
      : words.join(', ')
  if (operator === 'contains') return `“${few}”`
  return operator === 'isNot' ? m.kit_is_not({ value: few }) : few
}

function rangeText(field: FieldMeta, { from, to }: Range): string {
  const show = (end: string): string => {
    if (field.kind === 'day' || field.kind === 'instant') return day(end)
    if (field.kind === 'money') return money(end)
    return field.kind === 'integer' ? count(Number(end)) : quantity(end)
  }
  if (from !== '' && to !== '') return from === to ? show(from) : `${show(from)} – ${show(to)}`
  return from !== '' ? m.kit_from({ value: show(from) }) : m.kit_until({ value: show(to) })
}

function valueText(field: FieldMeta, value: unknown, titles: ReadonlyMap<string, string>): string {
  if (typeof value === 'boolean') return value ? m.kit_yes() : m.kit_no()
  const option = field.options?.find((each) => each.value === value)
  if (option) return label(option.label)
  return titles.get(String(value)) ?? (field.kind === 'reference' ? '…' : String(value))
}
