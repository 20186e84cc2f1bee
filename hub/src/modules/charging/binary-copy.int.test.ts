import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../platform/testing.ts'
import { BinaryRows, copyBinary, uuidBytes } from './binary-copy.ts'
import { EXACT_PLACES, QUANTITY_PLACES, formatFixed } from './domain/fixed.ts'

let test: TestHub
beforeAll(async () => {
  test = await startTestHub({ modules: [] })
})
afterAll(() => test.stop())

const columns = ['place', 'id', 'quantity', 'exact', 'day', 'at', 'word', 'flag', 'nothing']

const anyRow = fc.record({
  id: fc.uuid(),
  quantity: fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n }),
  exact: fc.oneof(
    fc.bigInt({ min: -(10n ** 30n) + 1n, max: 10n ** 30n - 1n }),
    fc.bigInt({ min: 0n, max: 2n ** 54n }),
    fc.nat(30).map((power) => 10n ** BigInt(power) - 1n),
  ),
  day: fc
    .integer({ min: -20_000, max: 40_000 })
    .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10)),
  at: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1_000 + 7)),
  word: fc.string({ unit: 'grapheme', maxLength: 40 }).filter((word) => !word.includes('\0')),
  flag: fc.boolean(),
})

it('brings every value to the database as it is', async () => {
  const rows = fc.sample(anyRow, { numRuns: 3_000, seed: 7 })
  const binary = new BinaryRows(0)
  rows.forEach((row, place) => {
    binary.row(columns.length)
    binary.smallint(place)
    binary.uuid(uuidBytes(row.id))
    binary.numeric(row.quantity, QUANTITY_PLACES)
    binary.numeric(row.exact, EXACT_PLACES)
    binary.date(row.day)
    binary.timestamptz(row.at)
    binary.text(row.word)
    binary.boolean(row.flag)
    binary.null()
  })
  const stored = await test.hub.db.transaction(async (client) => {
    await client.query(
      `CREATE TEMP TABLE binary_row (place smallint, id uuid, quantity numeric(20,9), exact numeric(30,17),
         day date, at timestamptz(3), word text, flag boolean, nothing text) ON COMMIT DROP`,
    )
    await copyBinary(client, 'binary_row', columns, binary.finish())
    const { rows: read } = await client.query<Record<string, unknown>>(
      'SELECT * FROM binary_row ORDER BY place',
    )
    return read
  })
  expect(stored).toEqual(
    rows.map((row, place) => ({
      ...row,
      place,
      quantity: formatFixed(row.quantity, QUANTITY_PLACES),
      exact: formatFixed(row.exact, EXACT_PLACES),
      nothing: null,
    })),
  )
})

it('refuses what is not a UUID', () => {
  const id = randomUUID()
  expect(Buffer.from(uuidBytes(id)).toString('hex')).toBe(id.replaceAll('-', ''))
  expect(uuidBytes(id.toUpperCase())).toEqual(uuidBytes(id))
  for (const text of ['', id.slice(1), `${id}0`, id.replace(/^./, 'g'), id.slice(0, -1)]) {
    expect(() => uuidBytes(text), text).toThrow(RangeError)
  }
})
