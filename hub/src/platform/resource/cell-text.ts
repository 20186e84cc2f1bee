/** Values as the text of cells. A rule is plain data, so that another process can go by it. */
import type { Language } from '../reasons/reason.ts'
import type { FieldValue } from './field.ts'
import { localTextOf } from './local-time.ts'

export type CellForm = 'plain' | 'option' | 'yesNo' | 'instant' | 'count'

export interface CellContext {
  readonly language: Language
  /** IANA name. */
  readonly timeZone: string
}

export interface CellRule extends CellContext {
  readonly form: CellForm
  /** Of an option: what its values are called. */
  readonly labels?: ReadonlyMap<string, string>
}

const yesNo = { zh: ['否', '是'], en: ['No', 'Yes'] } as const

/** @param value as JSON or the driver of the database gives it; decimals are text and keep their exact digits */
export function cellText(value: FieldValue | Date, rule: CellRule): string {
  if (value === null) return ''
  switch (rule.form) {
    case 'plain':
      return String(value)
    case 'option':
      return rule.labels?.get(String(value)) ?? String(value)
    case 'yesNo':
      return yesNo[rule.language][value ? 1 : 0]
    case 'instant':
      return localTextOf(value instanceof Date ? value.toISOString() : String(value), rule.timeZone)
    case 'count':
      return Array.isArray(value) ? String(value.length) : ''
  }
}

/** Shown for what a link leads to when the person may not see that. */
export const HIDDEN_TITLE = '•••'
