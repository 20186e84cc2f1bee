import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedFields, maskedValues } from './changes.ts'

const paths = (before: unknown, after: unknown) =>
  changedFields(before, after).map(({ path, before: old, after: now }) => [path.join('.'), old, now])

test('tells what differs, inside of objects too', () => {
  const before = { name: 'A', place: { all: false, projectIds: ['1'] }, note: 'x' }
  const after = { name: 'B', place: { all: false, projectIds: ['1', '2'] }, note: 'x', active: true }
  expect(paths(before, after)).toEqual([
    ['name', 'A', 'B'],
    ['place.projectIds', ['1'], ['1', '2']],
    ['active', null, true],
  ])
})

test('all of what is new, all of what is gone, and what is no object', () => {
  expect(paths(null, { name: 'A', size: { w: 1 } })).toEqual([
    ['name', null, 'A'],
    ['size.w', null, 1],
  ])
  expect(paths({ name: 'A' }, null)).toEqual([['name', 'A', null]])
  expect(paths('open', 'closed')).toEqual([['value', 'open', 'closed']])
  expect(paths({ at: 'x' }, { at: { a: 1 } })).toEqual([['at', 'x', { a: 1 }]])
  expect(paths(null, undefined)).toEqual([])
})

test('nothing differs from itself, and everything that differs is told', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (one, other) => {
        expect(changedFields(one, one)).toEqual([])
        const same = JSON.stringify(one) === JSON.stringify(other)
        if (same) expect(changedFields(one, other)).toEqual([])
      },
    ),
  )
})

test('masks a field wherever it stands', () => {
  const hide = () => '***'
  const value = { phone: '1', people: [{ phone: '2', name: 'n' }], contact: { phone: ['3'] }, count: 4 }
  expect(maskedValues(value, (name) => (name === 'phone' ? hide : null))).toEqual({
    phone: '***',
    people: [{ phone: '***', name: 'n' }],
    contact: { phone: ['***'] },
    count: 4,
  })
  expect(maskedValues(null, () => hide)).toBeNull()
})
