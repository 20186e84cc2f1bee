/** What a filter condition says, in words. */
import type { Condition, FieldMeta } from '@courtyard/protocols/contract'
import type { Range } from '#lib/format/day-range.ts'
import { count, day, label, money, quantity } from '#lib/format/index.svelte.ts'
import { m } from '#lib/paraglide/messages.js'
import { listOf, rangeOf } from './condition-range.ts'

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
