import { describe, expect, test } from 'vitest'
import { isLastGood } from './last-good.ts'
import { superfluous, type KeptBackup } from './retention.ts'
import { currentSlot, isDue } from './slot.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-11-22T12:00:00Z')
const at = (daysAgo: number, hour = 2, byHand = false): KeptBackup => {
  const atMs = Date.parse('2026-11-22T00:00:00Z') - daysAgo * DAY_MS + hour * 3_600_000
  const instant = new Date(atMs).toISOString()
  return { id: instant.slice(0, 13), day: instant.slice(0, 10), atMs, byHand }
}
const left = (backups: KeptBackup[], keep: { daily: number; weekly: number }) => {
  const gone = new Set(superfluous(backups, keep, NOW))
  return backups.filter(({ id }) => !gone.has(id)).map(({ id }) => id)
}

describe('which backups stay', () => {
  test('the newest of each day and of each week', () => {
    const daily = Array.from({ length: 40 }, (_, n) => at(n))
    // 2026-11-22 is a Sunday: weeks end with the 22nd, the 15th, the 8th …
    expect(left(daily, { daily: 3, weekly: 4 })).toEqual([
      ...['2026-11-22T02', '2026-11-21T02', '2026-11-20T02'],
      ...['2026-11-15T02', '2026-11-08T02', '2026-11-01T02'],
    ])
  })
  test('days without one do not count, and the newest of a day counts', () => {
    expect(left([at(0, 1), at(0, 9), at(5), at(9)], { daily: 2, weekly: 0 })).toEqual([
      ...['2026-11-22T09', '2026-11-17T02'],
    ])
  })
  test('those made by hand stay as many days, and the newest always', () => {
    expect(left([at(1, 1, true), at(1, 9), at(4, 2, true)], { daily: 3, weekly: 0 })).toEqual([
      ...['2026-11-21T01', '2026-11-21T09', '2026-11-18T02'],
    ])
    expect(left([at(400), at(401)], { daily: 1, weekly: 0 })).toEqual([at(400).id])
    expect(left([], { daily: 1, weekly: 1 })).toEqual([])
  })
})

describe('when a backup is due', () => {
  test('the slot is today from its minute on, else yesterday', () => {
    expect(currentSlot('2026-11-22 02:30:00', '02:30')).toBe('2026-11-22 02:30')
    expect(currentSlot('2026-11-22 02:29:59', '02:30')).toBe('2026-11-21 02:30')
    expect(currentSlot('2026-01-01 00:00:00', '02:30')).toBe('2025-12-31 02:30')
  })
  const slot = '2026-11-22 02:30'
  const long = '2026-01-01 00:00:00'
  test('once per slot, made up for when the hub was off, not for before it was installed', () => {
    expect(isDue(slot, [], long, NOW)).toBe(true)
    expect(isDue(slot, [], '2026-11-22 02:31:00', NOW)).toBe(false)
    for (const state of ['waiting', 'running', 'done'] as const)
      expect(isDue(slot, [{ state, atMs: 0 }], long, NOW)).toBe(false)
  })
  test('after a failure again, with a pause, three times', () => {
    const failed = (minutesAgo: number) => ({ state: 'failed' as const, atMs: NOW - minutesAgo * 60_000 })
    expect(isDue(slot, [failed(29)], long, NOW)).toBe(false)
    expect(isDue(slot, [failed(30)], long, NOW)).toBe(true)
    expect(isDue(slot, [failed(90), failed(60), failed(31)], long, NOW)).toBe(false)
  })
})

test('the last to go back to is the only one that was made and is not known to be damaged', () => {
  const made = (id: string, checkState: 'waiting' | 'good' | 'bad' | null) =>
    ({ id, state: 'done', checkState }) as const
  const failed = { id: 'failed', state: 'failed', checkState: null } as const
  const rows = [made('good', 'good'), made('bad', 'bad'), failed]
  expect(rows.map(({ id }) => isLastGood(rows, id))).toEqual([true, false, false])
  // One that nobody has read back yet counts
  expect(isLastGood([...rows, made('unread', null)], 'good')).toBe(false)
  expect(isLastGood([failed], 'failed')).toBe(false)
})
