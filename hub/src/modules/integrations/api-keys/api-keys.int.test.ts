import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiKey, RouteKey } from '@courtyard/protocols/contract'
import { manualClock } from '../../../platform/clock.ts'
import { startTestHub, type CallInput, type TestClient, type TestHub } from '../../../platform/testing.ts'
import { accountsModule } from '../../accounts/index.ts'
import { callsModule } from '../../calls/index.ts'
import { estateModule } from '../../estate/index.ts'
import { logsModule } from '../../logs/index.ts'
import { lostAndFoundModule } from '../../lost-and-found/index.ts'
import { notificationsModule } from '../../notifications/index.ts'
import { recordsModule } from '../../records/index.ts'
import { integrationsModule } from '../index.ts'

const clock = manualClock('2026-11-22T04:00:00Z')
let hub: TestHub
let root: TestClient
let mine: string
let other: string

beforeAll(async () => {
  const ofRecords = [accountsModule, estateModule, recordsModule, lostAndFoundModule]
  const modules = [...ofRecords, callsModule, notificationsModule, logsModule, integrationsModule]
  hub = await startTestHub({ modules, clock })
  root = await hub.as('administrator')
  const project = async (code: string) =>
    (await hub.hub.db.prisma.project.create({ data: { code, name: code, timeZone: 'Asia/Shanghai' } })).id
  mine = await project('mine')
  other = await project('other')
})
afterAll(() => hub.stop())

let made = 0
type Wish = Partial<Pick<ApiKey, 'permissions' | 'perMinute' | 'expiresAt'>> & {
  projectIds?: string[] | null
}
/** `projectIds: null` for all. */
function makeKey(owner: TestClient, { projectIds = [mine], ...wish }: Wish = {}) {
  const place = projectIds === null ? ({ all: true } as const) : ({ all: false, projectIds } as const)
  const body = { name: `Key ${++made}`, permissions: ['estate.read'], expiresAt: null, place, ...wish }
  return owner.call('POST /api/api-keys', { body })
}
const ask = <K extends RouteKey>(secret: string, key: K, input: CallInput<K> = {}) =>
  hub.anonymous.raw(key, { ...input, headers: { ...input.headers, authorization: `Bearer ${secret}` } })
const codeOf = ({ body }: { body: unknown }) => (body as { error?: { code: string } }).error?.code
const names = ({ body }: { body: unknown }) => (body as { name: string }[]).map(({ name }) => name)

test('a key is shown once, kept as a hash, and opens what it was made for, without a session or a token', async () => {
  const permissions = ['estate.read', 'lostItem.read', 'lostItem.write']
  const { key, secret } = await makeKey(root, { permissions })
  expect(secret).toMatch(/^cy_[0-9a-f]{8}_[\w-]{43}$/)
  const { rows } = await hub.hub.db.pool.query<{ text: string }>(
    `select k::text as text from api_key k union all select a::text from audit_entry a where entity = 'apiKey'`,
  )
  const parts = [secret, secret.slice(12)]
  for (const part of parts) expect(rows.map(({ text }) => text).join()).not.toContain(part)
  expect(names(await ask(secret, 'GET /api/projects'))).toEqual(['mine'])
  const item = { projectId: mine, title: 'Umbrella', placeText: 'Gate', foundAt: '2026-11-20T03:00:00Z' }
  const send = (projectId: string) =>
    hub.app.inject({
      ...{ method: 'POST', url: '/api/lost-items', payload: { ...item, projectId } },
      headers: { authorization: `Bearer ${secret}`, origin: 'https://elsewhere.example' },
    })
  const answer = await send(mine)
  expect([answer.statusCode, answer.body]).toEqual([200, expect.stringContaining('Umbrella')])
  expect((await send(other)).statusCode).toBe(404)
  const { items } = await root.call('GET /api/audit', { query: { entity: 'lostItem' } })
  expect(items[0]).toMatchObject({ action: 'lostItem.create', actor: `${key.name} (${key.prefix})` })
  expect(await root.call('GET /api/api-keys/:id', { params: { id: key.id } })).toMatchObject({
    ...{ state: 'active', lastUsedAt: '2026-11-22T04:00:00.000Z', lastUsedIp: '127.0.0.1', without: [] },
  })
})

test('nobody gives a key more than he has himself, nor sees those of who has more', async () => {
  const keeper = await hub.as('administrator', [mine])
  const beyond = { details: { issues: [{ path: 'place' }] } }
  await expect(makeKey(keeper, { projectIds: null })).rejects.toMatchObject(beyond)
  await expect(makeKey(keeper, { projectIds: [mine, other] })).rejects.toMatchObject(beyond)
  await expect(makeKey(keeper, { projectIds: [] })).rejects.toMatchObject(beyond)
  await expect(makeKey(root, { permissions: ['nothing.known'] })).rejects.toMatchObject({
    details: { issues: [{ path: 'permissions' }] },
  })
  const role = await hub.hub.db.prisma.role.create({
    data: { code: 'keyMaker', name: 'Key maker', permissions: ['apiKeys.manage', 'estate.read'] },
  })
  const clerk = await hub.as(role.code, [mine])
  await expect(makeKey(clerk, { permissions: ['estate.read', 'estate.write'] })).rejects.toMatchObject(beyond)
  const [wide, narrow] = [await makeKey(root, { projectIds: null }), await makeKey(clerk)]
  const seenBy = async (client: TestClient) => (await client.call('GET /api/api-keys')).map(({ id }) => id)
  expect(await seenBy(clerk)).toContain(narrow.key.id)
  expect(await seenBy(clerk)).not.toContain(wide.key.id)
  expect(await seenBy(root)).toEqual(expect.arrayContaining([wide.key.id, narrow.key.id]))
  const params = { id: wide.key.id }
  for (const call of [
    clerk.raw('GET /api/api-keys/:id', { params }),
    clerk.raw('POST /api/api-keys/:id/revoke', { params }),
    clerk.raw('POST /api/api-keys/:id/rotate', { params, body: { version: 1 } }),
    clerk.raw('PATCH /api/api-keys/:id', { params, body: { version: 1, perMinute: 1 } }),
  ]) {
    expect((await call).status).toBe(404)
  }
  const groups = await clerk.call('GET /api/api-key-permissions')
  expect(groups.flatMap(({ permissions }) => permissions.map(({ id }) => id)).sort()).toEqual(
    role.permissions,
  )
})

test('a key loses what its owner loses, and somebody else can take it over', async () => {
  const owner = await hub.as('administrator', [mine, other])
  const { key, secret } = await makeKey(owner, {
    projectIds: [mine, other],
    permissions: ['estate.read', 'call.read'],
  })
  const prisma = hub.hub.db.prisma
  await prisma.roleAssignment.updateMany({ where: { userId: owner.userId }, data: { projectIds: [other] } })
  expect(names(await ask(secret, 'GET /api/projects'))).toEqual(['other'])
  const manager = await prisma.role.create({
    data: { code: 'reader', name: 'Reader', permissions: ['call.read'] },
  })
  await prisma.roleAssignment.updateMany({ where: { userId: owner.userId }, data: { roleId: manager.id } })
  expect(codeOf(await ask(secret, 'GET /api/projects'))).toBe('auth.forbidden')
  const view = await root.call('GET /api/api-keys/:id', { params: { id: key.id } })
  expect([view.state, view.without]).toEqual(['active', ['estate.read']])
  await prisma.user.update({ where: { id: owner.userId }, data: { disabledAt: clock.now() } })
  expect(codeOf(await ask(secret, 'GET /api/projects'))).toBe('auth.bad_key')
  const taken = await root.call('POST /api/api-keys/:id/take-over', {
    params: { id: key.id },
    body: { version: view.version },
  })
  expect(taken).toMatchObject({ state: 'active', without: [], isMine: true })
  expect(names(await ask(secret, 'GET /api/projects')).sort()).toEqual(['mine', 'other'])
})

test('what is for people is closed to keys: their own word, keys, messages, the live stream', async () => {
  const { secret } = await makeKey(root, {
    projectIds: null,
    permissions: ['apiKeys.manage', 'users.manage', 'webhooks.manage'],
  })
  const body = { name: 'more', permissions: ['estate.read'], place: { all: true as const }, expiresAt: null }
  const tried = [
    await ask(secret, 'POST /api/api-keys', { body }),
    await ask(secret, 'GET /api/api-keys'),
    await ask(secret, 'GET /api/users'),
    await ask(secret, 'GET /api/messages'),
    await ask(secret, 'GET /api/auth/session'),
    await ask(secret, 'POST /api/auth/sign-out'),
    await ask(secret, 'POST /api/auth/password', { body: { current: 'x', next: 'another password' } }),
  ]
  expect(tried.map(codeOf)).toEqual(tried.map(() => 'auth.not_for_keys'))
  expect((await ask(secret, 'GET /api/resources')).status).toBe(200)
  const live = await hub.app.inject({ url: '/api/live', headers: { authorization: `Bearer ${secret}` } })
  expect(live.statusCode).toBe(401)
  // Whoever shows a key speaks as the key, whatever cookie comes along
  const both = await root.raw('GET /api/api-keys', { headers: { authorization: `Bearer ${secret}` } })
  expect(codeOf(both)).toBe('auth.not_for_keys')
})

test('keys end: by their time, by revocation, by exchange after its hours', async () => {
  const start = clock.now()
  const past = makeKey(root, { expiresAt: start.toISOString() })
  await expect(past).rejects.toMatchObject({ details: { issues: [{ path: 'expiresAt' }] } })
  const short = await makeKey(root, { expiresAt: new Date(start.getTime() + 60_000).toISOString() })
  const long = await makeKey(root)
  const params = { id: long.key.id }
  const exchange = () =>
    root.call('POST /api/api-keys/:id/rotate', { params, body: { version: 1, graceHours: 2 } })
  const [one, two] = await Promise.allSettled([exchange(), exchange()])
  expect([one.status, two.status].sort()).toEqual(['fulfilled', 'rejected'])
  const next = (one.status === 'fulfilled' ? one : (two as typeof one & { status: 'fulfilled' })).value
  const works = async (secret: string) => (await ask(secret, 'GET /api/projects')).status === 200
  expect([await works(short.secret), await works(long.secret), await works(next.secret)]).toEqual([
    true,
    true,
    true,
  ])
  clock.set(new Date(start.getTime() + 3_600_000).toISOString())
  expect([await works(short.secret), await works(long.secret), await works(next.secret)]).toEqual([
    false,
    true,
    true,
  ])
  clock.set(new Date(start.getTime() + 2 * 3_600_000).toISOString())
  expect([await works(long.secret), await works(next.secret)]).toEqual([false, true])
  await root.call('POST /api/api-keys/:id/revoke', { params })
  await root.call('POST /api/api-keys/:id/revoke', { params })
  expect(await works(next.secret)).toBe(false)
  const edit = root.call('PATCH /api/api-keys/:id', { params, body: { version: 3, name: 'Again' } })
  await expect(edit).rejects.toMatchObject({ code: 'apiKey.revoked' })
  for (const secret of ['cy_00000000_' + 'A'.repeat(43), 'cy_nonsense'])
    expect(await works(secret)).toBe(false)
  expect(
    (await hub.anonymous.raw('GET /api/projects', { headers: { authorization: 'Bearer eyJh' } })).status,
  ).toBe(401)
})

test('requests are counted per key', async () => {
  const [busy, idle] = [await makeKey(root, { perMinute: 3 }), await makeKey(root, { perMinute: 3 })]
  const statuses = []
  for (let count = 0; count < 4; count++) statuses.push((await ask(busy.secret, 'GET /api/projects')).status)
  expect(statuses).toEqual([200, 200, 200, 429])
  const refused = await ask(busy.secret, 'GET /api/projects')
  expect(Number((refused.headers as Record<string, string>)['retry-after'])).toBeGreaterThan(0)
  expect((await ask(idle.secret, 'GET /api/projects')).status).toBe(200)
})

test('a telephone system tells of a call with a key that may do nothing else', async () => {
  const agent = await hub.as('serviceAgent', [mine])
  const { username } = await hub.hub.db.prisma.user.findUniqueOrThrow({ where: { id: agent.userId } })
  const { key, secret } = await makeKey(root, { permissions: ['cti.call'] })
  const answer = await ask(secret, 'POST /api/cti/calls', {
    body: { phone: '021-5555 0101', agent: username },
  })
  expect(answer).toMatchObject({ status: 200, body: { partyId: null, householdId: null } })
  const { id } = answer.body as { id: string }
  expect(await agent.call('GET /api/calls/:id/card', { params: { id } })).toMatchObject({
    phone: '021-5555 0101',
  })
  expect(codeOf(await ask(secret, 'GET /api/projects'))).toBe('auth.forbidden')
  const { items } = await root.call('GET /api/audit', { query: { entity: 'call', entityId: id } })
  expect(items[0]?.actor).toBe(`${key.name} (${key.prefix})`)
  // A call is called by a number, which is nobody's title
  expect([items[0]?.title, JSON.stringify(items).includes('5555 0101')]).toEqual([null, false])
})

test('the description of the interface says where keys are taken', async () => {
  const api = (await hub.app.inject('/api/openapi.json')).json<{
    components: { securitySchemes: Record<string, object> }
    paths: Record<string, Record<string, { security: object[] }>>
  }>()
  expect(api.components.securitySchemes['key']).toMatchObject({ type: 'http', scheme: 'bearer' })
  expect(api.paths['/api/cti/calls']!['post']!.security).toEqual([{ session: [] }, { key: [] }])
  expect(api.paths['/api/api-keys']!['post']!.security).toEqual([{ session: [] }])
  expect(api.paths['/api/auth/sign-in']!['post']!.security).toEqual([])
})
