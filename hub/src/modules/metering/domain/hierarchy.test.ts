import { expect, it } from 'vitest'
import { findCycle } from './hierarchy.ts'

it('finds a circle of parents, however it is reached, and nothing in a tree', () => {
  expect(findCycle(new Map([['a', 'b'], ['b', null], ['c', 'b'], ['d', 'elsewhere']]))).toBeNull() // prettier-ignore
  expect(findCycle(new Map([['a', 'a']]))).toEqual(['a'])
  expect(findCycle(new Map([['x', 'a'], ['a', 'b'], ['b', 'c'], ['c', 'a']]))).toEqual(['a', 'b', 'c']) // prettier-ignore
})
