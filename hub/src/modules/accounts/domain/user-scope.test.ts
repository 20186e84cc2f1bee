import { expect, it } from 'vitest'
import { covers } from './user-scope.ts'

it('covers what is within', () => {
  expect(covers(null, null)).toBe(true)
  expect(covers(null, ['a'])).toBe(true)
  expect(covers(['a', 'b'], ['b'])).toBe(true)
  expect(covers(['a'], [])).toBe(true)
  expect(covers(['a'], ['a', 'b'])).toBe(false)
  expect(covers(['a'], null)).toBe(false)
})
