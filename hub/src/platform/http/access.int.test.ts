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

test('what is refused counts as well: by address for strangers, by person for those who are known', async () => {
  const path = '/api/reminders/look'
  const from = (remoteAddress: string, headers: object = {}) =>
    hub.app.inject({ method: 'POST', url: path, payload: {}, remoteAddress, headers: { ...headers } })
  const many = async (ask: () => ReturnType<typeof from>) => {
    const statuses = []
    for (let count = 0; count < 11; count++) statuses.push((await ask()).statusCode)
    return [...new Set(statuses)]
  }
  expect(await many(() => from('10.0.0.1'))).toEqual([401, 429])
  expect((await from('10.0.0.2')).statusCode).toBe(401)
  const [clerk, other] = [await hub.as('billingClerk'), await hub.as('billingClerk')]
  // Another address does not make another person
  let last = 0
  expect(await many(() => from(`10.0.1.${++last}`, clerk.headers))).toEqual([403, 429])
  expect((await from('10.0.1.1', other.headers)).statusCode).toBe(403)
})

test('strangers who ask and ask are sent away before anything is looked up; those who are signed in are not', async () => {
  const flooding = { url: '/api/users', remoteAddress: '10.0.2.1' }
  const statuses = new Map<number, number>()
  for (let count = 0; count < 1_210; count++) {
    const { statusCode } = await hub.app.inject(flooding)
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1)
  }
  expect(Object.fromEntries(statuses)).toEqual({ 401: 1_200, 429: 10 })
  const { headers } = await hub.as('administrator')
  expect((await hub.app.inject({ ...flooding, headers })).statusCode).toBe(200)
  const refused = await hub.app.inject(flooding)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(refused.json()).toMatchObject({ error: { code: 'rate.limited' } })
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
