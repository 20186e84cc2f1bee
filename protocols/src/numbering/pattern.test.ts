import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultsOfPattern, frameOf, numberIn, periodOf, type NumberReset } from './pattern.ts'

const moment = { projectCode: 'WT', day: '2026-11-22' }
const codes = (pattern: string, reset: NumberReset = 'never') =>
  faultsOfPattern(pattern, reset).map(({ code }) => code)

describe('a pattern of numbers', () => {
  it('is filled in with day, project and running number', () => {
    expect(numberIn(frameOf('{project}-{yyyy}-{seq:6}', moment), 123n)).toBe('WT-2026-000123')
    expect(numberIn(frameOf('WO-{yyyy}{MM}-{seq:5}', moment), 12n)).toBe('WO-202611-00012')
    expect(numberIn(frameOf('收{yy}{MM}{dd}第{seq:3}号', moment), 7n)).toBe('收261122第007号')
  })

  it('grows beyond its digits instead of starting again', () => {
    expect(numberIn(frameOf('L-{seq:2}', moment), 1234n)).toBe('L-1234')
  })

  it('is refused when it could give a number twice', () => {
    expect(codes('B-{seq:6}', 'yearly')).toEqual(['numbering.needs_year'])
    expect(codes('B-{yyyy}-{seq:6}', 'yearly')).toEqual([])
    expect(codes('B-{yyyy}-{seq:6}', 'monthly')).toEqual(['numbering.needs_month'])
    expect(codes('B-{yy}{MM}-{seq:6}', 'monthly')).toEqual([])
  })

  it.each([
    ['B-{yyyy}', 'numbering.one_sequence'],
    ['{seq:3}-{seq:3}', 'numbering.one_sequence'],
    ['B-{seq:0}', 'numbering.digits'],
    ['B-{seq:13}', 'numbering.digits'],
    ['B-{YYYY}-{seq:4}', 'numbering.unknown_token'],
    ['B-{seq:4', 'numbering.unknown_token'],
    ['B {seq:4}', 'numbering.characters'],
    ['<b>{seq:4}', 'numbering.characters'],
    ['x'.repeat(60) + '{seq:4}', 'numbering.too_long'],
  ])('%s is refused: %s', (pattern, code) => {
    expect(codes(pattern)).toContain(code)
  })

  it('gives different numbers for different running numbers, whatever the pattern', () => {
    const part = fc.constantFrom('A-', '{yyyy}', '{MM}', '7', '收', '0')
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 5 }),
        fc.array(part, { maxLength: 3 }),
        fc.integer({ min: 1, max: 12 }),
        fc.bigInt({ min: 1n, max: 10n ** 13n }),
        fc.bigInt({ min: 1n, max: 10n ** 13n }),
        (before, after, digits, one, other) => {
          const frame = frameOf(`${before.join('')}{seq:${digits}}${after.join('')}`, moment)
          expect(numberIn(frame, one) === numberIn(frame, other)).toBe(one === other)
        },
      ),
    )
  })

  it('counts by year, by month or for good', () => {
    expect([
      periodOf('never', moment.day),
      periodOf('yearly', moment.day),
      periodOf('monthly', moment.day),
    ]).toEqual(['', '2026', '2026-11'])
  })
})
