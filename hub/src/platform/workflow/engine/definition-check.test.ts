import { describe, expect, it } from 'vitest'
import type { ProcessContent } from '@courtyard/protocols/contract'
import { checkDefinition } from './definition-check.ts'
import { action, approval, around, decision, definition, end, start, task, way } from './testing.ts'

const ends = [end('yes', 'approved'), end('no', 'refused')]
const ways = [way('approved', 'yes'), way('refused', 'no')]
const codes = (content: ProcessContent, surroundings = around) =>
  checkDefinition(content, surroundings).map(
    ({ step, reason }) => `${step ?? '-'} ${reason.code.replace('workflow.', '')}`,
  )
const begin = start(way('next', 'ask'))

describe('a definition', () => {
  it('with everything in its place has no faults', () => {
    const content = definition(start(way('next', 'size')), decision('size', way('next', 'ask', '10'), way('next', 'stamp')), approval('ask', [...ways, way('sentBack', 'fix')]), task('fix', 'size'), action('stamp', 'yes'), ...ends) // prettier-ignore
    expect(codes(content)).toEqual([])
  })

  it.each<[string, ProcessContent, string[]]>([
    ['no start', definition(approval('ask', ways), ...ends), ['- no_start']],
    [
      'two starts',
      definition(begin, { ...begin, key: 'again' }, approval('ask', ways), ...ends),
      ['again two_starts', 'again unreachable'],
    ],
    ['no end', definition(begin, task('ask', 'more'), task('more', 'ask')), ['- no_end']],
    ['a key twice', definition(begin, approval('ask', ways), ...ends, end('yes', 'done')), ['yes key_twice']],
    [
      'an unknown target',
      definition(begin, approval('ask', [way('approved', 'gone'), way('refused', 'no')]), ...ends),
      ['ask unknown_target', 'yes unreachable'],
    ],
    [
      'a way to the start',
      definition(begin, approval('ask', [...ways, way('sentBack', 'start')]), ...ends),
      ['ask to_start'],
    ],
    [
      'a way to itself',
      definition(begin, approval('ask', [...ways, way('sentBack', 'ask')]), ...ends),
      ['ask to_itself'],
    ],
    [
      'a step that nobody reaches',
      definition(begin, approval('ask', ways), task('lost', 'yes'), ...ends),
      ['lost unreachable'],
    ],
    [
      'a trap',
      definition(
        begin,
        approval('ask', [way('approved', 'yes'), way('refused', 'in')]),
        task('in', 'round'),
        task('round', 'in'),
        ends[0]!,
      ),
      ['in never_ends', 'round never_ends'],
    ],
    [
      'a loop without people',
      definition(
        start(way('next', 'one')),
        decision('one', way('next', 'two', '5'), way('next', 'yes')),
        action('two', 'one'),
        ends[0]!,
      ),
      ['one automatic_loop'],
    ],
    [
      'a result without a way',
      definition(begin, approval('ask', [way('approved', 'yes')]), ends[0]!),
      ['ask signal_missing'],
    ],
    [
      'a foreign result',
      definition(begin, approval('ask', [...ways, way('done', 'yes')]), ...ends),
      ['ask signal_foreign'],
    ],
    [
      'only guarded ways',
      definition(begin, approval('ask', [way('approved', 'yes', '5'), way('refused', 'no')]), ...ends),
      ['ask no_default'],
    ],
    [
      'a way behind an open one',
      definition(begin, approval('ask', [...ways, way('approved', 'no', '5')]), ...ends),
      ['ask after_default'],
    ],
    [
      'nobody asked',
      definition(begin, approval('ask', ways, { candidates: [] }), ...ends),
      ['ask no_candidates'],
    ],
    [
      'only the starter, who has no voice',
      definition(begin, approval('ask', ways, { candidates: [{ kind: 'starter' }] }), ...ends),
      ['ask starter_alone'],
    ],
    [
      'an unknown role',
      definition(begin, approval('ask', ways, { candidates: [{ kind: 'role', role: 'king' }] }), ...ends),
      ['ask unknown_role'],
    ],
    [
      'somebody who left',
      definition(begin, approval('ask', ways, { candidates: [{ kind: 'people', ids: ['x'] }] }), ...ends),
      ['ask unknown_person'],
    ],
    [
      'a deadline that hands on to nobody',
      definition(
        begin,
        approval('ask', ways, {
          deadlines: [{ after: { hours: 1, working: true }, then: 'escalate', to: [] }],
        }),
        ...ends,
      ),
      ['ask escalate_to_nobody'],
    ],
    [
      'a deadline that leads nowhere',
      definition(
        begin,
        approval('ask', ways, {
          deadlines: [{ after: { hours: 1, working: true }, then: 'timeOut', to: [] }],
        }),
        ...ends,
      ),
      ['ask signal_missing'],
    ],
    [
      'an unknown action',
      definition(start(way('next', 'act')), { ...action('act', 'yes'), action: 'dance' } as never, ends[0]!),
      ['act unknown_action'],
    ],
    [
      'working time that ends before it begins',
      {
        ...definition(begin, approval('ask', ways), ...ends),
        workingTime: { days: [1], from: '18:00', to: '09:00' },
      },
      ['- working_time'],
    ],
  ])('with %s is refused by name', (_, content, expected) => {
    expect(codes(content)).toEqual(expected)
  })

  it.each([
    ['colour', 'eq', 'red', 'unknown_field'],
    ['urgent', 'gt', 'true', 'operator'],
    ['urgent', 'eq', 'maybe', 'value'],
    ['amount', 'gt', 'a lot', 'value'],
    ['amount', 'gt', '1.234', 'value'],
    ['day', 'lt', '2026-02-30', 'value'],
  ] as const)('that asks whether %s %s %s: %s', (field, is, value, code) => {
    const when = { anyOf: [{ allOf: [{ field, is, values: [value] }] }] }
    const content = definition(start({ on: 'next', to: 'no', when }, way('next', 'yes')), ...ends)
    expect(codes(content)).toEqual([`start ${code}`])
  })

  it('about something that nobody knows is refused', () => {
    expect(codes(definition(begin, approval('ask', ways), ...ends), { ...around, subject: null })).toEqual([
      '- unknown_subject',
    ])
  })
})
