import fc from 'fast-check'
import { expect, test } from 'vitest'
import { coversPlace, opensRow, type Grant, type Place, type RowPlace } from './grant.ts'
import { lacking } from './granting.ts'
import { maskIdentityNumber, maskPhone } from './sensitive.ts'
import { scopeSql } from './scope-sql.ts'

const ids = fc.constantFrom('a', 'b', 'c')
const buildings = fc.constantFrom(
  { id: 'a1', projectId: 'a' },
  { id: 'a2', projectId: 'a' },
  { id: 'b1', projectId: 'b' },
)
const place: fc.Arbitrary<Place> = fc.oneof(
  fc.constant({ all: true } as const),
  fc.record({
    all: fc.constant(false as const),
    projectIds: fc.uniqueArray(ids),
    buildings: fc.uniqueArray(buildings),
  }),
)
const grant: fc.Arbitrary<Grant> = fc.record({
  permissions: fc.constant(new Set(['x.read'])),
  place,
  records: fc.constantFrom('all', 'department', 'own'),
  // A person has one department, whatever the grant
  departmentIds: fc.constant(['d1']),
})
const row: fc.Arbitrary<RowPlace> = fc
  .record({
    building: fc.option(buildings),
    project: ids,
    departmentId: fc.option(fc.constantFrom('d1', 'd2')),
    ownerIds: fc.array(fc.constantFrom('me', 'you'), { maxLength: 1 }),
  })
  .map(({ building, project, ...rest }) => ({
    projectId: building?.projectId ?? project,
    buildingId: building?.id ?? null,
    ...rest,
  }))

/** Works out the condition for one row, the way PostgreSQL would. */
function holds(sql: string, params: readonly unknown[], one: RowPlace): boolean {
  const columns: Record<string, unknown> = {
    project: one.projectId,
    building: one.buildingId,
    department: one.departmentId,
    owner: one.ownerIds?.[0] ?? null,
  }
  const filled = sql
    .replace(/(\w+) = any\(\$(\d+)::uuid\[\]\)/g, (_, column: string, at: string) =>
      String((params[Number(at) - 1] as unknown[]).includes(columns[column])),
    )
    .replace(/(\w+) = \$(\d+)::uuid/g, (_, column: string, at: string) =>
      String(columns[column] === params[Number(at) - 1]),
    )
  expect(filled).toMatch(/^(true|false| and | or |[()])+$/)
  let text = filled
  for (let before = ''; before !== text;) {
    before = text
    text = text
      .replace(/\((true|false)\)/g, '$1')
      .replace(/(true|false) and (true|false)/g, (_, a: string, b: string) =>
        String(a === 'true' && b === 'true'),
      )
      .replace(/\(((?:true|false)(?: or (?:true|false))+)\)/g, (_, list: string) =>
        String(list.includes('true')),
      )
      .replace(/^((?:true|false)(?: or (?:true|false))+)$/, (list) => String(list.includes('true')))
  }
  return text === 'true'
}

test('the condition in SQL opens the rows that the grants open, and mentions every value', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 4 }), row, (grants, one) => {
      const params: unknown[] = []
      const columns = { project: 'project', building: 'building', department: 'department', owner: 'owner' }
      const sql = scopeSql({ id: 'me', grants }, 'x.read', columns, params)
      const mentioned = new Set([...sql.matchAll(/\$(\d+)/g)].map((match) => match[1]))
      expect(mentioned.size).toBe(params.length)
      expect(holds(sql, params, one)).toBe(grants.some((each) => opensRow(each, 'me', one)))
    }),
    { numRuns: 2_000 },
  )
})

test('what is given lies within what the giver has: whoever gets it sees no row that the giver does not', () => {
  fc.assert(
    fc.property(fc.array(grant, { maxLength: 3 }), place, row, (grants, given, one) => {
      const giver = grants.map((each) => ({ ...each, permissions: new Set(['x.read', 'users.manage']) }))
      const rights = { roleCode: 'r', permissions: ['x.read'], place: given, records: 'all' as const }
      if (lacking(giver, rights, null, 'users.manage').length > 0) return
      const got: Grant = { permissions: new Set(['x.read']), place: given, records: 'all', departmentIds: [] }
      if (opensRow(got, 'you', one)) expect(giver.some((each) => opensRow(each, 'me', one))).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('a place covers itself and what is in it, never all', () => {
  fc.assert(
    fc.property(place, (one) => {
      expect(coversPlace(one, one)).toBe(true)
      expect(coversPlace(one, { all: true })).toBe(one.all)
    }),
  )
})

test('of phone and identity numbers enough stays to recognise one, not to use it', () => {
  expect(maskPhone('13800001234')).toBe('138****1234')
  expect(maskIdentityNumber('110101199003078888')).toBe('110***********8888')
  expect(maskPhone('12345')).toBe('***45')
  expect(maskPhone('')).toBe('')
})
