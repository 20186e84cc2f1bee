import { expect, test } from 'vitest'
import { planStays, type WantedStay } from './stay-plan.ts'

const NOW = Date.parse('2026-03-01T00:00:00Z')
const wanted = (roomId: string, accountNumber: string, more: Partial<WantedStay> = {}): WantedStay => ({
  ...{ roomId, accountNumber, name: '张伟', kind: 'residential', fromMs: null, roleId: 'r' },
  ...more,
})
const stay = (roomId: string, accountNumber: string, toMs: number | null) => ({
  ...{ roomId, accountNumber, fromMs: 0, toMs },
})
const all = () => true

test('an account moves into an empty room: always without a day, not before the last one left', () => {
  const { stays, faults } = planStays(
    [stay('B', 'old', 1_000), stay('C', 'old', 1_000)],
    [wanted('A', '1'), wanted('B', '2', { fromMs: 500 }), wanted('C', '3'), null],
    new Map(),
    all,
    NOW,
  )
  expect(stays.map(({ roomId, fromMs }) => [roomId, fromMs])).toEqual([
    ['A', 0],
    ['B', 1_000],
    ['C', NOW],
  ])
  expect(faults.flat()).toEqual([])
})

test('the account that lives there stays; another one is refused, also when a row above brought the first', () => {
  const known = new Map<string, string>()
  const asked = [wanted('A', '1'), wanted('A', '2'), wanted('B', '1'), wanted('B', '1'), wanted('B', '2')]
  const { stays, faults } = planStays([stay('A', '1', null)], asked, known, all, NOW)
  expect(stays.map(({ roomId }) => roomId)).toEqual(['B'])
  expect(faults.map((list) => list.map(({ reason }) => reason))).toEqual([
    ...[[], [{ code: 'account.other', account: '1' }], [], []],
    [{ code: 'account.other', account: '1' }],
  ])
})

test('who may not open accounts there is told so', () => {
  const { stays, faults } = planStays([], [wanted('A', '1')], new Map(), () => false, NOW)
  expect(stays).toEqual([])
  expect(faults[0]).toMatchObject([{ field: 'accountNumber', reason: { code: 'account.forbidden' } }])
})
