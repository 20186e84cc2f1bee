/** What an entry of the audit trail changed, field by field. Pure. */

export interface ChangedField {
  /** Names from outside to inside: `['place', 'projectIds']`. */
  readonly path: readonly string[]
  readonly before: unknown
  readonly after: unknown
}

type Values = Readonly<Record<string, unknown>>

/** Objects inside objects are taken apart so far; what is deeper stays one value. */
const DEEPEST = 3

/** Fields that differ, in the order in which they stand. What is no object is one field `value`. */
export function changedFields(before: unknown, after: unknown): ChangedField[] {
  return differing([], before, after)
}

function differing(path: readonly string[], before: unknown, after: unknown): ChangedField[] {
  if (isSame(before, after)) return []
  const [old, now] = [valuesOf(before), valuesOf(after)]
  const apart = path.length < DEEPEST && (old ?? now) !== null && isApart(before) && isApart(after)
  if (!apart)
    return [{ path: path.length > 0 ? path : ['value'], before: before ?? null, after: after ?? null }]
  const names = new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])
  return [...names].flatMap((name) => differing([...path, name], ownOf(old, name), ownOf(now, name)))
}

const ownOf = (values: Values | null, name: string): unknown =>
  values && Object.hasOwn(values, name) ? values[name] : undefined

/** An object can be taken apart, and so can nothing. */
const isApart = (value: unknown): boolean => value === undefined || value === null || valuesOf(value) !== null

function valuesOf(value: unknown): Values | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : null
}

function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before ?? null) === JSON.stringify(after ?? null)
}

/** Applied to every text of that name, at whatever depth, lists included. */
export type MaskOf = (name: string) => ((text: string) => string) | null

/** A copy in which the values of some fields are masked. */
export function maskedValues(value: unknown, maskOf: MaskOf): unknown {
  return masked(value, null, maskOf)
}

function masked(value: unknown, mask: ((text: string) => string) | null, maskOf: MaskOf): unknown {
  if (typeof value === 'string') return mask ? mask(value) : value
  if (Array.isArray(value)) return value.map((part) => masked(part, mask, maskOf))
  const values = valuesOf(value)
  if (!values) return value
  return Object.fromEntries(
    Object.entries(values).map(([name, part]) => [name, masked(part, maskOf(name) ?? mask, maskOf)]),
  )
}
