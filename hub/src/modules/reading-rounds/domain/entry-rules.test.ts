import { expect, test } from 'vitest'
import { canBeAccepted, conflictOf, correctedInstant, nextState } from './entry-rules.ts'

const fine = {
  isAssignee: true,
  withdrawn: false,
  isRead: true,
  serial: 'A',
  installed: { serial: 'A', readLater: false },
}

test.each([
  ['nothing stands against it', {}, null],
  ['handed to somebody else', { isAssignee: false, withdrawn: true }, 'reassigned'],
  ['withdrawn', { withdrawn: true }, 'taskClosed'],
  ['no meter there', { installed: null }, 'noMeter'],
  ['another meter there', { installed: { serial: 'B', readLater: true } }, 'meterReplaced'],
  ['a later read there', { installed: { serial: 'A', readLater: true } }, 'newerRead'],
  ['no read at all, whatever hangs there', { isRead: false, installed: null }, null],
] as const)('%s', (_name, change, conflict) => {
  expect(conflictOf({ ...fine, ...change })).toBe(conflict)
})

test('a clock that is off is corrected, a slow network is not, nothing lies in the future', () => {
  expect(correctedInstant(1_000_000, 2_000_000, 2_030_000)).toEqual({ atMs: 1_000_000, offsetMs: 30_000 })
  expect(correctedInstant(1_000_000, 2_000_000, 5_600_000)).toEqual({ atMs: 4_600_000, offsetMs: 3_600_000 })
  expect(correctedInstant(9_000_000, 9_000_000, 8_970_000).atMs).toBe(8_970_000)
})

test('a reading settles a meter, a conflict never undoes one, the next reader keeps his list', () => {
  expect(nextState('unreadable', { isRead: true, conflict: null })).toBe('read')
  expect(nextState('read', { isRead: false, conflict: null })).toBeNull()
  expect(nextState('read', { isRead: true, conflict: 'newerRead' })).toBeNull()
  expect(nextState('open', { isRead: true, conflict: 'newerRead' })).toBe('setAside')
  expect(nextState('open', { isRead: true, conflict: 'reassigned' })).toBeNull()
})

test('a reading of another meter is never accepted for this one', () => {
  expect(canBeAccepted('meterReplaced')).toBe(false)
  expect(canBeAccepted('newerRead')).toBe(true)
})
