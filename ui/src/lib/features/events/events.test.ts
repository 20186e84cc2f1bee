import { describe, expect, it } from 'vitest'
import { dayBars } from './day-bars.ts'
import { spanOf } from './event-range.ts'

const now = Date.parse('2026-11-21T17:00:00Z') // 01:00 of the 22nd in Shanghai
describe('stretches of time', () => {
  const span = (range: Parameters<typeof spanOf>[0], from = '', to = '') =>
    spanOf(range, { from, to }, now, 'Asia/Shanghai')
  it('begin and end with days of the project', () => {
    expect(span('all')).toEqual({})
    expect(span('today')).toEqual({ from: '2026-11-21T16:00:00.000Z' })
    expect(span('7d')).toEqual({ from: '2026-11-15T16:00:00.000Z' })
    expect(span('custom', '2026-11-20', '2026-11-20')).toEqual({
      from: '2026-11-19T16:00:00.000Z',
      to: '2026-11-20T16:00:00.000Z',
    })
    expect(span('custom', 'x', '')).toEqual({})
  })
})

describe('bars of days', () => {
  it('stand also for days without events, types in their order', () => {
    const bars = dayBars(
      [
        { day: '2026-11-22', type: 'alarm', count: 2 },
        { day: '2026-11-22', type: 'access', count: 3 },
        { day: '2026-10-01', type: 'door', count: 9 },
      ],
      '2026-11-22',
      3,
    )
    expect(bars.map(({ day, total }) => [day, total])).toEqual([
      ['2026-11-20', 0],
      ['2026-11-21', 0],
      ['2026-11-22', 5],
    ])
    expect(bars[2]?.parts.map(({ type }) => type)).toEqual(['access', 'alarm'])
  })
})
