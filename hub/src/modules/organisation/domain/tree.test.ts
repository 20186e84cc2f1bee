import { expect, test } from 'vitest'
import { inTreeOrder } from './tree.ts'

test('a tree is told from the top, siblings as they come', () => {
  const node = (id: string, parentId: string | null) => ({ id, parentId })
  const nodes = [
    node('b', 'a'),
    node('d', 'b'),
    node('a', null),
    node('c', 'a'),
    node('z', null),
    node('x', 'gone'),
  ]
  expect(inTreeOrder(nodes).map(({ id }) => id)).toEqual(['a', 'b', 'd', 'c', 'z', 'x'])
})
