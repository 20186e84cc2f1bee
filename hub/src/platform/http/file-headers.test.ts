import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteRangeOf } from './byte-range.ts'
import { contentDisposition } from './content-disposition.ts'

test.each([
  ['bytes=0-4', { first: 0, last: 4 }],
  ['bytes=5-', { first: 5, last: 9 }],
  ['bytes=-3', { first: 7, last: 9 }],
  ['bytes=-99', { first: 0, last: 9 }],
  ['bytes=8-99', { first: 8, last: 9 }],
  ['bytes=10-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=4-2', null],
  ['bytes=-', null],
  ['bytes=0-1,3-4', null],
  ['items=0-1', null],
  [undefined, null],
])('of ten bytes %j is %j', (header, range) => {
  expect(byteRangeOf(header, 10)).toEqual(range)
})

test('an empty file has no part', () => {
  expect(byteRangeOf('bytes=0-', 0)).toBe('unsatisfiable')
})

test('a part lies within the file', () => {
  const digits = fc.option(fc.nat(1_000), { nil: '' as const })
  fc.assert(
    fc.property(digits, digits, fc.nat(500), (from, to, size) => {
      const range = byteRangeOf(`bytes=${from}-${to}`, size)
      if (range === null || range === 'unsatisfiable') return
      expect(range.first).toBeGreaterThanOrEqual(0)
      expect(range.first).toBeLessThanOrEqual(range.last)
      expect(range.last).toBeLessThan(size)
    }),
  )
})

test('a name goes into a header and comes out of it as it was', () => {
  expect(contentDisposition('inline', 'a\'b"c\\钥匙.jpg')).toBe(
    "inline; filename=\"a'b_c___.jpg\"; filename*=UTF-8''a%27b%22c%5C%E9%92%A5%E5%8C%99.jpg",
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const header = contentDisposition('attachment', name)
      expect(header).toMatch(/^attachment; filename="[\x20!#-[\]-~]*"; filename\*=UTF-8''[\w%.~!-]*$/)
      expect(decodeURIComponent(header.split("''")[1]!)).toBe(name)
    }),
  )
})
