import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeRoles, type RoleState } from './role-changes.ts'

const NOW = Date.parse('2026-03-01T00:00:00Z')
const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
let made = 0
const role = (more: Partial<RoleState> = {}): RoleState => ({
  ...{ id: `r${++made}`, roomId: 'A', who: 'zhang', role: 'owner', sharePercent: null, row: null },
  ...{ fromMs: day('2024-01-01'), toMs: null },
  ...more,
})
const faults = (known: RoleState[], changes: RoleState[]) =>
  judgeRoles(known, changes, NOW).faults.map((list) =>
    list.map(({ field, reason }) => `${field} ${reason.code}`),
  )

test('a room has one main owner and several co-owners; the next room has its own', () => {
  const changes = [
    role(),
    role({ who: 'li' }),
    role({ who: 'li', role: 'coOwner' }),
    role({ who: 'wang', role: 'coOwner' }),
    role({ who: 'li', roomId: 'B' }),
  ]
  expect(faults([], changes)).toEqual([[], ['role role.one_owner'], [], [], []])
})

test('the same person and role twice is told with its row, or that it is there already', () => {
  expect(faults([role()], [role()])).toEqual([['role role.has_it']])
  const twice = [role({ row: 2 }), role({ row: 5 })]
  expect(judgeRoles([], twice, NOW).faults[1]![0]!.reason).toEqual({ code: 'role.row_twice', row: 2 })
})

test('periods follow one another, touch, and do not overlap', () => {
  const known = role({ toMs: day('2025-01-01') })
  expect(faults([known], [role({ who: 'li', fromMs: day('2025-01-01') })])).toEqual([[]])
  expect(faults([known], [role({ who: 'li', fromMs: day('2024-12-31') })])).toEqual([
    ['from period.overlaps'],
  ])
  expect(faults([], [role({ toMs: day('2024-01-01') })])).toEqual([['to period.before_begin']])
  expect(faults([], [role({ fromMs: day('2026-03-02') })])).toEqual([['from period.future']])
  expect(faults([], [role({ toMs: day('2026-03-02') })])).toEqual([['to period.future']])
})

test('shares are counted as they would stand: those who left and those who swap do not count twice', () => {
  const first = role({ sharePercent: '60.0000' })
  const second = role({ who: 'li', role: 'coOwner', sharePercent: '40' })
  const swapped = [
    { ...first, sharePercent: '40' },
    { ...second, sharePercent: '60' },
  ]
  expect(faults([first, second], swapped)).toEqual([[], []])
  const gone = role({ who: 'wu', role: 'coOwner', sharePercent: '50', toMs: day('2025-01-01') })
  expect(faults([first, second, gone], [role({ who: 'sun', role: 'tenant' })])).toEqual([[]])
  const over = judgeRoles(
    [first, second],
    [role({ who: 'sun', role: 'coOwner', sharePercent: '0.0001' })],
    NOW,
  )
  expect(over.faults[0]).toEqual([
    { field: 'sharePercent', reason: { code: 'role.shares_over', sum: '100.0001' } },
  ])
  expect(over.after).toHaveLength(2)
})

test('whatever is asked for, no room ends with two main owners or more than the whole', () => {
  const change = fc.record({
    roomId: fc.constantFrom('A', 'B'),
    who: fc.constantFrom('zhang', 'li', 'wang'),
    role: fc.constantFrom('owner', 'coOwner', 'tenant' as const),
    sharePercent: fc.option(fc.integer({ min: 1, max: 100 }).map(String)),
    from: fc.integer({ min: 0, max: 20 }),
    days: fc.option(fc.integer({ min: 1, max: 20 })),
  })
  const span = (from: number, days: number | null) => {
    const fromMs = day('2025-01-01') + from * 86_400_000
    return { fromMs, toMs: days === null ? null : fromMs + days * 86_400_000 }
  }
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (asked) => {
      const changes = asked.map(({ from, days, ...one }) => role({ ...one, ...span(from, days) }))
      const { after } = judgeRoles([], changes, NOW)
      for (const roomId of ['A', 'B']) {
        const now = after.filter((one) => one.roomId === roomId && one.toMs === null)
        expect(now.filter((one) => one.role === 'owner').length).toBeLessThanOrEqual(1)
        const owners = now.filter((one) => one.role !== 'tenant')
        expect(owners.reduce((sum, one) => sum + Number(one.sharePercent ?? 0), 0)).toBeLessThanOrEqual(100)
      }
    }),
  )
})
