import { describe, expect, it } from 'vitest'
import { addMonths, calendarOf, daysBetween, SLOT_MS } from './calendar.ts'

const iso = (ms: number) => new Date(ms).toISOString()

describe('local days', () => {
  it('Shanghai: a day is 16:00 to 16:00 UTC, always 48 half hours', () => {
    const day = calendarOf('Asia/Shanghai').localDay('2026-11-21')
    expect([iso(day.startMs), iso(day.endMs), day.slots]).toEqual([
      '2026-11-20T16:00:00.000Z',
      '2026-11-21T16:00:00.000Z',
      48,
    ])
  })

  it('Berlin: 46 half hours when the clock is put forward, 50 when it is put back', () => {
    const berlin = calendarOf('Europe/Berlin')
    expect(berlin.localDay('2026-03-29').slots).toBe(46)
    expect(berlin.localDay('2026-10-25').slots).toBe(50)
    expect(berlin.halfHours('2026-03-29').slice(2, 8)).toEqual([2, 3, 6, 7, 8, 9])
    expect(berlin.halfHours('2026-10-25').slice(2, 10)).toEqual([2, 3, 4, 5, 4, 5, 6, 7])
    expect(iso(berlin.localDay('2026-10-26').startMs)).toBe('2026-10-25T23:00:00.000Z')
  })

  it('a year of days leaves no instant out and counts none twice', () => {
    for (const zone of [
      'Europe/Berlin',
      'America/Havana',
      'Africa/Cairo',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
    ]) {
      const calendar = calendarOf(zone)
      let at = calendar.localDay('2026-01-01').startMs
      for (const day of daysBetween('2026-01-01', '2026-12-31')) {
        const { startMs, endMs, slots } = calendar.localDay(day)
        expect(startMs).toBe(at)
        expect(endMs - startMs).toBe(slots * SLOT_MS)
        expect(calendar.dayOf(startMs)).toBe(day)
        expect(calendar.dayOf(endMs - 1)).toBe(day)
        at = endMs
      }
    }
  })

  it('starts a day without midnight at the change of the clock', () => {
    // Havana skips 00:00–01:00 on 8 March 2026
    const day = calendarOf('America/Havana').localDay('2026-03-08')
    expect(iso(day.startMs)).toBe('2026-03-08T05:00:00.000Z')
    expect(day.slots).toBe(46)
    expect(calendarOf('America/Havana').halfHours('2026-03-08')[0]).toBe(2)
  })

  it('finds the same half hour of a week before, or that the clock skips it', () => {
    const berlin = calendarOf('Europe/Berlin')
    const slot = berlin.localDay('2026-04-05').startMs + 5 * SLOT_MS
    expect(berlin.halfHourOf(slot)).toBe(5)
    expect(berlin.sameSlotDaysBefore(slot, 7)).toBeNull()
    expect(iso(berlin.sameSlotDaysBefore(slot, 14)!)).toBe('2026-03-22T01:30:00.000Z')
  })

  it('counts months over the turn of the year', () => {
    expect([addMonths('2026-11', 2), addMonths('2026-01', -1)]).toEqual(['2027-01', '2025-12'])
  })
})
