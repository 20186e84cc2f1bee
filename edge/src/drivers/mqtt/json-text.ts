/** JSON whose numbers stay the digits that stood there: 1234567.123456789012 must not pass through a float. Pure. */
import { parseDecimal, type Decimal } from '@courtyard/protocols/decimal'

/** A number as it was written. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
export type Json = null | boolean | string | JsonNumber | readonly Json[] | { readonly [name: string]: Json }

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

/** @throws SyntaxError, and RangeError for text that is nested too deeply. */
export function parseJson(text: string): Json {
  // The third argument is ECMAScript's "JSON.parse source text access", which Node 24 has.
  const keep: Reviver = (_, value, { source }) =>
    typeof value === 'number' ? new JsonNumber(source!) : value
  return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1]) as Json
}

/** `object.meter[0].total`; undefined when there is no such place. */
export function valueAt(json: Json, path: string): Json | undefined {
  let at: Json | undefined = json
  for (const step of stepsOf(path)) {
    if (typeof at !== 'object' || at === null || at instanceof JsonNumber) return undefined
    if (typeof step === 'number') at = Array.isArray(at) ? (at as readonly Json[])[step] : undefined
    else at = !Array.isArray(at) && Object.hasOwn(at, step) ? (at as Record<string, Json>)[step] : undefined
  }
  return at
}

const known = new Map<string, readonly (string | number)[]>()

/** Paths come from profiles: there are few, so they are kept. */
function stepsOf(path: string): readonly (string | number)[] {
  let steps = known.get(path)
  if (!steps) {
    steps = [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name]) => name ?? Number(index))
    known.set(path, steps)
  }
  return steps
}

/** Longer than any reading; an exponent beyond this would only make huge integers. */
const MAX_DIGITS = 40
const MAX_EXPONENT = 30

/** Null for text that is no number of a size that a reading could have. */
export function decimalOf(text: string): Decimal | null {
  const match = /^-?\d+(?:\.\d+)?(?:[eE]([+-]?\d+))?$/.exec(text.trim())
  if (!match || text.length > MAX_DIGITS) return null
  if (Math.abs(Number(match[1] ?? '0')) > MAX_EXPONENT) return null
  return parseDecimal(text.trim().toLowerCase())
}
