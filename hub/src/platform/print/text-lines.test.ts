import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { linesOf } from './text-lines.ts'

/** Chinese twice as wide as the rest, as in most fonts. */
const measure = (text: string) =>
  [...text].reduce((sum, sign) => sum + (/[\p{Script=Han}，。（）]/u.test(sign) ? 2 : 1), 0)
const lines = (text: string, width: number) => linesOf(text, width, measure).map((line) => line.text)

describe('texts in lines', () => {
  it('breaks Chinese anywhere but before a comma', () => {
    expect(lines('各位业主，请注意停水', 8)).toEqual(['各位业', '主，请注', '意停水'])
    expect(lines('价格（含税）为十元', 6)).toEqual(['价格', '（含', '税）为', '十元'])
  })
  it('breaks Latin between words', () => {
    expect(lines('Part of the usage', 9)).toEqual(['Part of', 'the usage'])
  })
  it('keeps the line breaks of the text, empty lines too', () => {
    expect(lines('a\n\nb', 9)).toEqual(['a', '', 'b'])
  })
  it('cuts what is longer than a line', () => {
    expect(lines('1234567890', 4)).toEqual(['1234', '5678', '90'])
  })
  it('loses nothing and no line is too wide', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'收费ab1 ，。（)-') }),
        fc.integer({ min: 2, max: 20 }),
        (text, width) => {
          const made = linesOf(text, width, measure)
          expect(
            made
              .map((line) => line.text)
              .join('')
              .replaceAll(' ', ''),
          ).toBe(text.replaceAll(' ', ''))
          for (const line of made) expect(line.width <= width || [...line.text].length === 1).toBe(true)
        },
      ),
    )
  })
})
