import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestDatabase } from '../testing-database.ts'
import { copyLine, copyRows, type CopyValue } from './copy-rows.ts'

let database: Awaited<ReturnType<typeof openTestDatabase>>
beforeAll(async () => {
  database = await openTestDatabase()
  await database.db.pool.query(`CREATE TABLE copied (
    n int, t text, big bigint, amount numeric, yes boolean, at timestamptz, bytes bytea, list bigint[], words text[], doc jsonb)`)
})
afterAll(() => database.close())

const columns = ['n', 't', 'big', 'amount', 'yes', 'at', 'bytes', 'list', 'words', 'doc']
// PostgreSQL's text holds everything but NUL and lone surrogates
const text = fc.string({ unit: 'grapheme' }).map((value) => value.toWellFormed().replaceAll('\0', ''))
const nasty = fc.constantFrom('\\', '\\N', '\t', '\n\r', '"', '{,}', 'NULL', '\\.', "it's", '住户')
const anyText = fc.oneof(text, nasty)

test('every kind of value comes back as it was', async () => {
  const row = fc.record({
    t: fc.option(anyText),
    big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    at: fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
    bytes: fc.uint8Array({ maxLength: 50 }),
    list: fc.array(fc.option(fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }))),
    words: fc.array(fc.option(anyText)),
    doc: fc.record({ a: anyText, b: fc.integer() }),
  })
  const run = async (rows: unknown[]) => {
    const given = rows as {
      t: string | null
      big: bigint
      at: Date
      bytes: Uint8Array
      list: (bigint | null)[]
      words: (string | null)[]
      doc: object
    }[]
    await database.db.transaction(async (client) => {
      await client.query('TRUNCATE copied')
      const count = await copyRows(
        client,
        'copied',
        columns,
        given.map((one, n): CopyValue[] => [
          n,
          one.t,
          one.big,
          '12.500',
          n % 2 === 0,
          one.at,
          one.bytes,
          one.list,
          one.words,
          { json: one.doc },
        ]),
      )
      expect(count).toBe(given.length)
      const { rows: stored } = await client.query('SELECT * FROM copied ORDER BY n')
      expect(stored).toEqual(
        given.map((one, n) => ({
          n,
          t: one.t,
          big: String(one.big),
          amount: '12.500',
          yes: n % 2 === 0,
          at: one.at,
          bytes: Buffer.from(one.bytes),
          list: one.list.map((value) => (value === null ? null : String(value))),
          words: one.words,
          doc: one.doc,
        })),
      )
    })
  }
  await fc.assert(fc.asyncProperty(fc.array(row, { maxLength: 20 }), run), { numRuns: 30 })
})

test('rows are made only as fast as the server takes them, and a fault in the middle leaves nothing', async () => {
  let made = 0
  function* rows(): Generator<CopyValue[]> {
    for (; made < 500_000; made++) yield [made, 'x'.repeat(100)]
  }
  await database.db.pool.query('TRUNCATE copied')
  await expect(
    database.db.transaction(async (client) => {
      await copyRows(client, 'copied', ['n', 'nonsense'], rows())
    }),
  ).rejects.toThrow(/nonsense/)
  expect(made).toBeLessThan(100_000)
  const before = process.memoryUsage().rss
  made = 0
  await database.db.transaction((client) => copyRows(client, 'copied', ['n', 't'], rows()))
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
  const { rows: counted } = await database.db.pool.query('SELECT count(*)::int AS n FROM copied')
  expect(counted).toEqual([{ n: 500_000 }])
})

test('a source that fails stops the copy', async () => {
  async function* rows(): AsyncGenerator<CopyValue[]> {
    yield [1, 'a']
    throw new Error('source broke')
  }
  const copying = database.db.transaction((client) => copyRows(client, 'copied', ['n', 't'], rows()))
  await expect(copying).rejects.toThrow('source broke')
  expect((await database.db.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a row of another width is a mistake of the caller', () => {
  expect(() => copyLine([1, 2], 3)).toThrow(RangeError)
})
