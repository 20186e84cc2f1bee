import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holdsRow, opensRow, type Grant, type Place } from '../auth/grant.ts'
import { commonPlace, missingFor, narrowGrants, type KeyScope } from './key-grants.ts'

const projects = ['p1', 'p2', 'p3'] as const
/** Two buildings in each project. */
const buildings = projects.flatMap((projectId) =>
  ['a', 'b'].map((one) => ({ id: `${projectId}${one}`, projectId })),
)
const permissions = ['meters.read', 'meters.write', 'bills.read'] as const

const place: fc.Arbitrary<Place> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Place>({ all: true }) },
  {
    weight: 4,
    arbitrary: fc.record({
      all: fc.constant(false as const),
      projectIds: fc.subarray([...projects]),
      buildings: fc.subarray(buildings),
    }),
  },
)
const grant: fc.Arbitrary<Grant> = fc.record({
  permissions: fc.subarray([...permissions]).map((some) => new Set<string>(some)),
  place,
  records: fc.constantFrom('all' as const, 'department' as const, 'own' as const),
  departmentIds: fc.constant(['d1']),
})
const scope: fc.Arbitrary<KeyScope> = fc.record({ permissions: fc.subarray([...permissions]), place })
const row = fc
  .record({
    projectId: fc.constantFrom(...projects),
    buildingId: fc.constantFrom(null, ...buildings.map(({ id }) => id)),
    departmentId: fc.constantFrom('d1', 'd2'),
    ownerIds: fc.constantFrom(['me'], ['other']),
  })
  .filter(({ projectId, buildingId }) => buildingId === null || buildingId.startsWith(projectId))

const opens = (grants: readonly Grant[], permission: string, one: Parameters<typeof opensRow>[2]) =>
  grants.some((each) => each.permissions.has(permission) && opensRow(each, 'me', one))

test('a key opens a row exactly when its owner may and the row lies in the place of the key', () => {
  fc.assert(
    fc.property(
      fc.array(grant, { maxLength: 4 }),
      scope,
      row,
      fc.constantFrom(...permissions),
      (grants, key, one, permission) => {
        const expected =
          key.permissions.includes(permission) && holdsRow(key.place, one) && opens(grants, permission, one)
        expect(opens(narrowGrants(grants, key), permission, one)).toBe(expected)
      },
    ),
  )
})

test('what lies in both places is the same from either side', () => {
  fc.assert(
    fc.property(place, place, row, (left, right, one) => {
      const inBoth = holdsRow(left, one) && holdsRow(right, one)
      expect(holdsRow(commonPlace(left, right), one)).toBe(inBoth)
      expect(holdsRow(commonPlace(right, left), one)).toBe(inBoth)
    }),
  )
})

test('who lacks nothing gives a key that does all that it says', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 4 }), scope, row, (grants, key, one) => {
      fc.pre(missingFor(grants, key, 'meters.read').length === 0)
      for (const permission of key.permissions) {
        if (!holdsRow(key.place, one)) continue
        const placeOnly = grants.map((each) => ({ ...each, records: 'all' as const }))
        expect(opens(narrowGrants(placeOnly, key), permission, one)).toBe(true)
      }
    }),
  )
})

test('a key for nowhere is not given by somebody without the right', () => {
  const nowhere: Place = { all: false, projectIds: [], buildings: [] }
  expect(missingFor([], { permissions: ['bills.read'], place: nowhere }, 'apiKeys.manage')).toEqual([
    'apiKeys.manage',
    'bills.read',
  ])
})
