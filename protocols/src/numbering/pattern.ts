/**
 * Patterns of document numbers: `WO-{yyyy}{MM}-{seq:5}`. Pure and shared: the console previews what the hub will give.
 *
 * `{yyyy}`, `{yy}`, `{MM}`, `{dd}`: the day in the project's time zone; `{project}`: the project's code; `{seq:5}`: the
 * running number with at least that many digits, exactly once. Anything else stands for itself.
 */

/** When the running number starts at 1 again. */
export const numberResets = ['never', 'yearly', 'monthly'] as const
export type NumberReset = (typeof numberResets)[number]

export const LONGEST_PATTERN = 60
const MOST_DIGITS = 12

export const numberTokens = ['{project}', '{yyyy}', '{yy}', '{MM}', '{dd}', '{seq:6}'] as const

/** What a number is made from. */
export interface NumberMoment {
  readonly projectCode: string
  /** `2026-11-22`, in the project's time zone. */
  readonly day: string
}

/** A pattern with everything but the running number filled in. */
export interface NumberFrame {
  readonly prefix: string
  readonly suffix: string
  /** Least digits of the running number. */
  readonly digits: number
}

const TOKEN = /\{[^{}]*\}|[{}]/g
const SEQUENCE = /^\{seq:(\d{1,2})\}$/
const KNOWN = new Set<string>(['{project}', '{yyyy}', '{yy}', '{MM}', '{dd}'])

/** Characters that people can read out, type and put into a file name. */
const PLAIN = /^[\p{Script=Han}A-Za-z0-9._#()/-]*$/u

export type NumberFault =
  | { readonly code: 'numbering.unknown_token'; readonly token: string }
  | { readonly code: 'numbering.one_sequence'; readonly token: string }
  | { readonly code: 'numbering.digits'; readonly most: number }
  | { readonly code: 'numbering.characters' }
  | { readonly code: 'numbering.too_long'; readonly most: number }
  | { readonly code: 'numbering.needs_year'; readonly token: string }
  | { readonly code: 'numbering.needs_month'; readonly token: string }

/**
 * What is wrong with a pattern. One that starts anew has to say the year (and the month): else the same number would be
 * given twice.
 */
export function faultsOfPattern(pattern: string, reset: NumberReset): NumberFault[] {
  if (pattern.length > LONGEST_PATTERN) return [{ code: 'numbering.too_long', most: LONGEST_PATTERN }]
  const tokens: readonly string[] = pattern.match(TOKEN) ?? []
  const sequences = tokens.filter((token) => SEQUENCE.test(token))
  const unknown = tokens.filter((token) => !KNOWN.has(token) && !SEQUENCE.test(token))
  const faults: NumberFault[] = unknown.map((token) => ({ code: 'numbering.unknown_token', token }))
  if (sequences.length !== 1 && unknown.length === 0)
    faults.push({ code: 'numbering.one_sequence', token: '{seq:6}' })
  if (sequences.some((token) => !isDigits(token)))
    faults.push({ code: 'numbering.digits', most: MOST_DIGITS })
  if (!PLAIN.test(pattern.replaceAll(TOKEN, ''))) faults.push({ code: 'numbering.characters' })
  const saysYear = tokens.includes('{yyyy}') || tokens.includes('{yy}')
  if (reset !== 'never' && !saysYear) faults.push({ code: 'numbering.needs_year', token: '{yyyy}' })
  if (reset === 'monthly' && !tokens.includes('{MM}'))
    faults.push({ code: 'numbering.needs_month', token: '{MM}' })
  return faults
}

function isDigits(token: string): boolean {
  const digits = Number(SEQUENCE.exec(token)![1])
  return digits >= 1 && digits <= MOST_DIGITS
}

/** Of a pattern without faults. */
export function frameOf(pattern: string, moment: NumberMoment): NumberFrame {
  const at = pattern.search(/\{seq:\d{1,2}\}/)
  const token = /\{seq:(\d{1,2})\}/.exec(pattern)!
  return {
    prefix: filled(pattern.slice(0, at), moment),
    suffix: filled(pattern.slice(at + token[0].length), moment),
    digits: Number(token[1]),
  }
}

function filled(text: string, { projectCode, day }: NumberMoment): string {
  const values: Readonly<Record<string, string>> = {
    '{project}': projectCode,
    '{yyyy}': day.slice(0, 4),
    '{yy}': day.slice(2, 4),
    '{MM}': day.slice(5, 7),
    '{dd}': day.slice(8, 10),
  }
  return text.replaceAll(TOKEN, (token) => values[token] ?? token)
}

/** `{ prefix: 'WO-202611-', digits: 5 }` and 12 → `WO-202611-00012`. */
export function numberIn({ prefix, suffix, digits }: NumberFrame, sequence: bigint): string {
  return `${prefix}${sequence.toString().padStart(digits, '0')}${suffix}`
}

/** Key of the counter: of which year or month it is. */
export function periodOf(reset: NumberReset, day: string): string {
  if (reset === 'never') return ''
  return reset === 'yearly' ? day.slice(0, 4) : day.slice(0, 7)
}
