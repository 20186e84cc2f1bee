import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkAnnouncement } from './announcement.ts'
import { waitSeconds, type RecentCodes } from './code-limits.ts'
import {
  addMonths,
  alignedWith,
  barOf,
  comparableTotal,
  daysIn,
  keysOf,
  periodBefore,
  sameAYearBefore,
  sumOf,
  type UsageSum,
} from './usage-bars.ts'

describe('codes', () => {
  const NOW = 10_000_000
  const none: RecentCodes = {
    phoneMs: [],
    address: { count: 0, oldestMs: 0 },
    all: { count: 0, oldestMs: 0 },
  }
  const HOUR = 3_600_000

  test('a minute between two, five an hour to a phone', () => {
    expect(waitSeconds(none, NOW)).toBeNull()
    expect(waitSeconds({ ...none, phoneMs: [NOW - 1_000] }, NOW)).toBe(59)
    expect(waitSeconds({ ...none, phoneMs: [NOW - 60_000] }, NOW)).toBeNull()
    const five = [1, 2, 3, 4, 5].map((minutes) => NOW - minutes * 120_000)
    expect(waitSeconds({ ...none, phoneMs: five }, NOW)).toBe(3_000)
    expect(waitSeconds({ ...none, phoneMs: five.slice(1) }, NOW)).toBeNull()
  })

  test('thirty an hour from an address, a thousand in all', () => {
    const full = { count: 30, oldestMs: NOW - HOUR + 5_000 }
    expect(waitSeconds({ ...none, address: full }, NOW)).toBe(5)
    expect(waitSeconds({ ...none, address: { ...full, count: 29 } }, NOW)).toBeNull()
    expect(waitSeconds({ ...none, all: { ...full, count: 999 } }, NOW)).toBeNull()
    expect(waitSeconds({ ...none, all: { ...full, count: 1_000 } }, NOW)).toBe(5)
  })
})

describe('bars', () => {
  const sum = (change: Partial<UsageSum> = {}): UsageSum => ({
    at: '2026-02-03',
    usage: '1.5',
    known: 48,
    slots: 48,
    estimated: false,
    days: 1,
    ...change,
  })

  test('what is not known is told apart from what goes on', () => {
    expect(barOf('2026-02-03', sum(), '2026-02-10').state).toBe('measured')
    expect(barOf('2026-02-03', sum({ estimated: true }), '2026-02-10').state).toBe('estimated')
    expect(barOf('2026-02-03', sum({ known: 47 }), '2026-02-10').state).toBe('part')
    expect(barOf('2026-02-03', sum({ known: 20 }), '2026-02-03').state).toBe('measured')
    expect(barOf('2026-02-03', undefined, '2026-02-10')).toEqual({
      at: '2026-02-03',
      usage: null,
      state: 'none',
    })
    expect(barOf('2026-02', sum({ days: 27 }), '2026-03-10').state).toBe('part')
    expect(barOf('2026-02', sum({ days: 28 }), '2026-03-10').state).toBe('measured')
    expect(barOf('2026-02', sum({ days: 10 }), '2026-02-10').state).toBe('measured')
  })

  test('periods', () => {
    expect([daysIn('2026-02'), daysIn('2028-02'), daysIn('2026-12')]).toEqual([28, 29, 31])
    expect([keysOf('2026').at(-1), keysOf('2026-02').at(-1)]).toEqual(['2026-12', '2026-02-28'])
    expect([periodBefore('2026-01'), periodBefore('2026')]).toEqual(['2025-12', '2025'])
    expect([sameAYearBefore('2026-01'), sameAYearBefore('2026')]).toEqual(['2025-01', '2025'])
    fc.assert(
      fc.property(fc.integer({ min: -500, max: 500 }), (months) => {
        expect(addMonths(addMonths('2026-05', months), -months)).toBe('2026-05')
      }),
    )
  })

  test('the third day stands under the third day; only like is compared with like', () => {
    const before = new Map([['2026-01-03', sum({ at: '2026-01-03', usage: '2.25' })]])
    const values = alignedWith(keysOf('2026-02'), '2026-01', before)
    expect(values[2]).toBe('2.25')
    expect(values.filter((value) => value !== null)).toHaveLength(1)
    const bars = keysOf('2026-02').map((at, i) => barOf(at, i === 2 ? sum() : undefined, '2026-03-01'))
    expect(comparableTotal(bars, values)).toBe('2.25')
    expect(comparableTotal(bars, values.slice(1))).toBeNull()
  })

  test('sums are exact', () => {
    expect([sumOf([]), sumOf(['0.1', '0.2']), sumOf(['7', '0.005'])]).toEqual(['0', '0.3', '7.005'])
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n })), (mantissas) => {
        const texts = mantissas.map((one) => `${one / 1000n}.${String(one % 1000n).padStart(3, '0')}`)
        const total = mantissas.reduce((a, b) => a + b, 0n)
        const wanted = `${total / 1000n}.${String(total % 1000n).padStart(3, '0')}`
        expect(sumOf(texts)).toBe(mantissas.length > 0 ? wanted : '0')
      }),
    )
  })
})

test('an announcement for a building names it, and ends after it begins', () => {
  const one = { audience: 'all', buildingId: null, shownFrom: '2026-01-01T00:00:00Z', shownTo: null }
  expect(checkAnnouncement(one)).toEqual([])
  expect(checkAnnouncement({ ...one, audience: 'building' })).toMatchObject([{ field: 'buildingId' }])
  expect(checkAnnouncement({ ...one, shownTo: one.shownFrom })).toMatchObject([{ field: 'shownTo' }])
})
