import { expect, test } from 'vitest'
import { draftOf, inputOf, isComplete, withBuilding, withProject } from './place-draft.ts'

const building = { id: 'b1', projectId: 'p1' }

test('a whole project takes the place of its buildings', () => {
  const some = withBuilding({ all: true }, building, true)
  expect(some).toEqual({ all: false, projectIds: [], buildings: [building] })
  const whole = withProject(some, 'p1', true)
  expect(whole).toEqual({ all: false, projectIds: ['p1'], buildings: [] })
  expect(withProject(whole, 'p1', false)).toEqual({ all: false, projectIds: [], buildings: [] })
})

test('a role counts to the end of its last day, and needs a place', () => {
  const draft = { ...draftOf(null, 'engineer'), until: '2026-12-31' }
  expect(new Date(inputOf(draft).until!).getTime()).toBe(new Date(2026, 11, 31, 23, 59, 59).getTime())
  expect(isComplete(draft)).toBe(true)
  expect(isComplete({ ...draft, place: { all: false, projectIds: [], buildings: [] } })).toBe(false)
})
