/** People and plates out of cells that were pasted from a spreadsheet or come from a CSV file. */
import type { CommandBody } from '@courtyard/protocols/contract'
import { instantOfLocal } from '#lib/format/time.ts'

export type Person = Extract<CommandBody, { kind: 'people' }>['people'][number]
export type Plate = Extract<CommandBody, { kind: 'plates' }>['plates'][number]
export interface PasteIssue {
  /** Row as pasted, from 1. */
  readonly row: number
  readonly column: string
  readonly code: 'missing' | 'tooLong' | 'digits' | 'list' | 'day' | 'present' | 'twice'
}
export interface Pasted<T> {
  readonly rows: readonly T[]
  readonly issues: readonly PasteIssue[]
}
/** What one upload may hold. */
export const MAX_ROWS = 5_000

/** Cells of a text: tabs as spreadsheets copy them, else commas with quotes (RFC 4180) or semicolons. */
export function cellsOf(text: string): string[][] {
  const clean = text.replace(/^\uFEFF/, '')
  const separator = clean.includes('\t')
    ? '\t'
    : firstLineHas(clean, ';') && !firstLineHas(clean, ',')
      ? ';'
      : ','
  const rows: string[][] = [[]]
  let cell = ''
  let quoted = false
  const endCell = (): void => {
    rows.at(-1)!.push(cell.trim())
    cell = ''
  }
  for (let at = 0; at < clean.length; at++) {
    const sign = clean[at]!
    if (quoted) {
      if (sign !== '"') cell += sign
      else if (clean[at + 1] === '"') cell += clean[++at]
      else quoted = false
    } else if (sign === '"' && cell.trim() === '') quoted = true
    else if (sign === separator || (sign === '，' && separator === ',')) endCell()
    else if (sign === '\n' || sign === '\r') {
      if (sign === '\r' && clean[at + 1] === '\n') at++
      endCell()
      rows.push([])
    } else cell += sign
  }
  endCell()
  return rows
}
const firstLineHas = (text: string, sign: string): boolean => (text.split('\n', 1)[0] ?? '').includes(sign)

type Columns = Readonly<Record<string, readonly string[]>>
const personColumns: Columns = {
  id: ['id', '编号', '工号', '人员编号', 'number', 'user id'],
  name: ['name', '姓名', '名称'],
  card: ['card', '卡号', 'card number'],
  pin: ['pin', '密码', 'password'],
  present: ['present', '保留', '启用', '有效', 'active'],
}
const plateColumns: Columns = {
  plate: ['plate', '车牌', '车牌号', '车牌号码', 'license plate'],
  list: ['list', '名单', '类型', 'type'],
  from: ['from', '开始', '生效日期', '起', '有效期起'],
  to: ['to', '结束', '截止日期', '止', '有效期止'],
  present: ['present', '保留', '启用', '有效', 'active'],
}

interface Row {
  readonly number: number
  cell(name: string): string
}

/** Rows with named cells; the first row may name the columns, else they stand in their usual order. */
function rowsOf(text: string, columns: Columns): Row[] {
  const cells = cellsOf(text).map((row, index) => ({ row, number: index + 1 }))
  const filled = cells.filter(({ row }) => row.some((cell) => cell !== ''))
  const head = filled[0]?.row.map((cell) => cell.toLowerCase()) ?? []
  const names = Object.entries(columns)
  const named = head.map((cell) => names.find(([, words]) => words.includes(cell))?.[0] ?? null)
  const hasHead = named.includes(names[0]![0])
  const order = hasHead ? named : names.map(([name]) => name)
  return filled.slice(hasHead ? 1 : 0).map(({ row, number }) => ({
    number,
    cell: (name) => row[order.indexOf(name)] ?? '',
  }))
}

const no = ['0', 'false', 'no', 'n', '否', '删除', 'remove', 'delete', '×']
const yes = ['', '1', 'true', 'yes', 'y', '是', '保留', 'keep', '√']

/** Whether the row stays at the device; null when the cell says neither. */
function presence(cell: string): boolean | null {
  const word = cell.toLowerCase()
  return yes.includes(word) ? true : no.includes(word) ? false : null
}

class Collector<T> {
  readonly rows: T[] = []
  readonly issues: PasteIssue[] = []
  readonly #seen = new Set<string>()
  take(row: Row, key: string, keyColumn: string, item: T, faults: readonly Omit<PasteIssue, 'row'>[]): void {
    const twice = key !== '' && this.#seen.has(key)
    this.#seen.add(key)
    const all = twice ? [...faults, { column: keyColumn, code: 'twice' as const }] : faults
    if (all.length === 0) this.rows.push(item)
    else this.issues.push(...all.map((fault) => ({ row: row.number, ...fault })))
  }
}
type Fault = Omit<PasteIssue, 'row'>
const text = (cell: string, column: string, max: number): Fault[] =>
  cell === '' ? [{ column, code: 'missing' }] : cell.length > max ? [{ column, code: 'tooLong' }] : []
const digits = (cell: string, column: string, max: number): Fault[] =>
  cell === '' || (/^\d+$/.test(cell) && cell.length <= max) ? [] : [{ column, code: 'digits' }]

export function parsePeople(pasted: string): Pasted<Person> {
  const found = new Collector<Person>()
  for (const row of rowsOf(pasted, personColumns)) {
    const [id, name, card, pin] = [row.cell('id'), row.cell('name'), row.cell('card'), row.cell('pin')]
    const present = presence(row.cell('present'))
    const faults = [
      ...text(id, 'id', 24),
      // Who is taken away needs no name; terminals go by the number.
      ...(present === false && name === '' ? [] : text(name, 'name', 48)),
      ...digits(card, 'card', 20),
      ...digits(pin, 'pin', 8),
      ...(present === null ? [{ column: 'present', code: 'present' as const }] : []),
    ]
    const person: Person = { id, name: name || id, present: present ?? true }
    if (card) person.card = card
    if (pin) person.pin = pin
    found.take(row, id, 'id', person, faults)
  }
  return found
}

const lists: Readonly<Record<string, Plate['list']>> = {
  '': 'allow',
  allow: 'allow',
  white: 'allow',
  白名单: 'allow',
  允许: 'allow',
  block: 'block',
  black: 'block',
  黑名单: 'block',
  禁止: 'block',
}

/** Days are whole days of the project: valid from the begin of the first to the end of the last. */
export function parsePlates(pasted: string, timeZone: string): Pasted<Plate> {
  const found = new Collector<Plate>()
  for (const row of rowsOf(pasted, plateColumns)) {
    const plate = row
      .cell('plate')
      .replaceAll(/[\s·•.-]/g, '')
      .toUpperCase()
    const list = lists[row.cell('list').toLowerCase()]
    const present = presence(row.cell('present'))
    const [from, to] = [dayStart(row.cell('from'), timeZone, 0), dayStart(row.cell('to'), timeZone, 1)]
    const faults: Fault[] = [
      ...text(plate, 'plate', 20),
      ...(list ? [] : [{ column: 'list', code: 'list' as const }]),
      ...(from === 'bad' ? [{ column: 'from', code: 'day' as const }] : []),
      ...(to === 'bad' || (typeof from === 'number' && typeof to === 'number' && to <= from)
        ? [{ column: 'to', code: 'day' as const }]
        : []),
      ...(present === null ? [{ column: 'present', code: 'present' as const }] : []),
    ]
    const entry: Plate = { plate, list: list ?? 'allow', present: present ?? true }
    if (typeof from === 'number') entry.fromMs = from
    if (typeof to === 'number') entry.toMs = to - 1000
    found.take(row, plate, 'plate', entry, faults)
  }
  return found
}

/** Begin of a day some days later, in milliseconds; null for no day, `bad` for what is none. */
function dayStart(cell: string, timeZone: string, daysLater: number): number | null | 'bad' {
  if (cell === '') return null
  const [, year, month, day] = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(cell) ?? []
  if (!year || !month || !day) return 'bad'
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (date.getUTCMonth() !== Number(month) - 1) return 'bad'
  date.setUTCDate(date.getUTCDate() + daysLater)
  return Date.parse(instantOfLocal(date.toISOString().slice(0, 10), timeZone))
}
