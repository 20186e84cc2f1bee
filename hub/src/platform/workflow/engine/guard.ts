import type {
  Comparison,
  ComparisonOperator,
  Guard,
  ProcessField,
  ProcessFieldKind,
  ProcessFields,
  ProcessFieldValue,
} from '@courtyard/protocols/contract'
import { compareDecimals } from './decimal-compare.ts'

/** Field → its kind; values are compared as that. */
export type FieldKinds = ReadonlyMap<string, ProcessFieldKind>

export function kindsOf(fields: readonly ProcessField[]): FieldKinds {
  return new Map(fields.map(({ name, kind }) => [name, kind]))
}

const ordered: readonly ProcessFieldKind[] = ['decimal', 'integer', 'day']
const equality: readonly ComparisonOperator[] = ['eq', 'ne']
const membership: readonly ComparisonOperator[] = [...equality, 'in', 'notIn']

/** What a field of a kind can be asked. */
export function operatorsOf(kind: ProcessFieldKind): readonly ComparisonOperator[] {
  if (kind === 'boolean') return equality
  return ordered.includes(kind) ? [...membership, 'gt', 'ge', 'lt', 'le'] : membership
}

/** Without a guard it holds. A field that is empty or unknown makes all but `ne` and `notIn` false. */
export function holds(guard: Guard | undefined, fields: ProcessFields, kinds: FieldKinds): boolean {
  if (!guard) return true
  return guard.anyOf.some(({ allOf }) => allOf.every((one) => compares(one, fields[one.field], kinds)))
}

function compares(
  { field, is, values }: Comparison,
  value: ProcessFieldValue | undefined,
  kinds: FieldKinds,
): boolean {
  const negated = is === 'ne' || is === 'notIn'
  const kind = kinds.get(field)
  if (value === undefined || value === null || value === '' || kind === undefined) return negated
  const order = (other: string) => orderOf(kind, String(value), other)
  if (is === 'in' || is === 'notIn') return values.some((other) => order(other) === 0) !== negated
  const result = order(values[0]!)
  if (is === 'eq' || is === 'ne') return (result === 0) !== negated
  if (result === null) return false
  return { gt: result > 0, ge: result >= 0, lt: result < 0, le: result <= 0 }[is]
}

/** Null when the two cannot be compared, which is then neither more, nor less, nor equal. */
function orderOf(kind: ProcessFieldKind, a: string, b: string): -1 | 0 | 1 | null {
  if (kind === 'decimal' || kind === 'integer') return compareDecimals(a, b)
  // Days are written so that they sort as text
  return a === b ? 0 : a < b ? -1 : 1
}
