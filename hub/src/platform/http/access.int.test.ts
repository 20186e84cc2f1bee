import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiRoutes, type RouteKey } from '@courtyard/protocols/contract'
import { builtinRoleCodes } from '../auth/builtin-roles.ts'
import { defaultsOf } from '../auth/permissions.ts'
import { startTestHub, type TestClient, type TestHub } from '../testing.ts'
import type { Access } from './route.ts'

let hub: TestHub
/** Every route of the contract that the hub has registered, with what it asks for. */
const registered = new Map<RouteKey, Access>()
beforeAll(async () => {
  hub = await startTestHub()
  for (const { routeKey, access } of hub.app.routeAccess) registered.set(routeKey, access)
})
afterAll(() => hub.stop())

/** Parameters, query and body that a route's schema does not refuse at once; ids of nothing. */
function anyInput(key: RouteKey, projectId: string) {
  const names = [...key.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  const params = Object.fromEntries(
    names.map((name) => [
      name,
      key.includes('/projects/:id') ? projectId : name === 'id' ? randomUUID() : '1',
    ]),
  )
  return { params, query: { projectId, q: 'x' }, body: bodyFor(key) } as never
}

function bodyFor(key: RouteKey) {
  if (key.startsWith('GET')) return undefined
  return 'csv' in apiRoutes[key] ? 'building,room' : {}
}

const statusOf = async (client: TestClient, key: RouteKey, projectId: string = randomUUID()) =>
  (await client.raw(key, anyInput(key, projectId))).status

test('every route of the contract is registered', () => {
  expect([...registered.keys()].sort()).toEqual(Object.keys(apiRoutes).sort())
})

test('public are only these', () => {
  expect(
    [...registered]
      .filter(([, access]) => access === null)
      .map(([key]) => key)
      .sort(),
  ).toEqual([
    'GET /api/health',
    'GET /api/health/live',
    'GET /api/setup',
    'POST /api/auth/sign-in',
    'POST /api/edge/enrol',
    'POST /api/message-receipts/:channel/:token',
    'POST /api/portal/codes',
    'POST /api/portal/sign-in',
    'POST /api/setup',
  ])
})

test('without a session every other route answers 401, whatever is sent', async () => {
  for (const [key, access] of registered) {
    if (access === null) continue
    expect([key, await statusOf(hub.anonymous, key)]).toEqual([key, 401])
  }
  expect((await hub.app.inject('/api/live')).statusCode).toBe(401)
})

describe.each(builtinRoleCodes)('%s', (role) => {
  test('is refused with 403 where the permission is missing, and only there', async () => {
    const client = await hub.as(role)
    for (const [key, access] of registered) {
      // Signing out would end the walk
      if (access === null || key === 'POST /api/auth/sign-out') continue
      const status = await statusOf(client, key)
      if (hub.app.doors.has(access)) {
        // Sessions of staff are none there
        expect([key, status]).toEqual([key, 401])
        continue
      }
      const allowed = access === 'signedIn' || defaultsOf(role).includes(access)
      expect([key, status === 403]).toEqual([key, !allowed])
    }
  })
})

test('a project outside the scope is 404 in every route that names one; lists show nothing of it', async () => {
  const administrator = await hub.as('administrator')
  const mine = await administrator.call('POST /api/projects', { body: { code: 'mine', name: 'Mine' } })
  const theirs = await administrator.call('POST /api/projects', { body: { code: 'theirs', name: 'Theirs' } })
  const scoped = await hub.as('administrator', [mine.id])
  expect(await scoped.call('GET /api/projects')).toEqual([mine])
  for (const key of registered.keys()) {
    // Those with a body of their own are walked in test/scope
    if (!key.includes('/projects/:id') || !(key.startsWith('GET') || 'csv' in apiRoutes[key])) continue
    expect([key, await statusOf(scoped, key, theirs.id)]).toEqual([key, 404])
  }
  const byQuery = [...registered.keys()].filter((key) => takesProject(key))
  expect(byQuery.length).toBeGreaterThan(0)
  for (const key of byQuery) {
    const { status, body } = await scoped.raw(key, { query: { projectId: theirs.id } } as never)
    expect([key, status >= 400 || isEmptyList(body)]).toEqual([key, true])
  }
  expect(
    (await hub.app.inject({ url: `/api/live?projectId=${theirs.id}`, headers: scoped.headers })).statusCode,
  ).toBe(404)
})

test('a CSV route takes no JSON', async () => {
  const administrator = await hub.as('administrator')
  const params = { id: randomUUID() }
  const answer = await administrator.raw('POST /api/projects/:id/rooms/import', { params, body: {} as never })
  expect(answer).toMatchObject({ status: 415, body: { error: { code: 'input.unsupported_media' } } })
})

function takesProject(key: RouteKey): boolean {
  const contract = apiRoutes[key] as { query?: { shape: object } }
  return key.startsWith('GET') && !key.includes(':') && 'projectId' in (contract.query?.shape ?? {})
}

function isEmptyList(body: unknown): boolean {
  const list = Array.isArray(body) ? body : (body as { items?: unknown[] }).items
  return list?.length === 0
}
