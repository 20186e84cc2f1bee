import { expect, test } from 'vitest'
import { historySpan, lastMonth, localDay } from './calendar.ts'

const at = (text: string) => Date.parse(text)
const text = (ms: number) => new Date(ms).toISOString()

test('last month follows the calendar of Shanghai', () => {
  const { month, fromMs, toMs } = lastMonth(at('2026-11-21T10:00:00Z'))
  expect([month, text(fromMs), text(toMs)]).toEqual([
    '2026-10',
    '2026-09-30T16:00:00.000Z',
    '2026-10-31T16:00:00.000Z',
  ])
})

test('the evening of the last day in UTC is already the next month in Shanghai', () => {
  expect(lastMonth(at('2026-11-30T16:00:00Z')).month).toBe('2026-11')
  expect(lastMonth(at('2026-11-30T15:59:59Z')).month).toBe('2026-10')
  expect(lastMonth(at('2027-01-05T00:00:00Z')).month).toBe('2026-12')
  expect(localDay(at('2026-11-30T16:00:00Z'))).toBe('2026-12-01')
})

test('the history covers forty days and the whole of last month', () => {
  const early = historySpan(at('2026-11-03T10:07:00Z'), 40)
  expect([text(early.fromMs), text(early.toMs)]).toEqual([
    '2026-09-24T10:00:00.000Z',
    '2026-11-03T10:00:00.000Z',
  ])
  const late = historySpan(at('2026-11-21T10:07:00Z'), 40)
  expect(text(late.fromMs)).toBe('2026-09-29T16:00:00.000Z')
})
