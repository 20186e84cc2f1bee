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

test('what is told leads from before to after, and nothing is told of what stays', () => {
  const flat = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()))
  fc.assert(
    fc.property(flat, flat, (before, after) => {
      const told = new Map(changedFields(before, after).map((one) => [one.path[0]!, one]))
      for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
        const [old, now] = [before, after].map((values) =>
          Object.hasOwn(values, name) ? values[name]! : null,
        )
        const expected = old === now ? undefined : { path: [name], before: old, after: now }
        expect(told.get(name)).toEqual(expected)
      }
    }),
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
