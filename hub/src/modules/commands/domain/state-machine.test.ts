import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finalCommandSteps, type CommandState, type CommandStep } from '@courtyard/protocols/contract'
import { decide, NO_WORD_MS, type Action, type Standing } from './state-machine.ts'

const expiresAtMs = 1_000_000
const asked: Standing = {
  state: 'awaitingApproval',
  gatewayStep: null,
  settledBy: null,
  uncertain: false,
  requestedById: 'asker',
  approvedById: null,
  expiresAtMs,
}
const queued: Standing = { ...asked, state: 'queued' }
const sent: Standing = { ...asked, state: 'sent' }

function after(standing: Standing, ...actions: Action[]): Standing {
  return actions.reduce((at, action) => {
    const decision = decide(at, action)
    return decision.kind === 'changed' ? decision.standing : at
  }, standing)
}
const report = (step: CommandStep, uncertain = false): Action => ({ kind: 'report', step, uncertain })
const time = (nowMs: number): Action => ({ kind: 'time', nowMs })

describe('approval', () => {
  it('needs a second person', () => {
    expect(decide(asked, { kind: 'approve', byId: 'asker', nowMs: 0 })).toEqual({
      kind: 'refused',
      why: 'ownRequest',
    })
    expect(decide(asked, { kind: 'reject', byId: 'asker', nowMs: 0 })).toEqual({
      kind: 'refused',
      why: 'ownRequest',
    })
    expect(after(asked, { kind: 'approve', byId: 'boss', nowMs: 0 })).toMatchObject({
      state: 'queued',
      approvedById: 'boss',
    })
  })

  it('comes too late when the time is over', () => {
    const late = { kind: 'approve', byId: 'boss', nowMs: expiresAtMs } as const
    expect(decide(asked, late)).toEqual({ kind: 'refused', why: 'tooLate' })
  })

  it('pressed twice by one person is one approval, by two people it is the first', () => {
    const approved = after(asked, { kind: 'approve', byId: 'boss', nowMs: 0 })
    expect(decide(approved, { kind: 'approve', byId: 'boss', nowMs: 1 }).kind).toBe('unchanged')
    expect(decide(approved, { kind: 'approve', byId: 'other', nowMs: 1 })).toEqual({
      kind: 'refused',
      why: 'notAwaiting',
    })
    expect(decide(approved, { kind: 'reject', byId: 'other', nowMs: 1 })).toEqual({
      kind: 'refused',
      why: 'notAwaiting',
    })
  })
})

describe('time', () => {
  it('ends what was not sent', () => {
    expect(after(asked, time(expiresAtMs - 1)).state).toBe('awaitingApproval')
    expect(after(asked, time(expiresAtMs))).toMatchObject({
      state: 'expired',
      settledBy: 'hub',
      uncertain: false,
    })
    expect(after(queued, time(expiresAtMs)).state).toBe('expired')
  })

  it('leaves what was sent to the gateway for a day, and then does not know', () => {
    expect(after(sent, time(expiresAtMs + NO_WORD_MS - 1)).state).toBe('sent')
    expect(after(sent, time(expiresAtMs + NO_WORD_MS))).toMatchObject({
      state: 'failed',
      settledBy: 'hub',
      uncertain: true,
    })
  })

  it('is put right by a gateway that is heard of after all', () => {
    const lost = after(sent, time(expiresAtMs + NO_WORD_MS))
    expect(after(lost, report('executing'))).toEqual(lost)
    expect(after(lost, report('confirmed'))).toMatchObject({
      state: 'confirmed',
      settledBy: 'gateway',
      uncertain: false,
    })
  })
})

describe('reports', () => {
  it('go forward only', () => {
    const executing = after(sent, report('executing'))
    expect(decide(executing, report('received')).kind).toBe('unchanged')
    expect(decide(executing, report('executing')).kind).toBe('unchanged')
    const done = after(executing, report('confirmed'))
    expect(after(done, report('executing'), report('failed', true), report('expired'))).toEqual(done)
  })

  it('say that the outcome is unknown', () => {
    expect(after(sent, report('failed', true))).toMatchObject({ state: 'failed', uncertain: true })
    expect(after(sent, report('confirmed', true))).toMatchObject({ state: 'confirmed', uncertain: false })
  })

  it('of an expiry after the begin are not believed', () => {
    expect(after(sent, report('received'), report('expired'))).toMatchObject({ state: 'expired' })
    expect(after(sent, report('executing'), report('expired'))).toMatchObject({
      state: 'failed',
      uncertain: true,
    })
  })

  it('tell a hub whose database is older than what it sent', () => {
    expect(after(queued, report('received'))).toMatchObject({ state: 'sent', gatewayStep: 'received' })
    expect(after(queued, report('confirmed'))).toMatchObject({ state: 'confirmed' })
  })
})

it('can not be taken back once it was sent', () => {
  expect(decide(sent, { kind: 'cancel', nowMs: 0 })).toEqual({ kind: 'refused', why: 'alreadySent' })
  expect(after(queued, { kind: 'cancel', nowMs: 0 })).toMatchObject({
    state: 'cancelled',
    settledBy: 'person',
  })
})

const action = fc.oneof(
  fc.record({
    kind: fc.constantFrom('approve' as const, 'reject' as const),
    byId: fc.constantFrom('asker', 'boss', 'other'),
    nowMs: fc.integer({ min: 0, max: 2 * expiresAtMs }),
  }),
  fc.record({
    kind: fc.constantFrom('cancel' as const, 'send' as const, 'time' as const),
    nowMs: fc.oneof(fc.integer({ min: 0, max: 2 * expiresAtMs }), fc.constant(expiresAtMs + NO_WORD_MS)),
  }),
  fc.record({
    kind: fc.constant('report' as const),
    step: fc.constantFrom<CommandStep>('received', 'executing', ...finalCommandSteps),
    uncertain: fc.boolean(),
  }),
)

/** How far a state is; a command never goes back. */
const rank: Record<CommandState, number> = {
  awaitingApproval: 0,
  queued: 1,
  sent: 2,
  rejected: 3,
  cancelled: 3,
  expired: 3,
  acknowledged: 3,
  confirmed: 3,
  failed: 3,
}

it('holds its promises whatever happens in whatever order', () => {
  const settledAtLeastOnce = new Set<CommandState>()
  fc.assert(
    fc.property(fc.boolean(), fc.array(action, { maxLength: 25 }), (cutsOff, actions) => {
      let standing: Standing = cutsOff ? asked : queued
      let told = false
      for (const one of actions) {
        const decision = decide(standing, one)
        if (decision.kind !== 'changed') continue
        const next = decision.standing
        told ||= one.kind === 'report'
        // Forward only; the hub's own end is the only one that is put right, and by the gateway alone
        expect(rank[next.state]).toBeGreaterThanOrEqual(rank[standing.state])
        if (standing.settledBy !== null) {
          expect([standing.settledBy, one.kind, next.settledBy]).toEqual(['hub', 'report', 'gateway'])
        }
        // Nothing that cuts off goes out by the hub without a second person
        if (cutsOff && one.kind === 'send') expect([null, 'asker']).not.toContain(next.approvedById)
        if (next.approvedById !== null) expect(next.approvedById).not.toBe(next.requestedById)
        if (one.kind === 'cancel' || one.kind === 'reject') expect(rank[standing.state]).toBeLessThan(2)
        // Settled and ended are the same
        expect(next.settledBy !== null).toBe(rank[next.state] === 3)
        if (next.uncertain) expect(next.state).toBe('failed')
        if (next.state === 'acknowledged' || next.state === 'confirmed') expect(told).toBe(true)
        // The same again changes nothing
        expect(decide(next, one).kind).not.toBe('changed')
        if (next.settledBy) settledAtLeastOnce.add(next.state)
        standing = next
      }
    }),
    { numRuns: 3_000 },
  )
  expect(settledAtLeastOnce.size).toBe(6)
})
