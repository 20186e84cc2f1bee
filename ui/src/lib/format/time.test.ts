import { describe, expect, it } from 'vitest'
import {
  addDays,
  addMonths,
  dayOf,
  daysBetween,
  formatAge,
  formatInstant,
  formatMonth,
  instantOfLocal,
  localOfInstant,
} from './time.ts'

const shanghai = 'Asia/Shanghai'
const berlin = 'Europe/Berlin'

describe('project time zone', () => {
  it('shows an instant where the project is', () => {
    expect(formatInstant('2026-11-21T16:30:00Z', 'zh-CN', shanghai)).toBe('2026/11/22 00:30')
    expect(dayOf('2026-11-21T16:30:00Z', shanghai)).toBe('2026-11-22')
    expect(dayOf('2026-11-21T16:30:00Z', berlin)).toBe('2026-11-21')
  })
  it('takes a wall clock back to its instant, also when the clock changes', () => {
    expect(instantOfLocal('2026-11-22T00:30', shanghai)).toBe('2026-11-21T16:30:00.000Z')
    expect(instantOfLocal('2026-11-22', shanghai)).toBe('2026-11-21T16:00:00.000Z')
    expect(instantOfLocal('2026-03-29T01:30', berlin)).toBe('2026-03-29T00:30:00.000Z')
    expect(instantOfLocal('2026-03-29T03:30', berlin)).toBe('2026-03-29T01:30:00.000Z')
    expect(instantOfLocal('2026-10-25T04:00', berlin)).toBe('2026-10-25T03:00:00.000Z')
  })
  it('round-trips what a form shows', () => {
    const at = '2026-07-01T10:45:00.000Z'
    expect(instantOfLocal(localOfInstant(at, berlin), berlin)).toBe(at)
  })
})

describe('calendar', () => {
  it('moves days and months', () => {
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01')
    expect(addMonths('2026-01', -1)).toBe('2025-12')
    expect(daysBetween('2026-11-01', '2026-12-01')).toBe(30)
  })
  it('names a month in both languages', () => {
    expect(formatMonth('2026-11', 'zh-CN')).toBe('2026年11月')
    expect(formatMonth('2026-11', 'en')).toBe('November 2026')
  })
  it('says how long ago', () => {
    const now = Date.parse('2026-11-21T12:00:00Z')
    expect(formatAge('2026-11-21T11:57:00Z', now, 'zh-CN')).toBe('3分钟前')
    expect(formatAge('2026-11-20T12:00:00Z', now, 'en')).toBe('yesterday')
  })
})
