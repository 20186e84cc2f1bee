import { expect, test } from 'vitest'
import * as z from 'zod'
import { csvDecimal, csvInteger, parseCsv } from './csv.ts'
import { say } from './reasons/reason.ts'

const Row = z.object({
  code: z.string(),
  floor: csvInteger.optional(),
  kind: z.enum(['flat', 'shop']).default('flat'),
  area: csvDecimal.optional(),
})

test('reads what spreadsheets write: byte order mark, CRLF, quotes, blank lines, columns in any order', () => {
  const text = '\uFEFFfloor,code,area\r\n3,"A ""1"", north",80.5\r\n\r\n,"two\nlines",\r\n'
  expect(parseCsv(text, Row)).toEqual({
    rows: [
      { row: 2, value: { code: 'A "1", north', floor: 3, area: '80.5', kind: 'flat' } },
      { row: 4, value: { code: 'two\nlines', kind: 'flat' } },
    ],
    errors: [],
  })
})

test('names every wrong cell by row and column, and gives no rows then', () => {
  const text = 'code,floor,kind,area\nA,x,flat,1\n,2,house,1e5\n'
  const { rows, errors } = parseCsv(text, Row)
  expect(rows).toEqual([])
  expect(errors.map(({ row, column }) => [row, column])).toEqual([
    [2, 'floor'],
    [3, 'code'],
    [3, 'kind'],
    [3, 'area'],
  ])
  expect(say(errors[0]!.reason, 'en')).toBe('must be a whole number (is "x")')
  expect(say(errors[0]!.reason, 'zh')).toBe('必须是整数（现为“x”）')
  expect(say(errors[1]!.reason, 'en')).toBe('The cell is empty')
})

test('head: unknown, doubled and missing columns are told at once', () => {
  const { errors } = parseCsv('floor,floor,colour\n1,2,3\n', Row)
  expect(errors.map(({ column, reason }) => [column, say(reason, 'en').split(';')[0]])).toEqual([
    ['colour', 'Unknown column'],
    ['floor', 'The column stands there twice'],
    ['code', 'The column is missing'],
  ])
})

test.each([
  ['', 1, /empty/],
  ['code\n"open', 2, /not a valid CSV/],
  ['code,floor\nA\n', 2, /1 cells, the head 2/],
  ['code\n\uFFFD\uFFFD\n', 1, /UTF-8/],
])('a file that is no table is refused: %j', (text, row, reason) => {
  const [error] = parseCsv(text, Row).errors
  expect(error).toMatchObject({ row, column: '' })
  expect(say(error!.reason, 'en')).toMatch(reason)
})

test('a file full of faults gives the first two hundred', () => {
  const text = `code,floor\n${'A,x\n'.repeat(5_000)}`
  expect(parseCsv(text, Row).errors).toHaveLength(200)
})
