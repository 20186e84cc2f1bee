import { describe, expect, it } from 'vitest'
import { calendarOf } from './calendar.ts'
import { dayIntervals, hourIntervals, previousRange, seriesOf } from './usage-series.ts'
import type { UsageDayRow } from './usage-rows.ts'

const calendar = calendarOf('Asia/Shanghai')
const start = calendar.localDay('2026-10-01').startMs
const HOUR = 3_600_000
const rowOf = (known: number, over: Partial<UsageDayRow> = {}): UsageDayRow => ({
  day: '2026-10-01',
  slotUsage: Array.from({ length: 48 }, (_, i) => (i < known ? 10n : null)),
  slotStatus: Array.from({ length: 48 }, (_, i) => (i < known ? 0 : 4)),
  slotIndex: new Array<null>(49).fill(null),
  estimatedBits: 0n,
  scale: 2,
  indexScale: 2,
  ...over,
})
const range = { from: '2026-10-01', to: '2026-10-01' }

describe('the span before', () => {
  it('is the month before a month, the year before a year, else as many days', () => {
    expect(previousRange({ from: '2026-03-01', to: '2026-03-31' }, 'day')).toEqual({
      from: '2026-02-01',
      to: '2026-02-28',
    })
    expect(previousRange({ from: '2026-01-01', to: '2026-12-31' }, 'month')).toEqual({
      from: '2025-01-01',
      to: '2025-12-31',
    })
    expect(previousRange({ from: '2026-03-01', to: '2026-03-01' }, 'hour')).toEqual({
      from: '2026-02-28',
      to: '2026-02-28',
    })
    expect(previousRange({ from: '2026-03-08', to: '2026-03-14' }, 'day')).toEqual({
      from: '2026-03-01',
      to: '2026-03-07',
    })
  })
})

describe('what is missing', () => {
  const days = new Map([['2026-10-01', rowOf(20)]])

  it('is no gap while the next read is only due', () => {
    const [day] = dayIntervals(range, days, calendar, start + 10.5 * HOUR)
    expect(day).toMatchObject({ usage: 200n, status: 0, coverage: 20 / 48 })
    expect(dayIntervals(range, days, calendar, start + 12 * HOUR)[0]!.status).toBe(4)
  })

  it('is unknown, not zero', () => {
    const hours = hourIntervals(range, days, calendar, start + 24 * HOUR)
    expect(hours[9]).toMatchObject({ usage: 20n, status: 0, coverage: 1 })
    expect(hours[10]).toMatchObject({ usage: null, status: 4, coverage: 0 })
    expect(hourIntervals(range, new Map(), calendar, start)[0]).toMatchObject({ usage: null, status: 4 })
  })

  it('shows what is held before anything else', () => {
    const held = rowOf(48)
    held.slotStatus[3] = 5
    held.slotUsage[3] = null
    expect(dayIntervals(range, new Map([[held.day, held]]), calendar, start)[0]!.status).toBe(5)
  })
})

it('sums at the finest scale and aligns the span before by position', () => {
  const one = { fromMs: start, toMs: start + HOUR, status: 0, coverage: 1 }
  const series = seriesOf(
    [
      { ...one, usage: 15n, scale: 1 },
      { ...one, usage: 25n, scale: 2 },
      { ...one, usage: null, scale: 0, status: 4 },
    ],
    [{ ...one, usage: 7n, scale: 0 }],
  )
  expect(series.total).toBe('1.75')
  expect(series.intervals.map((interval) => interval.usage)).toEqual(['1.5', '0.25', null])
  expect(series.previous).toEqual(['7', null, null])
})
