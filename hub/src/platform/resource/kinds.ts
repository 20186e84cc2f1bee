/** Each kind of field as one small object: how its values are written, kept, filtered and put into a cell. */
import * as z from 'zod'
import type { FieldKind, FilterOperator } from '@courtyard/protocols/contract'
import type { PlatformReasonCode } from '../reasons/platform-reasons.ts'
import type { Language, Reason } from '../reasons/reason.ts'
import { cellText, type CellContext, type CellForm, type CellRule } from './cell-text.ts'
import type { Field, FieldValue } from './field.ts'
import { instantOfCell } from './local-time.ts'

/** A value from a cell, or why it is none. */
export type CellValue = { readonly value: FieldValue } | { readonly fault: Reason }

export interface KindRules {
  /** Type of column and parameter. */
  readonly sqlType: string
  readonly operators: readonly FilterOperator[]
  /** Checks what is written; null and missing are dealt with elsewhere. */
  readonly written: (field: Field) => z.ZodType<FieldValue>
  /** A value of the driver as JSON. */
  readonly read: (value: unknown) => unknown
  /** How its values are said in a cell. */
  readonly cellForm: CellForm
  /** Cell of a spreadsheet program that keeps numbers and dates as such. */
  readonly cellType: 'text' | 'number' | 'day' | 'instant'
  readonly fromCell: (cell: string, field: Field, context: CellContext) => CellValue
}

const told = (code: PlatformReasonCode) => code
const anyText = (value: unknown) => (value === null ? null : `${value as string | number}`)
const same = (value: unknown) => value
const comparable = ['is', 'isNot', 'in', 'between', 'isEmpty', 'isNotEmpty'] as const
const words = ['is', 'isNot', 'in', 'contains', 'isEmpty', 'isNotEmpty'] as const
const named = ['is', 'isNot', 'in', 'isEmpty', 'isNotEmpty'] as const

const textRules: KindRules = {
  sqlType: 'text',
  operators: words,
  written: (field) => textSchema(field.maxLength ?? 200, false),
  read: anyText,
  cellForm: 'plain',
  cellType: 'text',
  fromCell: (cell) => ({ value: cell }),
}

function textSchema(most: number, manyLines: boolean): z.ZodType<string> {
  // eslint-disable-next-line no-control-regex
  const forbidden = manyLines ? /[\0-\x08\x0b\x0c\x0e-\x1f]/ : /[\0-\x1f]/
  return z
    .string()
    .trim()
    .max(most)
    .refine((text) => !forbidden.test(text) && text.isWellFormed(), told('input.format'))
}

function decimalSchema(field: Field): z.ZodType<string> {
  const scale = field.scale ?? 2
  const form = scale === 0 ? /^-?\d{1,15}$/ : new RegExp(`^-?\\d{1,15}(\\.\\d{1,${scale}})?$`)
  return z
    .union([z.string(), z.number().transform(String)])
    .refine((text) => form.test(text), told('input.decimal'))
    .transform((text) => plainDecimal(text))
    .superRefine((text, context) => {
      if (field.min !== undefined && compareDecimals(text, field.min) < 0)
        context.addIssue({ code: 'custom', message: told('input.too_small'), params: { least: field.min } })
      if (field.max !== undefined && compareDecimals(text, field.max) > 0)
        context.addIssue({ code: 'custom', message: told('input.too_big'), params: { most: field.max } })
    })
}

/** Without leading zeros, `-0` as `0`. */
function plainDecimal(text: string): string {
  const plain = text.replace(/^(-?)0+(?=\d)/, '$1')
  return /^-0(\.0*)?$/.test(plain) ? plain.slice(1) : plain
}

function compareDecimals(left: string, right: string): number {
  const scaled = (text: string) => {
    const [whole = '0', part = ''] = text.split('.')
    return BigInt(whole.replace('-', '') + part.padEnd(18, '0')) * (whole.startsWith('-') ? -1n : 1n)
  }
  const difference = scaled(left) - scaled(right)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

const decimalRules: KindRules = {
  sqlType: 'numeric',
  operators: comparable,
  written: decimalSchema,
  read: anyText,
  cellForm: 'plain',
  cellType: 'number',
  fromCell: (cell) => ({ value: cell.replace(/[,，\s]/g, '').replace(/^[¥￥]/, '') }),
}

const optionRules: KindRules = {
  sqlType: 'text',
  operators: named,
  written: (field) => {
    const values = (field.options ?? []).map(({ value }) => value)
    return values.length > 0 ? z.enum(values as [string, ...string[]]) : z.string().max(60)
  },
  read: anyText,
  cellForm: 'option',
  cellType: 'text',
  fromCell: (cell, field) => {
    const wanted = cell.toLowerCase()
    const found = field.options?.find(({ value, label }) =>
      [value, label.zh, label.en].some((text) => text.toLowerCase() === wanted),
    )
    return found ? { value: found.value } : { fault: notOneOf(field) }
  },
}

/** What may be chosen, in words. */
export function notOneOf({ options = [] }: Field): Reason {
  const list = (language: Language) =>
    options
      .slice(0, 20)
      .map(({ label }) => label[language])
      .join(language === 'zh' ? '、' : ', ')
  return { code: 'input.one_of', options: { zh: list('zh'), en: list('en') } }
}

const yes = new Set(['true', 'yes', 'y', '1', '是', '有', '真', '√'])
const no = new Set(['false', 'no', 'n', '0', '否', '无', '假', '×'])

const phoneForm = /^\+?[\d\s()-]{5,20}$/
const identityForm = /^[A-Z\d()（）-]{5,30}$/

export const fieldKinds: Readonly<Record<FieldKind, KindRules>> = {
  text: textRules,
  longText: { ...textRules, written: (field) => textSchema(field.maxLength ?? 4_000, true) },
  integer: {
    ...decimalRules,
    sqlType: 'bigint',
    written: (field) =>
      z
        .union([
          z.int(),
          z
            .string()
            .regex(/^-?\d{1,15}$/, told('input.whole_number'))
            .transform(Number),
        ])
        .pipe(
          z
            .int()
            .min(field.min === undefined ? Number.MIN_SAFE_INTEGER : Number(field.min))
            .max(field.max === undefined ? Number.MAX_SAFE_INTEGER : Number(field.max)),
        ),
    read: (value) => (value === null ? null : Number(value)),
  },
  decimal: decimalRules,
  money: { ...decimalRules },
  boolean: {
    sqlType: 'boolean',
    operators: ['is', 'isNot', 'isEmpty', 'isNotEmpty'],
    written: () => z.boolean(),
    read: same,
    cellForm: 'yesNo',
    cellType: 'text',
    fromCell: (cell) => {
      const text = cell.toLowerCase()
      if (yes.has(text)) return { value: true }
      if (no.has(text)) return { value: false }
      return { fault: { code: 'input.one_of', options: { zh: '是、否', en: 'Yes, No' } } }
    },
  },
  choice: optionRules,
  dictionary: optionRules,
  day: {
    sqlType: 'date',
    operators: comparable,
    written: () => z.iso.date(),
    read: anyText,
    cellForm: 'plain',
    cellType: 'day',
    fromCell: (cell) => {
      const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?$/.exec(
        cell,
      )
      if (!match) return { fault: { code: 'input.day' } }
      const [, year, month, day] = match
      return { value: `${year}-${month!.padStart(2, '0')}-${day!.padStart(2, '0')}` }
    },
  },
  instant: {
    sqlType: 'timestamptz',
    operators: ['between', 'isEmpty', 'isNotEmpty'],
    written: () => z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString()),
    read: (value) => (value instanceof Date ? value.toISOString() : value),
    cellForm: 'instant',
    cellType: 'instant',
    fromCell: (cell, _field, { timeZone }) => {
      const value = instantOfCell(cell, timeZone)
      return value === null ? { fault: { code: 'input.day_or_instant' } } : { value }
    },
  },
  reference: { ...textRules, sqlType: 'uuid', operators: named, written: () => z.uuid() },
  phone: {
    ...textRules,
    written: () => z.string().trim().regex(phoneForm, told('input.format')),
    fromCell: (cell) => ({ value: cell.replace(/[\s-]/g, '') }),
  },
  identityNumber: {
    ...textRules,
    written: () => z.string().trim().toUpperCase().regex(identityForm, told('input.format')),
  },
  attachments: {
    sqlType: 'uuid[]',
    operators: ['isEmpty', 'isNotEmpty'],
    written: () => z.array(z.uuid()).max(50),
    read: (value) => value ?? [],
    cellForm: 'count',
    cellType: 'number',
    fromCell: () => ({ fault: { code: 'record.read_only' } }),
  },
}

export function rulesOf(field: Pick<Field, 'kind'>): KindRules {
  return fieldKinds[field.kind]
}

export function cellRuleOf(field: Field, { language, timeZone }: CellContext): CellRule {
  const { cellForm: form } = rulesOf(field)
  if (form !== 'option') return { form, language, timeZone }
  const labels = new Map((field.options ?? []).map(({ value, label }) => [value, label[language]]))
  return { form, language, timeZone, labels }
}

/** Text of a cell; numbers as their exact digits. */
export function cellTextOf(value: FieldValue, field: Field, context: CellContext): string {
  return cellText(value, cellRuleOf(field, context))
}
