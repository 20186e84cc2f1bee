import { expect, it } from 'vitest'
import { toLine } from './line-protocol.ts'

const point = { tags: { device: 'm1', unit: 'kWh' }, value: 12.5, quality: 0, atMs: 1_700_000_000_123 }

it('writes tags, fields and the exact millisecond', () => {
  expect(toLine(point)).toBe('reading,device=m1,unit=kWh quality=0,value=12.5 1700000000123')
})

it('leaves out a value that there is not', () => {
  expect(toLine({ ...point, value: null, quality: 3 })).toBe(
    'reading,device=m1,unit=kWh quality=3 1700000000123',
  )
})

it.each([
  ['a b,c=d', 'a\\ b\\,c\\=d'],
  ['two\nlines', 'two\\ lines'],
  ['m³', 'm³'],
])('escapes %j', (text, escaped) => {
  expect(toLine({ ...point, tags: { unit: text } })).toBe(
    `reading,unit=${escaped} quality=0,value=12.5 1700000000123`,
  )
})
