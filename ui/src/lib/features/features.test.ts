import { describe, expect, it } from 'vitest'
import { withLiveValue } from './devices/history.ts'
import { siteSnippet } from './devices/site-snippet.ts'
import { totalsByUnit } from './meters/totals.ts'
import { isCurrent, moveAnchor, rangeAround } from './meters/usage-range.ts'
import { slotsOf, windowsOf, type Band } from './tariffs/windows.ts'
import { niceTicks } from '../charts/ticks.ts'

describe('usage ranges', () => {
  it('shows a day of hours, a month of days, a year of months', () => {
    expect(rangeAround('hour', '2026-11-21')).toEqual({ from: '2026-11-21', to: '2026-11-21' })
    expect(rangeAround('day', '2026-02-21')).toEqual({ from: '2026-02-01', to: '2026-02-28' })
    expect(rangeAround('month', '2026-02-21')).toEqual({ from: '2026-01-01', to: '2026-12-31' })
  })
  it('moves by one stretch and knows the present', () => {
    expect(moveAnchor('day', '2026-01-31', -1)).toBe('2025-12-01')
    expect(moveAnchor('month', '2026-05-01', 1)).toBe('2027-01-01')
    const now = Date.parse('2026-11-30T16:30:00Z')
    expect(isCurrent(rangeAround('day', '2026-11-01'), now, 'Asia/Shanghai')).toBe(false)
    expect(isCurrent(rangeAround('day', '2026-12-01'), now, 'Asia/Shanghai')).toBe(true)
  })
})

describe('totalsByUnit', () => {
  it('adds exactly and never a kWh to a m³', () => {
    const totals = totalsByUnit([
      { unit: 'kWh', usageToday: '0.1', usageThisMonth: '1.25' },
      { unit: 'm³', usageToday: '3', usageThisMonth: null },
      { unit: 'kWh', usageToday: '0.2', usageThisMonth: '2' },
    ])
    expect(totals).toEqual([
      { unit: 'kWh', today: '0.3', month: '3.25' },
      { unit: 'm³', today: '3', month: '0' },
    ])
  })
})

describe('time-of-use windows', () => {
  it('paints a window past midnight and reads it back', () => {
    const slots = slotsOf([
      { from: '22:00', to: '06:30', band: 'valley' },
      { from: '06:30', to: '22:00', band: 'peak' },
    ])
    expect(slots[0]).toBe('valley')
    expect(slots[13]).toBe('peak')
    expect(windowsOf(slots as Band[])).toEqual([
      { from: '00:00', to: '06:30', band: 'valley' },
      { from: '06:30', to: '22:00', band: 'peak' },
      { from: '22:00', to: '24:00', band: 'valley' },
    ])
  })
  it('takes a whole day', () => {
    expect(slotsOf([{ from: '00:00', to: '24:00', band: 'flat' }]).every((band) => band === 'flat')).toBe(
      true,
    )
  })
})

describe('small things', () => {
  it('grows a history only by newer values of its own point', () => {
    const history = {
      pointId: 1,
      unit: 'V',
      scale: 1,
      thinned: false,
      at: [1000],
      value: ['1.0'],
      quality: [0],
    }
    const value = { pointId: 1, at: '1970-01-01T00:00:02.000Z', value: null, quality: 3 }
    expect(withLiveValue(history, value)).toMatchObject({
      at: [1000, 2000],
      value: ['1.0', null],
      quality: [0, 3],
    })
    expect(withLiveValue(history, { ...value, pointId: 2 })).toBe(history)
    expect(withLiveValue(history, { ...value, at: '1970-01-01T00:00:01.000Z' })).toBe(history)
  })
  it('quotes a gateway name in the site file', () => {
    expect(siteSnippet('https://hub.example', 't'.repeat(16), '1 号楼: "东"')).toContain(
      'name: "1 号楼: \\"东\\""',
    )
  })
  it('makes round ticks that hold the largest value', () => {
    expect(niceTicks(7.3)).toEqual([0, 2, 4, 6, 8])
    expect(niceTicks(0)).toEqual([0, 1])
    expect(niceTicks(0.25)).toEqual([0, 0.1, 0.2, 0.3])
  })
})
