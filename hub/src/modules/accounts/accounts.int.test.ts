import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Session } from '@courtyard/protocols/contract'
import { manualClock } from '../../platform/clock.ts'
import { startTestHub, type TestHub } from '../../platform/testing.ts'
import { accountsModule, issueSetupToken } from './index.ts'
import { estateModule } from '../estate/index.ts'
import { logsModule } from '../logs/index.ts'

const START = '2026-03-01T08:00:00Z'
const PASSWORD = 'correct horse battery'
const clock = manualClock(START)
let hub: TestHub
/** Each test comes from its own address, so that the limit per address does not join them. */
let address = 0

beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, logsModule],
    clock,
    environment: { TRUST_PROXY: '1', PUBLIC_URL: 'https://hub.example' },
  })
})
afterAll(() => hub.stop())
beforeEach(() => void address++)

interface Reply {
  status: number
  body: Session & { error?: { code: string; details?: Record<string, unknown> } }
  cookie: string
  setCookie: string
}

async function post(path: string, payload: object, headers: Record<string, string> = {}): Promise<Reply> {
  const answer = await hub.app.inject({
    method: 'POST',
    url: `/api${path}`,
    payload,
    headers: { 'x-forwarded-for': `10.0.0.${address}`, ...headers },
  })
  const setCookie = String(answer.headers['set-cookie'] ?? '')
  return { status: answer.statusCode, body: answer.json(), setCookie, cookie: setCookie.split(';')[0]! }
}

const signIn = (username: string, password = PASSWORD, headers: Record<string, string> = {}) =>
  post('/auth/sign-in', { username, password }, headers)

async function sessionStatus(cookie: string): Promise<number> {
  return (await hub.app.inject({ url: '/api/auth/session', headers: { cookie } })).statusCode
}

const everywhere = (role: string) => [{ role, place: { all: true as const } }]
const within = (role: string, projectIds: string[]) => [{ role, place: { all: false as const, projectIds } }]

async function newUser(change: object = {}) {
  const administrator = await hub.as('administrator')
  const username = `u${randomUUID().slice(0, 8)}`
  const assignments = everywhere('engineer')
  const body = { username, displayName: 'Somebody', assignments, password: PASSWORD, ...change } as const
  return { administrator, user: await administrator.call('POST /api/users', { body }) }
}

test('the first administrator is made once, with the newest link, within a day', async () => {
  const form = { username: 'root', displayName: 'Root', password: PASSWORD }
  const older = await issueSetupToken(hub.hub)
  const newer = await issueSetupToken(hub.hub)
  expect(await hub.anonymous.call('GET /api/setup')).toEqual({ needed: true })
  expect((await post('/setup', { ...form, token: older })).body.error?.code).toBe('setup.token_invalid')
  clock.advance(25 * 3_600_000)
  expect((await post('/setup', { ...form, token: newer })).body.error?.code).toBe('setup.token_invalid')
  const token = await issueSetupToken(hub.hub)
  expect((await post('/setup', { ...form, token, password: 'short' })).status).toBe(400)
  const both = await Promise.all([
    post('/setup', { ...form, token }),
    post('/setup', { ...form, username: 'evil', token }),
  ])
  expect(both.map((reply) => reply.status).sort()).toEqual([200, 409])
  expect(await hub.anonymous.call('GET /api/setup')).toEqual({ needed: false })
  expect(await issueSetupToken(hub.hub)).toBeNull()
  const winner = both.find((reply) => reply.status === 200)!
  expect(await sessionStatus(winner.cookie)).toBe(200)
})

test('a session is a cookie that scripts cannot read and other sites do not send', async () => {
  const { user } = await newUser()
  const reply = await signIn(user.username.toUpperCase())
  expect(reply.status).toBe(200)
  expect(reply.body.user).toEqual({
    id: user.id,
    username: user.username,
    displayName: 'Somebody',
    roles: [expect.objectContaining({ code: 'engineer', label: { zh: '工程师', en: 'Engineer' } })],
    department: null,
  })
  expect(reply.setCookie).toMatch(/^__Host-courtyard=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  const secret = reply.cookie.split('=')[1]!
  const stored = await hub.hub.db.pool.query('SELECT * FROM session WHERE user_id = $1', [user.id])
  expect(JSON.stringify(stored.rows)).not.toContain(secret)
})

test('unknown name, wrong password and disabled account answer alike', async () => {
  const { administrator, user } = await newUser()
  const wrong = await signIn(user.username, 'not the password')
  await administrator.call('PATCH /api/users/:id', {
    params: { id: user.id },
    body: { disabled: true, version: 1 },
  })
  const answers = [wrong, await signIn('nobody-here'), await signIn(user.username)]
  for (const answer of answers) {
    expect(answer.status).toBe(401)
    expect({ ...answer.body.error, requestId: '' }).toEqual({ ...wrong.body.error, requestId: '' })
  }
})

test('five wrong passwords lock for 15 minutes, then 30; an unknown name behaves the same', async () => {
  const { user } = await newUser()
  for (const username of [user.username, 'ghost']) {
    address++
    const codes = []
    for (let attempt = 0; attempt < 5; attempt++)
      codes.push((await signIn(username, 'wrong')).body.error?.code)
    expect(codes).toEqual([...Array<string>(4).fill('auth.bad_credentials'), 'auth.locked'])
    const locked = await signIn(username)
    expect(locked).toMatchObject({ status: 429, body: { error: { details: { retryAfterSeconds: 900 } } } })
    clock.advance(15 * 60_000 + 1)
    expect((await signIn(username, 'wrong')).body.error?.details).toEqual({ retryAfterSeconds: 1800 })
    clock.advance(30 * 60_000 + 1)
  }
  expect((await signIn(user.username)).status).toBe(200)
  expect((await signIn(user.username, 'wrong')).body.error?.code).toBe('auth.bad_credentials')
})

test('one address may try twenty times a minute', async () => {
  const tries = []
  for (let attempt = 0; attempt < 21; attempt++) tries.push((await signIn(`name-${attempt}`)).status)
  expect(tries.filter((status) => status === 429)).toHaveLength(1)
  address++
  expect((await signIn('name-22')).status).toBe(401)
})

test('writes need the token of the session and come from our own pages', async () => {
  const { user } = await newUser()
  const { cookie, body } = await signIn(user.username)
  const out = (headers: Record<string, string>) => post('/auth/sign-out', {}, { cookie, ...headers })
  const token = { 'x-csrf-token': body.csrfToken }
  expect((await out({})).body.error?.code).toBe('auth.csrf')
  expect((await out({ 'x-csrf-token': 'x'.repeat(32) })).body.error?.code).toBe('auth.csrf')
  expect((await out({ ...token, origin: 'https://evil.example' })).body.error?.code).toBe('auth.csrf')
  expect((await signIn(user.username, PASSWORD, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await out({ ...token, origin: 'https://hub.example' })).status).toBe(200)
  expect(await sessionStatus(cookie)).toBe(401)
})

test('a session slides while it is used and ends when it is not', async () => {
  const { user } = await newUser()
  const { cookie } = await signIn(user.username)
  for (let hour = 0; hour < 20; hour += 10) {
    clock.advance(10 * 3_600_000)
    expect(await sessionStatus(cookie)).toBe(200)
  }
  clock.advance(12 * 3_600_000 + 1)
  expect(await sessionStatus(cookie)).toBe(401)
})

test('a new password ends the other sessions, not this one', async () => {
  const { user } = await newUser()
  const [mine, other] = [await signIn(user.username), await signIn(user.username)]
  const headers = { cookie: mine.cookie, 'x-csrf-token': mine.body.csrfToken }
  const change = (current: string) => post('/auth/password', { current, next: 'another good one' }, headers)
  expect((await change('not it')).body.error?.code).toBe('auth.wrong_password')
  expect((await change(PASSWORD)).status).toBe(200)
  expect([await sessionStatus(mine.cookie), await sessionStatus(other.cookie)]).toEqual([200, 401])
  expect((await signIn(user.username)).status).toBe(401)
  expect((await signIn(user.username, 'another good one')).status).toBe(200)
})

test('disabling ends all sessions at once; the last administrator stays', async () => {
  const { administrator, user } = await newUser({ assignments: everywhere('administrator') })
  const { cookie } = await signIn(user.username)
  await administrator.call('PATCH /api/users/:id', {
    params: { id: user.id },
    body: { disabled: true, version: 1 },
  })
  expect(await sessionStatus(cookie)).toBe(401)
  const all = await administrator.call('GET /api/users', { query: { pageSize: 500 } })
  const others = all.items.filter(
    (one) =>
      one.assignments.some(({ role }) => role.code === 'administrator') &&
      !one.disabled &&
      one.id !== administrator.userId,
  )
  for (const { id } of others)
    await administrator.call('PATCH /api/users/:id', { params: { id }, body: { disabled: true, version: 1 } })
  const ended = [{ ...everywhere('administrator')[0]!, until: '2027-01-01T00:00:00Z' }]
  for (const body of [{ disabled: true }, { assignments: everywhere('manager') }, { assignments: ended }]) {
    const change = administrator.call('PATCH /api/users/:id', {
      params: { id: administrator.userId },
      body: { ...body, version: 1 },
    })
    await expect(change).rejects.toMatchObject({ code: 'user.last_administrator' })
  }
})

test('users are checked, searched, sorted and paged', async () => {
  const { administrator, user } = await newUser({ displayName: 'Wang 100%' })
  const again = administrator.call('POST /api/users', {
    body: {
      username: user.username,
      displayName: 'x',
      assignments: everywhere('manager'),
      password: PASSWORD,
    },
  })
  await expect(again).rejects.toMatchObject({ code: 'user.username_taken' })
  const nowhere = administrator.call('PATCH /api/users/:id', {
    params: { id: user.id },
    body: { assignments: within('engineer', [randomUUID()]), version: 1 },
  })
  await expect(nowhere).rejects.toMatchObject({
    code: 'input.invalid',
    details: { issues: [{ path: 'assignments.0.place' }] },
  })
  const stale = administrator.call('PATCH /api/users/:id', {
    params: { id: user.id },
    body: { displayName: 'Late', version: 0 },
  })
  await expect(stale).rejects.toMatchObject({ code: 'user.changed', details: { status: 409 } })
  const found = await administrator.call('GET /api/users', { query: { q: '100%', sort: '-createdAt' } })
  expect(found).toMatchObject({
    total: 1,
    items: [{ id: user.id, assignments: [{ place: { all: true } }], disabled: false }],
  })
  const sorted = administrator.call('GET /api/users', { query: { sort: 'passwordHash' } })
  await expect(sorted).rejects.toMatchObject({
    code: 'input.invalid',
    details: { issues: [{ path: 'query.sort' }] },
  })
})

test('every write is written down, with before and after and without secrets; nobody changes the log', async () => {
  const { administrator, user } = await newUser()
  await administrator.call('PATCH /api/users/:id', {
    params: { id: user.id },
    body: { displayName: 'Renamed', password: 'brand new secret', version: 1 },
  })
  const { items } = await administrator.call('GET /api/audit', {
    query: { entity: 'user', entityId: user.id },
  })
  expect(items.map((entry) => entry.action)).toEqual(['user.change', 'user.create'])
  expect(items[0]).toMatchObject({
    before: { displayName: 'Somebody' },
    after: { displayName: 'Renamed' },
    ip: '127.0.0.1',
  })
  expect(JSON.stringify(items)).not.toMatch(/brand new|argon2/)
  const { pool } = hub.hub.db
  await expect(pool.query('DELETE FROM audit_entry')).rejects.toThrow(/append-only/)
  await expect(pool.query(`UPDATE audit_entry SET actor = 'x'`)).rejects.toThrow(/append-only/)
})

test('the log shows a manager only the projects of his', async () => {
  const administrator = await hub.as('administrator')
  const mine = await administrator.call('POST /api/projects', { body: { code: 'audit-a', name: 'A' } })
  await administrator.call('POST /api/projects', { body: { code: 'audit-b', name: 'B' } })
  const manager = await hub.as('manager', [mine.id])
  const { items } = await manager.call('GET /api/audit', { query: { limit: 200 } })
  expect(items.map((entry) => entry.entityId)).toEqual([mine.id])
})

test('who keeps some projects neither sees nor makes accounts for more', async () => {
  const root = await hub.as('administrator')
  const make = (code: string) => root.call('POST /api/projects', { body: { code, name: code } })
  const [mine, other] = [await make('scope-a'), await make('scope-b')]
  const keeper = await hub.as('administrator', [mine.id])
  const someone = await hub.as('manager', [other.id])
  const person = { displayName: 'x', password: PASSWORD } as const
  for (const projectIds of [null, [other.id], [mine.id, other.id]]) {
    const assignments = projectIds ? within('administrator', projectIds) : everywhere('administrator')
    const made = keeper.call('POST /api/users', { body: { ...person, username: randomUUID(), assignments } })
    await expect(made).rejects.toMatchObject({ details: { issues: [{ path: 'assignments.0.place' }] } })
    const self = keeper.call('PATCH /api/users/:id', {
      params: { id: keeper.userId },
      body: { assignments, version: 1 },
    })
    await expect(self).rejects.toMatchObject({ code: 'input.invalid' })
  }
  for (const { userId } of [root, someone]) {
    const change = keeper.call('PATCH /api/users/:id', {
      params: { id: userId },
      body: { password: PASSWORD, version: 1 },
    })
    await expect(change).rejects.toMatchObject({ code: 'user.not_found' })
  }
  const { items } = await keeper.call('GET /api/users', { query: { pageSize: 500 } })
  expect(items.map(({ id }) => id)).toEqual([keeper.userId])
})

test('sessions leave a trace where they begin and end', async () => {
  const { administrator, user } = await newUser()
  const mine = await signIn(user.username)
  await post('/auth/sign-out', {}, { cookie: mine.cookie, 'x-csrf-token': mine.body.csrfToken })
  const { items } = await administrator.call('GET /api/audit', {
    query: { entity: 'user', entityId: user.id },
  })
  expect(items.map(({ action }) => action)).toEqual(['user.signOut', 'user.signIn', 'user.create'])
})
