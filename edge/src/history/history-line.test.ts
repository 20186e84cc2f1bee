import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import { HistoryLineParser } from './history-line.ts'
import { readLines, type Line } from './lines.ts'

const nowMs = Date.UTC(2026, 5, 1)
const scales = new Map([
  ['m1/energyImport', 2],
  ['m1/status', 0],
])
const parser = new HistoryLineParser(scales, nowMs)
const good = { point: 'm1/energyImport', at: '2026-05-01T08:15:00Z', value: '1234.56' }

test.each([
  [good, Date.UTC(2026, 4, 1, 8, 15), 123456],
  [{ ...good, at: '2026-05-01T08:15:00.250+08:00', value: '7' }, Date.UTC(2026, 4, 1, 0, 15, 0, 250), 700],
  [{ ...good, value: '-0.5' }, Date.UTC(2026, 4, 1, 8, 15), -50],
  [{ ...good, value: '-0.00' }, Date.UTC(2026, 4, 1, 8, 15), 0],
  [{ ...good, value: '1.5000' }, Date.UTC(2026, 4, 1, 8, 15), 150],
  [{ ...good, point: 'm1/status', value: '3' }, Date.UTC(2026, 4, 1, 8, 15), 3],
])('%j is a reading', (line, atMs, mantissa) => {
  const scale = scales.get(line.point)!
  const reading = { point: line.point, atMs, mantissa, scale, quality: Quality.good }
  expect(parser.parse(JSON.stringify(line))).toEqual({ reading })
})

test.each([
  ['{', /not JSON/],
  ['[1]', /not a JSON object/],
  ['null', /not a JSON object/],
  [{ ...good, point: 7 }, /point: text/],
  [{ ...good, at: 17 }, /at: text/],
  [{ ...good, value: 12.5 }, /value: decimal number as text/],
  [{ ...good, unit: 'kWh' }, /unit: is not a known key/],
  [{ ...good, point: 'm9/energyImport' }, /no point "m9\/energyImport"/],
  [{ ...good, at: '2026-05-01T08:15:00' }, /with zone/],
  [{ ...good, at: '2026-02-30T08:15:00Z' }, /not an ISO/],
  [{ ...good, at: '2026-05-01T25:15:00Z' }, /not an ISO/],
  [{ ...good, at: '1999-05-01T08:15:00Z' }, /before the year 2000/],
  [{ ...good, at: '2026-06-03T00:00:00Z' }, /in the future/],
  [{ ...good, value: '1,5' }, /not a decimal/],
  [{ ...good, value: '1e3' }, /not a decimal/],
  [{ ...good, value: '' }, /not a decimal/],
  [{ ...good, value: '1.234' }, /more than the 2 decimal places/],
  [{ ...good, value: '90071992547409.92' }, /exact range/],
])('%j is refused with its reason', (line, reason) => {
  const text = typeof line === 'string' ? line : JSON.stringify(line)
  expect(parser.parse(text)).toEqual({ reason: expect.stringMatching(reason) })
})

test('property: decimals are kept to the last digit', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 15), max: 10 ** 15 }), (mantissa) => {
      const line = JSON.stringify({ ...good, value: formatUnits(mantissa, 2) })
      expect(parser.parse(line)).toMatchObject({ reading: { mantissa } })
    }),
  )
})

async function linesOf(chunks: Uint8Array[]): Promise<Line[]> {
  const stream = (async function* () {
    yield* chunks
  })()
  const lines: Line[] = []
  for await (const some of readLines(stream)) lines.push(...some)
  return lines
}

test('property: lines are the same however the bytes are cut', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n') && !text.startsWith('\uFEFF')), { minLength: 1 }) // prettier-ignore
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (list, sizes) => {
        const bytes = Buffer.from(`${list.join('\n')}\n`)
        const chunks: Uint8Array[] = []
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!
          chunks.push(bytes.subarray(at, at + size))
          at += size
        }
        const whole = await linesOf(chunks)
        expect(whole.map((line) => line.text)).toEqual(list)
        expect(whole.map((line) => line.number)).toEqual(list.map((_, i) => i + 1))
      },
    ),
  )
})

test('a byte order mark is no part of the first line; a last line needs no break; a monster is one bad line', async () => {
  const monster = 'x'.repeat(200_000)
  const lines = await linesOf([Buffer.from('\uFEFFone\n'), Buffer.from(monster), Buffer.from('tail\nthree')])
  expect(lines).toEqual([
    { number: 1, text: 'one' },
    { number: 2, text: null },
    { number: 3, text: 'three' },
  ])
})
