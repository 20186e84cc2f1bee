import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endRefused, moveRefused, roleRefused, type RolePeriod } from './periods.ts'

const NOW = 1_000_000_000
const owner = (partyId: string, fromMs: number, toMs: number | null): RolePeriod => ({
  partyId,
  role: 'owner',
  fromMs,
  toMs,
})
const wants = (partyId: string, fromMs: number, role: RolePeriod['role'] = 'owner') => ({
  partyId,
  role,
  fromMs,
})

test('a room has one main owner at a time', () => {
  const known = [owner('zhang', 100, null)]
  expect(roleRefused(known, wants('li', 200), NOW)).toEqual({ code: 'role.one_owner' })
  expect(roleRefused(known, wants('zhang', 200), NOW)).toEqual({ code: 'role.has_it' })
  expect(roleRefused(known, wants('li', 200, 'coOwner'), NOW)).toBeNull()
})

test('who follows begins when the one before has ended, at the same instant at the earliest', () => {
  const known = [owner('zhang', 100, 500)]
  expect(roleRefused(known, wants('li', 499), NOW)).toEqual({ code: 'period.overlaps' })
  expect(roleRefused(known, wants('li', 500), NOW)).toBeNull()
})

test('families may be as large as they are, each of them once', () => {
  const known: RolePeriod[] = [{ partyId: 'a', role: 'family', fromMs: 1, toMs: null }]
  expect(roleRefused(known, wants('b', 2, 'family'), NOW)).toBeNull()
  expect(roleRefused(known, wants('a', 2, 'family'), NOW)).toEqual({ code: 'role.has_it' })
})

test('nothing begins or ends in the future, nothing ends twice or before it began', () => {
  expect(roleRefused([], wants('a', NOW + 3_600_000), NOW)).toEqual({ code: 'period.future' })
  expect(endRefused({ fromMs: 5, toMs: null }, NOW + 3_600_000, NOW)).toEqual({ code: 'period.future' })
  expect(endRefused({ fromMs: 5, toMs: 6 }, 7, NOW)).toEqual({ code: 'period.ended' })
  expect(endRefused({ fromMs: 5, toMs: null }, 5, NOW)).toEqual({ code: 'period.before_begin' })
  expect(endRefused({ fromMs: 5, toMs: null }, 6, NOW)).toBeNull()
})

test('a stay begins after all that were before', () => {
  expect(moveRefused([], 5, NOW)).toBeNull()
  expect(moveRefused([{ fromMs: 0, toMs: null }], 0, NOW)).toEqual({ code: 'period.overlaps' })
  expect(moveRefused([{ fromMs: 0, toMs: null }], 5, NOW)).toBeNull()
  expect(moveRefused([{ fromMs: 0, toMs: 9 }], 5, NOW)).toEqual({ code: 'period.overlaps' })
})

test('whatever is asked for, owners never overlap', () => {
  const asked = fc.array(
    fc.record({ who: fc.constantFrom('a', 'b', 'c'), at: fc.integer({ min: 0, max: 50 }) }),
  )
  fc.assert(
    fc.property(asked, (list) => {
      const periods: RolePeriod[] = []
      for (const { who, at } of list) {
        const current = periods.findIndex(({ toMs }) => toMs === null)
        if (current >= 0 && at % 2 === 0) {
          if (endRefused(periods[current]!, at, NOW) === null)
            periods[current] = { ...periods[current]!, toMs: at }
        } else if (roleRefused(periods, wants(who, at), NOW) === null) periods.push(owner(who, at, null))
      }
      const sorted = periods.toSorted((a, b) => a.fromMs - b.fromMs)
      for (const [i, one] of sorted.entries()) {
        const next = sorted[i + 1]
        if (next) expect(one.toMs).toBeLessThanOrEqual(next.fromMs)
      }
    }),
  )
})
