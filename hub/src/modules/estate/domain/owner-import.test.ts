import { expect, test } from 'vitest'
import { personKey, planOwners, type KnownOwners, type WrittenOwner } from './owner-import.ts'

const nothing: KnownOwners = { current: new Map(), everOwned: new Set(), people: new Map() }
const written = (more: Partial<WrittenOwner>): WrittenOwner => ({
  ...{ row: 2, roomId: 'r1', buildingId: 'b1', name: '张伟', phone: '138 0013 8000', share: null },
  ...more,
})
const plan = (rows: WrittenOwner[], known: KnownOwners = nothing) => {
  let made = 0
  return planOwners(
    rows,
    known,
    () => '李娜',
    () => `new${++made}`,
  )
}

test('one person of two rooms is one person', () => {
  const two = plan([written({}), written({ row: 3, roomId: 'r2', phone: '13800138000', share: '50' })])
  expect(two.people).toEqual([{ id: 'new1', name: '张伟', phone: '138 0013 8000' }])
  expect(two.roles).toMatchObject([
    { roomId: 'r1', partyId: 'new1', since: 'always' },
    { roomId: 'r2', partyId: 'new1', share: '50' },
  ])
})

test('the same file again changes nothing, another owner is refused', () => {
  const known: KnownOwners = {
    current: new Map([['r1', 'p1']]),
    everOwned: new Set(['r1', 'r2']),
    people: new Map([[personKey('张伟', '13800138000'), 'p1']]),
  }
  expect(plan([written({})], known)).toMatchObject({ people: [], roles: [], errors: [] })
  expect(plan([written({ name: '李娜', phone: null })], known)).toMatchObject({ roles: [], errors: [] })
  expect(plan([written({ name: '王芳' })], known).errors).toEqual([
    { row: 2, column: 'owner', reason: { code: 'room.other_owner', name: '李娜' } },
  ])
  expect(plan([written({ roomId: 'r2' })], known).roles).toMatchObject([{ partyId: 'p1', since: 'now' }])
})
