import { expect, test } from 'vitest'
import { PermitStep } from '@courtyard/protocols/contract'
import fc from 'fast-check'
import { canMoveDefect, canStep, missingForCompletion } from './handover-steps.ts'
import { depositRefused, nextSteps, passWorth, takeStep, type PermitFacts } from './permit-steps.ts'
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
  state: 'approved',
  depositState: 'none',
  lastResult: null,
  ...changes,
})

test('work begins with the deposit, ends with an inspection, and is closed with the deposit settled', () => {
  expect(takeStep(permit({ depositState: 'due' }), 'start')).toEqual({ code: 'permit.deposit_missing' })
  expect(takeStep(permit({ depositState: 'held' }), 'start')).toBe('working')
  expect(takeStep(permit({ state: 'working', lastResult: 'defect' }), 'finish')).toEqual({
    code: 'permit.not_inspected',
  })
  expect(takeStep(permit({ state: 'working', lastResult: 'ok' }), 'finish')).toBe('finished')
  expect(takeStep(permit({ state: 'finished', depositState: 'held' }), 'close')).toEqual({
    code: 'permit.deposit_held',
  })
  expect(takeStep(permit({ state: 'finished', depositState: 'refunded' }), 'close')).toBe('closed')
})

test('whatever is pressed, no permit is closed or cancelled with a deposit in hand', () => {
  const presses = fc.array(
    fc.oneof(fc.constantFrom(...PermitStep.options), fc.constantFrom('held', 'refunded', 'kept')),
  )
  fc.assert(
    fc.property(
      presses,
      fc.constantFrom('none' as const, 'due' as const),
      fc.constantFrom('ok', 'defect', null),
      (list, deposit, last) => {
        let facts = permit({ state: 'draft', depositState: deposit, lastResult: last })
        for (const one of list) {
          if (one === 'held' || one === 'refunded' || one === 'kept') {
            if (depositRefused(facts, one) === null) facts = { ...facts, depositState: one }
          } else {
            const next = takeStep(facts, one)
            if (typeof next === 'string') facts = { ...facts, state: next }
          }
        }
        if (nextSteps(facts.state).length === 0) expect(facts.depositState).not.toBe('held')
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
