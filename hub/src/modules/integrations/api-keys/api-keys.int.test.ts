import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiKey, ResourceImport, RouteKey } from '@courtyard/protocols/contract'
import { manualClock } from '../../../platform/clock.ts'
import { IMPORT_JOB } from '../../../platform/resource/import/import.service.ts'
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

test('what is for people is closed to keys: their own word, keys, messages', async () => {
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
  // Whoever shows a key speaks as the key, whatever cookie comes along
  const both = await root.raw('GET /api/api-keys', { headers: { authorization: `Bearer ${secret}` } })
  expect(codeOf(both)).toBe('auth.not_for_keys')
})

test('a key hears live what it was made for, nothing that is meant for a person, until it ends', async () => {
  const { key, secret } = await makeKey(root, { permissions: ['metering.read'] })
  const gone = new AbortController()
  const listen = (token: string) =>
    fetch(`${hub.url}/api/live`, { headers: { authorization: `Bearer ${token}` }, signal: gone.signal })
  expect((await listen('cy_00000000_' + 'A'.repeat(43))).status).toBe(401)
  const answer = await listen(secret)
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  let heard = ''
  const listening = (async () => {
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) heard += part
  })().catch((error: unknown) => expect(error).toHaveProperty('name', 'AbortError'))
  await expect.poll(() => heard, { timeout: 10_000 }).toContain(': connected')
  const { live } = hub.hub
  live.publish('usage', { meteringPointIds: [other] }, { projectId: other })
  live.publish('billRun', { id: other, status: 'computing', done: 1, total: 2 }, { projectId: mine })
  live.publish('messages', {}, { projectId: null, userId: root.userId })
  live.publish('settings', { key: 'branding' }, { projectId: null })
  live.publish('usage', { meteringPointIds: [mine] }, { projectId: mine })
  await expect.poll(() => heard, { timeout: 10_000 }).toContain('event: usage')
  expect([...heard.matchAll(/^event: .*\ndata: .*$/gm)].map(([text]) => text)).toEqual([
    `event: usage\ndata: ${JSON.stringify({ meteringPointIds: [mine] })}`,
  ])
  gone.abort()
  await listening
  // Looked at with each beat of a stream
  const { apiKeys } = hub.app
  const active = (await apiKeys.load(key.id))!
  expect(await apiKeys.isAlive(active)).toBe(true)
  await hub.hub.db.pool.query(`update api_key set permissions = '{estate.read}' where id = $1`, [key.id])
  expect(await apiKeys.isAlive(active)).toBe(false)
  await root.call('POST /api/api-keys/:id/revoke', { params: { id: key.id } })
  expect(await apiKeys.load(key.id)).toBeNull()
})

test('a key imports a spreadsheet, as far as its own rights go, and takes it back', async () => {
  const permissions = ['lostItem.read', 'lostItem.write']
  const { key, secret } = await makeKey(root, { permissions })
  const request = async (path: string, init: RequestInit = {}, token = secret) => {
    const headers = { authorization: `Bearer ${token}`, ...init.headers }
    const answer = await fetch(hub.url + path, { ...init, headers })
    return { status: answer.status, body: (await answer.json()) as ResourceImport }
  }
  const file = {
    ...{ method: 'POST', headers: { 'content-type': 'text/csv' } },
    body: 'Item,Found where,Found at\nUmbrella,Gate,2026-11-20 09:30\nKeys,Lobby,2026-11-20 10:00\n',
  }
  const upload = (projectId: string) =>
    request(`/api/lost-items/imports?projectId=${projectId}&fileName=found.csv`, file)
  expect((await upload(other)).status).toBe(404)
  const { status, body } = await upload(mine)
  expect([status, body.rows, body.createdBy]).toEqual([200, 2, key.name])
  const path = `/api/imports/${body.id}`
  const reader = await makeKey(root, { permissions: ['lostItem.read'] })
  expect((await request(path, {}, reader.secret)).status).toBe(404)
  const until = (state: string) =>
    expect
      .poll(async () => (await request(path)).body, { timeout: 15_000, interval: 50 })
      .toMatchObject({ state, failure: null })
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const checked = await request(`${path}/check`, { ...json, body: JSON.stringify(body.plan) })
  expect(checked.status, JSON.stringify(checked.body)).toBe(200)
  await until('checked')
  expect((await request(`${path}/run`, { method: 'POST' })).status).toBe(200)
  await until('done')
  const { items } = await root.call('GET /api/audit', { query: { entity: 'lostItem' } })
  const imported = items.filter(({ action }) => action === 'lostItem.import')
  expect(imported.map(({ actor }) => actor)).toEqual(Array(2).fill(`${key.name} (${key.prefix})`))
  expect((await request(`${path}/undo`, { method: 'POST' })).status).toBe(200)
  await until('undone')
  // Ended meanwhile, what it has begun goes no further
  const { body: second } = await upload(mine)
  await hub.hub.db.pool.query('update api_key set revoked_at = now() where id = $1', [key.id])
  await hub.hub.db.pool.query(
    `update record_import set state = 'checking', plan = $2, begun_by = $3, key_id = $4 where id = $1`,
    [second.id, JSON.stringify(second.plan), root.userId, key.id],
  )
  await hub.hub.jobs.send(IMPORT_JOB, { importId: second.id })
  const ofRoot = () => root.call('GET /api/imports/:id', { params: { id: second.id } })
  await expect.poll(async () => (await ofRoot()).state, { timeout: 15_000, interval: 50 }).toBe('failed')
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
  const wrong = await makeKey(root, { perMinute: 3 })
  const refusals = []
  for (let count = 0; count < 4; count++) refusals.push((await ask(wrong.secret, 'GET /api/users')).status)
  expect(refusals).toEqual([403, 403, 403, 429])
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
  // A call is called by its number, as its reader sees numbers
  expect(items[0]?.title).toBe('021-5555 0101')
  const role = { code: 'auditor', name: 'Auditor', permissions: ['audit.read', 'call.read'] }
  await hub.hub.db.prisma.role.create({ data: role })
  const auditor = await hub.as(role.code, [mine])
  const masked = await auditor.call('GET /api/audit', { query: { entity: 'call', entityId: id } })
  expect(masked.items[0]?.title).toMatch(/^021\*+0101$/)
  expect(JSON.stringify(masked)).not.toContain('5555')
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
