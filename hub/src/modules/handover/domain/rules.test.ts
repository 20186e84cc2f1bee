import { expect, test } from 'vitest'
import fc from 'fast-check'
import { canMoveDefect, canStep, missingForCompletion } from './handover-steps.ts'
import { act, passWorth, settle, stateAtEnd, type PermitFacts } from './permit-steps.ts'
import { settlementRefused } from './settlement.ts'

test('a room is handed over once everything was looked at and read, and somebody takes it', () => {
  const ready = { partyId: 'p', results: ['ok', 'defect'], meterIds: ['m'], readIds: ['m'] }
  expect(missingForCompletion(ready)).toEqual([])
  expect(missingForCompletion({ ...ready, partyId: null, results: ['ok', null], readIds: [] })).toEqual([
    { code: 'handover.no_party' },
    { code: 'handover.not_looked', count: 1 },
    { code: 'handover.not_read', count: 1 },
  ])
})

test('nothing happens to a handover that is over', () => {
  for (const state of ['completed', 'cancelled'] as const) {
    for (const step of ['notify', 'appoint', 'inspect', 'terms', 'read', 'complete', 'cancel'] as const) {
      expect(canStep(state, step)).toBe(false)
    }
  }
  expect(canStep('appointed', 'complete')).toBe(false)
})

test('a defect is accepted only after it was put right, and can come back', () => {
  expect(canMoveDefect('open', 'accepted')).toBe(false)
  expect(canMoveDefect('fixed', 'accepted')).toBe(true)
  expect(canMoveDefect('accepted', 'open')).toBe(true)
})

const permit = (changes: Partial<PermitFacts>): PermitFacts => ({
  ...{ state: 'approved', depositState: 'none', depositAmount: '2000.00', lastResult: null },
  ...changes,
})

test('work begins with the deposit, ends with an inspection, and is closed with the deposit settled', () => {
  expect(act(permit({ depositState: 'due' }), 'begin')).toEqual({ code: 'permit.deposit_missing' })
  expect(act(permit({ depositState: 'held' }), 'begin')).toEqual({ state: 'working', depositState: 'held' })
  const working = permit({ state: 'working', depositState: 'held', lastResult: 'defect' })
  expect(act(working, 'finish')).toEqual({ code: 'permit.not_inspected' })
  expect(settle(working, null)).toEqual({ code: 'permit.still_working' })
  expect(act({ ...working, lastResult: 'ok' }, 'finish')).toMatchObject({ state: 'finished' })
  expect(stateAtEnd({ depositState: 'held' }, 'done')).toBe('finished')
  expect(stateAtEnd({ depositState: 'refunded' }, 'done')).toBe('closed')
})

test('of a deposit at most all goes back', () => {
  const finished = permit({ state: 'finished', depositState: 'held' })
  expect(settle(finished, null)).toEqual({ depositState: 'refunded', refundedAmount: '2000.00' })
  expect(settle(finished, '0.01')).toEqual({ depositState: 'refunded', refundedAmount: '0.01' })
  expect(settle(finished, '0.00')).toEqual({ depositState: 'kept', refundedAmount: null })
  expect(settle(finished, '2000.01')).toEqual({ code: 'permit.refund_too_much' })
  expect(settle(permit({ state: 'finished', depositState: 'kept' }), '1')).toEqual({
    code: 'permit.deposit_state',
  })
})

test('whatever process somebody publishes, no permit is closed with a deposit in hand or works without it', () => {
  const actions = ['approve', 'takeDeposit', 'begin', 'finish', 'settle'] as const
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...actions)),
      fc.constantFrom('none' as const, 'due' as const),
      fc.constantFrom('ok' as const, 'defect' as const, null),
      fc.constantFrom('approved' as const, 'done' as const, 'refused' as const, 'withdrawn' as const),
      (list, depositState, lastResult, outcome) => {
        let facts = permit({ state: 'submitted', depositState, lastResult })
        for (const one of list) {
          const next = one === 'settle' ? settle(facts, null) : act(facts, one)
          if ('code' in next) continue
          facts = { ...facts, ...next }
          if (facts.state === 'working') expect(facts.depositState).not.toBe('due')
        }
        if (stateAtEnd(facts, outcome) === 'closed') expect(facts.depositState).not.toBe('held')
      },
    ),
  )
})

test('a pass counts on its days, while the work goes on', () => {
  const pass = {
    permitState: 'working',
    validFrom: '2026-03-01',
    validTo: '2026-03-31',
    revoked: false,
  } as const
  expect(passWorth(pass, '2026-03-01')).toBe('ok')
  expect(passWorth(pass, '2026-03-31')).toBe('ok')
  expect(passWorth(pass, '2026-02-28')).toBe('notYet')
  expect(passWorth(pass, '2026-04-01')).toBe('over')
  expect(passWorth({ ...pass, revoked: true }, '2026-03-02')).toBe('revoked')
  expect(passWorth({ ...pass, permitState: 'finished' }, '2026-03-02')).toBe('permitNotOpen')
})

test('unpaid bills stop a change of owner until somebody says who pays', () => {
  const facts = {
    unpaidAmount: '120.50',
    seenAmount: '120.5',
    settlement: 'nothingDue',
    sameAccount: false,
    sameOwner: false,
  } as const
  expect(settlementRefused(facts)).toEqual({ code: 'ownerChange.unpaid', amount: '120.50' })
  expect(settlementRefused({ ...facts, settlement: 'staysWithSeller' })).toBeNull()
  expect(settlementRefused({ ...facts, settlement: 'takenOver' })).toEqual({
    code: 'ownerChange.needs_account',
  })
  expect(settlementRefused({ ...facts, settlement: 'takenOver', sameAccount: true })).toBeNull()
  expect(settlementRefused({ ...facts, settlement: 'staysWithSeller', seenAmount: '0' })).toMatchObject({
    code: 'ownerChange.amount_changed',
  })
  expect(settlementRefused({ ...facts, unpaidAmount: '0.00', seenAmount: '0' })).toBeNull()
})
