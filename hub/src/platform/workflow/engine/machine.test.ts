import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { ProcessStep, TaskOutcome } from '@courtyard/protocols/contract'
import { checkDefinition } from './definition-check.ts'
import { compile } from './machine.ts'
import { CANCELLED, WITHDRAWN } from './process-state.ts'
import {
  action,
  approval,
  around,
  decision,
  definition,
  end,
  fields,
  Play,
  start,
  task,
  way,
} from './testing.ts'
import { refusalOf } from './votes.ts'

const ends = [end('yes', 'approved'), end('no', 'refused')]
const twoLevels = definition(
  start(way('next', 'first')),
  approval('first', [
    way('approved', 'second', '1000'),
    way('approved', 'yes'),
    way('refused', 'no'),
    way('sentBack', 'fix'),
  ]),
  approval('second', [way('approved', 'stamp'), way('refused', 'no')], { rule: 'all' }),
  task('fix', 'first'),
  action('stamp', 'yes'),
  ...ends,
)
const play = (people: string[], amount: string, content = twoLevels) =>
  new Play(compile(content, fields), people, amount)

describe('given an approval over two levels by amount', () => {
  it.each([
    ['1000', ['start', 'first', 'yes']],
    ['1000.00', ['start', 'first', 'yes']],
    ['1000.01', ['start', 'first', 'second']],
    ['99999999999999999999.99', ['start', 'first', 'second']],
    ['', ['start', 'first', 'yes']],
  ])('when %s is approved, then it has been through %j', (amount, way) => {
    expect(play(['a'], amount).vote('a', 'approved').entered).toEqual(way)
  })

  it('when all of the second level agree, then the action is done and it ends', () => {
    const run = play(['a', 'b'], '2000').vote('a', 'approved').vote('a', 'approved').vote('b', 'approved')
    expect([run.step, run.snapshot.status]).toEqual(['yes', 'done'])
    expect(run.entered).toEqual(['start', 'first', 'second', 'stamp', 'yes'])
  })

  it('when one of the second level refuses, then it ends without waiting for the others', () => {
    expect(play(['a', 'b'], '2000').vote('a', 'approved').vote('b', 'refused').step).toBe('no')
  })

  it('when it is sent back, then a new round asks everybody anew', () => {
    const run = play(['a'], '2000').vote('a', 'sentBack')
    expect(run.step).toBe('fix')
    expect(run.vote('a', 'done').step).toBe('first')
    expect(run.snapshot.context).toMatchObject({ round: 3, seats: [{ vote: null }] })
    expect(run.vote('a', 'approved', { round: 1 }).step).toBe('first')
  })

  it('when it is withdrawn or cancelled, then nothing counts any more', () => {
    for (const [type, state] of [
      ['WITHDRAW', WITHDRAWN],
      ['CANCEL', CANCELLED],
    ] as const) {
      const run = play(['a'], '1').move({ type }).vote('a', 'approved')
      expect([run.step, run.snapshot.status]).toEqual([state, 'done'])
    }
  })
})

describe('voices', () => {
  const content = (rule: 'one' | 'all' | 'majority') =>
    definition(
      start(way('next', 'ask')),
      approval('ask', [way('approved', 'yes'), way('refused', 'no')], { rule }),
      ...ends,
    )
  const outcome = (rule: 'one' | 'all' | 'majority', people: string[], votes: string) => {
    const run = play(people, '0', content(rule))
    for (const [index, vote] of [...votes].entries())
      run.vote(people[index]!, vote === '+' ? 'approved' : 'refused')
    return run.step
  }
  it.each([
    ['majority', 'abc', '++', 'yes'],
    ['majority', 'abc', '+-', 'ask'],
    ['majority', 'abc', '--', 'no'],
    ['majority', 'abcd', '++', 'ask'],
    ['majority', 'abcd', '--', 'no'],
    ['majority', 'abcd', '+++', 'yes'],
    ['all', 'abc', '++', 'ask'],
    ['all', 'abc', '+++', 'yes'],
    ['all', 'abc', '+-', 'no'],
    ['one', 'abc', '-', 'no'],
    ['one', 'abc', '+', 'yes'],
  ] as const)('%s of %s: %s leads to %s', (rule, people, votes, step) => {
    expect(outcome(rule, [...people], votes)).toBe(step)
  })

  it('are refused with the reason', () => {
    const step = approval('ask', [way('approved', 'yes'), way('refused', 'no')], { rule: 'all' })
    const seat = (no: number, holder: string, by: string | null = null) => ({
      ...{ no, holders: [holder], overrides: false },
      vote: by === null ? null : { by, behalfOf: null, outcome: 'approved' as const },
    })
    const context = { round: 2, starterId: 's', seats: [seat(1, 'a', 'a'), seat(2, 'b'), seat(3, 'c')] }
    const why = (
      no: number,
      by: string,
      behalfOf: string | null = null,
      answer: TaskOutcome = 'approved',
      round = 2,
    ) => refusalOf(step, context, { seat: no, round, vote: { by, behalfOf, outcome: answer } })
    expect([why(2, 'b'), why(2, 'x', 'b')]).toEqual([null, null])
    expect([why(2, 'b', null, 'approved', 1), why(9, 'b')]).toEqual(['passed', 'passed'])
    expect([why(1, 'a'), why(2, 'x'), why(2, 's', 'b')]).toEqual(['decided', 'notYours', 'ownProcess'])
    // a has spoken, c has a seat of his own
    expect([why(2, 'a', 'b'), why(2, 'c', 'b')]).toEqual(['oneVoice', 'oneVoice'])
    expect([why(2, 'b', null, 'sentBack'), why(2, 'b', null, 'done')]).toEqual(['outcome', 'outcome'])
  })

  it('that come by escalation decide alone', () => {
    const run = play(['a', 'b'], '0', content('all')).vote('a', 'approved')
    run.move({ type: 'ESCALATE', round: 0, holders: ['boss'] })
    expect(run.snapshot.context.seats).toHaveLength(2)
    run.move({ type: 'ESCALATE', round: 1, holders: ['boss'] })
    expect(run.vote('boss', 'approved').step).toBe('yes')
  })
})

test('a deadline counts only where the definition says so, and only in its round', () => {
  const deadlines = [{ after: { hours: 1, working: false }, then: 'timeOut' as const, to: [] }]
  const ways = [way('approved', 'yes'), way('refused', 'no'), way('timedOut', 'no')]
  const content = definition(start(way('next', 'ask')), approval('ask', ways, { deadlines }), ...ends)
  expect(play(['a'], '0', content).move({ type: 'TIME_OUT', round: 0 }).step).toBe('ask')
  expect(play(['a'], '0', content).move({ type: 'TIME_OUT', round: 1 }).step).toBe('no')
  expect(play(['a'], '0').move({ type: 'TIME_OUT', round: 1 }).step).toBe('first')
})

/** Definitions that lead forwards, with guarded ways to anywhere from steps that ask somebody. */
const definitions = fc
  .array(
    fc.record({
      kind: fc.constantFrom('approval', 'task', 'decision', 'action'),
      rule: fc.constantFrom('one', 'all', 'majority' as const),
      jumps: fc.array(fc.tuple(fc.nat(), fc.constantFrom('0', '500', '5000')), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((drafts) => {
    const key = (index: number) => (index < drafts.length ? `step${index}` : 'yes')
    const steps = drafts.map(({ kind, rule, jumps }, index): ProcessStep => {
      const anywhere = (on: 'approved' | 'sentBack') =>
        jumps.flatMap(([to, above]) => {
          const target = key(to % (drafts.length + 1))
          return target === key(index) ? [] : [way(on, target, above)]
        })
      if (kind === 'task') return task(key(index), key(index + 1))
      if (kind === 'action') return action(key(index), key(index + 1))
      if (kind === 'decision') {
        const ahead = jumps.map(([to, above]) =>
          way('next', key(index + 1 + (to % (drafts.length - index))), above),
        )
        return decision(key(index), ...ahead, way('next', key(index + 1)))
      }
      const back = index > 0 ? [way('sentBack', 'step0')] : []
      return approval(
        key(index),
        [...anywhere('approved'), way('approved', key(index + 1)), way('refused', 'no'), ...back],
        { rule },
      )
    })
    return definition(start(way('next', 'step0')), ...steps, end('yes', 'done'), end('no', 'refused'))
  })

test('a definition without faults ends or waits for somebody, whatever is answered; nobody counts twice', () => {
  const answers = fc.array(
    fc.tuple(fc.nat(3), fc.constantFrom<TaskOutcome>('approved', 'refused', 'sentBack', 'done'), fc.nat(4)),
    { maxLength: 60 },
  )
  let played = 0
  fc.assert(
    fc.property(definitions, answers, fc.constantFrom('0', '700', '9000'), (content, votes, amount) => {
      fc.pre(checkDefinition(content, around).every(({ reason }) => reason.code === 'workflow.unreachable'))
      played++
      const people = ['p0', 'p1', 'p2']
      const run = new Play(compile(content, fields), people, amount)
      for (const [who, outcome, seat] of votes) {
        const { value, context, status } = run.snapshot
        if (status === 'done') break
        expect(run.waiting?.key).toBe(value)
        expect(context.seats.some(({ vote, holders }) => vote === null && holders.length > 0)).toBe(true)
        const voices = context.seats.flatMap(({ vote }) => vote?.by ?? [])
        expect(new Set(voices).size).toBe(voices.length)
        run.vote(`p${who}`, outcome, seat > 0 ? { seat } : {})
      }
      if (run.snapshot.status === 'done') expect(run.machine.steps.get(run.step)?.kind).toBe('end')
    }),
    { numRuns: 300 },
  )
  expect(played).toBeGreaterThan(100)
})
