/** What templates can do with a value. Texts in, texts out: no number is ever made of an amount. */
import type { PrintLanguage } from '@courtyard/protocols/contract'
import type { Texts } from '../reasons/reason.ts'
import { amountInWords } from './amount-in-words.ts'

export interface PrintFilter {
  readonly name: string
  readonly label: Texts
  readonly apply: (value: string, language: PrintLanguage) => string
}

const DECIMAL = /^-?\d+(\.\d+)?$/
const locales = { zh: 'zh-CN', en: 'en' } as const
const formats = new Map<string, Intl.NumberFormat>()

/** Digit by digit: `Intl.NumberFormat` takes decimal text exactly. */
function separated(value: string, language: PrintLanguage, leastPlaces: number): string {
  if (!DECIMAL.test(value)) return value
  const places = Math.max(leastPlaces, value.split('.')[1]?.length ?? 0)
  const key = `${language}:${places}`
  let format = formats.get(key)
  if (!format) {
    const options = { minimumFractionDigits: places, maximumFractionDigits: places }
    formats.set(key, (format = new Intl.NumberFormat(locales[language], options)))
  }
  return format.format(value as Intl.StringNumericLiteral).replace('-', '\u2212')
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

function day(value: string, language: PrintLanguage): string {
  const [, year, month, date, time = ''] = /^(\d{4})-(\d{2})-(\d{2})(?: (\d{2}:\d{2}))?/.exec(value) ?? []
  if (!year || !month || !date) return value
  const text =
    language === 'zh'
      ? `${year}年${Number(month)}月${Number(date)}日`
      : `${Number(date)} ${MONTHS[Number(month) - 1]} ${year}`
  return time ? `${text} ${time}` : text
}

function month(value: string, language: PrintLanguage): string {
  const [, year, number] = /^(\d{4})-(\d{2})/.exec(value) ?? []
  if (!year || !number) return value
  return language === 'zh' ? `${year}年${Number(number)}月` : `${MONTHS[Number(number) - 1]} ${year}`
}

export const printFilters: readonly PrintFilter[] = [
  {
    name: 'money',
    label: { zh: '金额 1,234.50', en: 'Amount 1,234.50' },
    apply: (value, language) => separated(value, language, 2),
  },
  {
    name: 'quantity',
    label: { zh: '数量 1,234.5', en: 'Quantity 1,234.5' },
    apply: (value, language) => separated(value, language, 0),
  },
  {
    name: 'words',
    label: { zh: '大写金额', en: 'Amount in Chinese words' },
    apply: (value) => amountInWords(value) ?? value,
  },
  { name: 'day', label: { zh: '日期', en: 'Day' }, apply: day },
  { name: 'month', label: { zh: '月份', en: 'Month' }, apply: month },
  { name: 'upcase', label: { zh: '大写字母', en: 'Capitals' }, apply: (value) => value.toUpperCase() },
]
