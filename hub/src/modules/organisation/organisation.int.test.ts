import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '@courtyard/protocols/contract'
import { seedRoles } from '../../platform/auth/role-seeds.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { commandsModule } from '../commands/index.ts'
import { estateModule } from '../estate/index.ts'
import { logsModule } from '../logs/index.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { organisationModule } from './index.ts'

const PASSWORD = 'correct horse battery'
let hub: TestHub
let root: TestClient
beforeAll(async () => {
  hub = await startTestHub({
    modules: [
      ...[accountsModule, organisationModule, estateModule, commandsModule, gatewaysModule],
      logsModule,
    ],
  })
  root = await hub.as('administrator')
})
afterAll(() => hub.stop())

const anyName = () => `n${randomUUID().slice(0, 8)}`
const company = async () => root.call('POST /api/companies', { body: { code: anyName(), name: '庭院物业' } })
const department = (companyId: string, name: string, parentId: string | null = null) =>
  root.call('POST /api/departments', { body: { companyId, parentId, name } })

async function roleNamed(code: string): Promise<Role> {
  return (await root.call('GET /api/roles')).find((role) => role.code === code)!
}

async function newUser(role: string, more: object = {}) {
  const body = { username: anyName(), displayName: 'Somebody', password: PASSWORD }
  const assignments = [{ role, place: { all: true as const } }]
  return root.call('POST /api/users', { body: { ...body, assignments, ...more } })
}

async function signIn(username: string) {
  const answer = await hub.app.inject({
    method: 'POST',
    url: '/api/auth/sign-in',
    payload: { username, password: PASSWORD },
  })
  const cookie = String(answer.headers['set-cookie']).split(';')[0]!
  return { cookie, 'x-csrf-token': answer.json<{ csrfToken: string }>().csrfToken }
}

test('departments are a tree: told from the top, never a loop, archived only when empty', async () => {
  const { id: companyId } = await company()
  const service = await department(companyId, '客服部')
  const desk = await department(companyId, '前台', service.id)
  const technics = await department(companyId, '工程部')
  const move = (id: string, parentId: string | null, version = 1) =>
    root.call('PATCH /api/departments/:id', { params: { id }, body: { version, parentId } })
  await expect(move(service.id, desk.id)).rejects.toMatchObject({ code: 'department.loop' })
  const foreign = await department((await company()).id, 'Elsewhere')
  await expect(move(desk.id, foreign.id)).rejects.toMatchObject({ code: 'input.invalid' })
  // Each alone is fine, both together are a loop
  const both = await Promise.allSettled([move(service.id, technics.id), move(technics.id, service.id)])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const tree = (await root.call('GET /api/organisation')).find(({ id }) => id === companyId)!
  const names = tree.departments.map(({ name }) => name)
  expect(names.indexOf('客服部')).toBeLessThan(names.indexOf('前台'))
  const archive = (id: string, version: number) =>
    root.call('POST /api/departments/:id/archive', { params: { id }, body: { version } })
  await expect(archive(service.id, 1)).rejects.toMatchObject({ code: 'department.in_use' })
  await expect(archive(desk.id, 7)).rejects.toMatchObject({ code: 'organisation.changed' })
  await archive(desk.id, 1)
  await expect(archive(desk.id, 2)).rejects.toMatchObject({ code: 'department.not_found' })
})

test('a post belongs to its department, and stays as long as somebody has it', async () => {
  const { id: companyId } = await company()
  const [one, other] = [await department(companyId, 'One'), await department(companyId, 'Other')]
  const post = await root.call('POST /api/posts', { body: { departmentId: one.id, name: '电工' } })
  const wrong = newUser('engineer', { departmentId: other.id, postId: post.id })
  await expect(wrong).rejects.toMatchObject({ details: { issues: [{ path: 'postId' }] } })
  const user = await newUser('engineer', { departmentId: one.id, postId: post.id })
  expect(user).toMatchObject({ department: { name: 'One' }, post: { name: '电工' } })
  const archive = root.call('POST /api/posts/:id/archive', { params: { id: post.id }, body: { version: 1 } })
  await expect(archive).rejects.toMatchObject({ code: 'post.in_use' })
  const moved = await root.call('PATCH /api/users/:id', {
    params: { id: user.id },
    body: { version: 1, departmentId: other.id },
  })
  expect(moved).toMatchObject({ department: { name: 'Other' }, post: null, version: 2 })
})

test('what a role allows changes at once, for everybody who has it, all changes or none', async () => {
  const role = await root.call('POST /api/roles', {
    body: { name: '抄表员', permissions: ['estate.read', 'metering.read'] },
  })
  const reader = await hub.as(role.code)
  await expect(reader.call('GET /api/gateways')).rejects.toMatchObject({ code: 'auth.forbidden' })
  const manager = await roleNamed('manager')
  const change = (version: number) =>
    root.call('POST /api/roles/permissions', {
      body: {
        changes: [
          { id: role.id, version: 1, add: ['gateways.read'], remove: ['metering.read'] },
          { id: manager.id, version, remove: ['audit.read'] },
        ],
      },
    })
  await expect(change(99)).rejects.toMatchObject({ code: 'organisation.changed' })
  await expect(reader.call('GET /api/gateways')).rejects.toMatchObject({ code: 'auth.forbidden' })
  await change(manager.version)
  expect(await reader.call('GET /api/gateways')).toEqual([])
  const session = await reader.call('GET /api/auth/session')
  expect(session.permissions).toEqual(['estate.read', 'gateways.read'])
  const { items } = await root.call('GET /api/audit', { query: { entity: 'role', entityId: role.id } })
  expect(items[0]).toMatchObject({ action: 'role.change', after: { added: ['gateways.read'] } })
  const archive = root.call('POST /api/roles/:id/archive', { params: { id: role.id }, body: { version: 2 } })
  await expect(archive).rejects.toMatchObject({ code: 'role.in_use', details: { assignments: 1 } })
})

test('what was taken from a built-in role stays away at the next start; the administrator is fixed', async () => {
  const agent = await roleNamed('serviceAgent')
  await root.call('POST /api/roles/permissions', {
    body: { changes: [{ id: agent.id, version: agent.version, remove: ['metering.read'] }] },
  })
  await Promise.all([seedRoles(hub.hub.db), seedRoles(hub.hub.db)])
  expect((await roleNamed('serviceAgent')).permissions).not.toContain('metering.read')
  await hub.hub.db.pool.query(
    `update role set permissions = '{}', known_defaults = array_remove(known_defaults, 'charging.read') where id = $1`,
    [agent.id],
  )
  await seedRoles(hub.hub.db)
  expect((await roleNamed('serviceAgent')).permissions).toEqual(['charging.read'])
  const administrator = await roleNamed('administrator')
  const change = root.call('POST /api/roles/permissions', {
    body: { changes: [{ id: administrator.id, version: administrator.version, remove: ['users.manage'] }] },
  })
  await expect(change).rejects.toMatchObject({ code: 'role.fixed' })
})

test('nobody gives more than he has: in roles, to people, in places', async () => {
  const project = await root.call('POST /api/projects', { body: { code: anyName(), name: 'P' } })
  const building = await hub.hub.db.prisma.building.create({
    data: { projectId: project.id, code: '1', name: '1' },
  })
  const foreman = await root.call('POST /api/roles', {
    body: {
      name: anyName(),
      permissions: ['users.manage', 'roles.read', 'roles.manage', 'estate.read', 'metering.read'],
    },
  })
  const local = await hub.as(foreman.code, [project.id])
  const person = () => ({ username: anyName(), displayName: 'x', password: PASSWORD })
  const give = (role: string, place: object) =>
    local.call('POST /api/users', { body: { ...person(), assignments: [{ role, place: place as never }] } })
  const reader = await root.call('POST /api/roles', {
    body: { name: anyName(), permissions: ['estate.read', 'metering.read'] },
  })
  const made = await give(reader.code, { all: false, buildingIds: [building.id] })
  expect(made.assignments[0]!.place).toEqual({
    all: false,
    projectIds: [],
    buildings: [{ id: building.id, projectId: project.id }],
  })
  await expect(give('engineer', { all: false, projectIds: [project.id] })).rejects.toMatchObject({
    details: { issues: [{ path: 'assignments.0.place' }] },
  })
  await expect(give(reader.code, { all: true })).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(give('administrator', { all: false, projectIds: [project.id] })).rejects.toMatchObject({
    code: 'input.invalid',
  })
  // Who has more can not be changed by him, even where he sees the account
  const clerk = await newUser('billingClerk', {
    assignments: [{ role: 'billingClerk', place: { all: false, projectIds: [project.id] } }],
  })
  const stolen = local.call('PATCH /api/users/:id', {
    params: { id: clerk.id },
    body: { version: 1, password: 'brand new secret' },
  })
  await expect(stolen).rejects.toMatchObject({ code: 'user.above_you' })
  const more = local.call('POST /api/roles/permissions', {
    body: { changes: [{ id: foreman.id, version: foreman.version, add: ['audit.read'] }] },
  })
  await expect(more).rejects.toMatchObject({ code: 'auth.forbidden' })
  const everywhere = await hub.as(foreman.code)
  const charging = everywhere.call('POST /api/roles/permissions', {
    body: { changes: [{ id: foreman.id, version: foreman.version, add: ['charging.read'] }] },
  })
  await expect(charging).rejects.toMatchObject({ details: { issues: [{ path: 'changes.0.add' }] } })
})

test('colleagues are those who work in a project of mine', async () => {
  const [mine, other] = await Promise.all(
    ['mine', 'other'].map((name) => root.call('POST /api/projects', { body: { code: anyName(), name } })),
  )
  const at = (role: string, id: string) => [{ role, place: { all: false as const, projectIds: [id] } }]
  const near = await newUser('engineer', { assignments: at('engineer', mine!.id) })
  const far = await newUser('engineer', { assignments: at('engineer', other!.id) })
  const gone = await newUser('engineer', { assignments: at('engineer', mine!.id) })
  await root.call('PATCH /api/users/:id', { params: { id: gone.id }, body: { version: 1, disabled: true } })
  const manager = await hub.as('manager', [mine!.id])
  const ids = (await manager.call('GET /api/people', { query: { limit: 200 } })).map(({ id }) => id)
  expect(ids).toContain(near.id)
  expect(ids).toContain(root.userId)
  expect(ids).not.toContain(far.id)
  expect(ids).not.toContain(gone.id)
  const query = { projectId: mine!.id, permission: 'gateways.configure', limit: 200 }
  const able = (await manager.call('GET /api/people', { query })).map(({ id }) => id)
  expect(able).toContain(near.id)
  expect(able).not.toContain(manager.userId)
})

test('an administrator acts as somebody: with those rights only, never in a decision, written down at both ends', async () => {
  const engineer = await newUser('engineer', { displayName: 'Li Lei' })
  const boss = await newUser('administrator')
  const headers = await signIn(boss.username)
  const post = (path: string, payload: object, token = headers['x-csrf-token']) =>
    hub.app.inject({
      method: 'POST',
      url: `/api${path}`,
      payload,
      headers: { ...headers, 'x-csrf-token': token },
    })
  const refused = await post('/auth/act-as', { userId: root.userId, reason: 'wants more' })
  expect(refused.json()).toMatchObject({ error: { code: 'auth.cannot_act_as' } })
  const begun = await post('/auth/act-as', { userId: engineer.id, reason: 'he sees no meters' })
  expect(begun.json()).toMatchObject({ user: { displayName: 'Li Lei' }, actor: { username: boss.username } })
  const { csrfToken, permissions } = begun.json<{ csrfToken: string; permissions: string[] }>()
  expect(permissions).not.toContain('users.manage')
  // A page that still shows the administrator can not write in the other's name
  expect((await post('/gateways', {})).json()).toMatchObject({ error: { code: 'auth.csrf' } })
  const mayNot = ['/auth/password', '/auth/act-as', `/devices/${randomUUID()}/commands`]
  for (const path of mayNot) expect((await post(path, {}, csrfToken)).statusCode).toBe(403)
  const project = await root.call('POST /api/projects', { body: { code: anyName(), name: 'P' } })
  await post('/gateways', { projectId: project.id, name: 'G1' }, csrfToken)
  const back = await post('/auth/return', {}, csrfToken)
  expect(back.json()).toMatchObject({ user: { username: boss.username }, actor: null })
  const again = await post('/auth/return', {}, back.json<{ csrfToken: string }>().csrfToken)
  expect(again.json()).toMatchObject({ error: { code: 'auth.not_acting' } })
  const query = { actor: boss.username, limit: 50 }
  const { items } = await root.call('GET /api/audit', { query })
  const both = `${boss.username} → ${engineer.username}`
  expect(items.slice(0, 3).map(({ action, actor }) => [action, actor])).toEqual([
    ['user.return', both],
    ['gateway.register', both],
    ['user.actAs', boss.username],
  ])
  expect(items[2]).toMatchObject({ entityId: engineer.id, after: { reason: 'he sees no meters' } })
})

test('who acts as somebody is out when the account is disabled, or the right to act is gone', async () => {
  const engineer = await newUser('engineer')
  const boss = await newUser('administrator')
  for (const change of [
    { id: engineer.id, body: { disabled: true } },
    { id: boss.id, body: { assignments: [{ role: 'manager', place: { all: true as const } }] } },
  ]) {
    const headers = await signIn(boss.username)
    const enabled = await root.call('GET /api/users/:id', { params: { id: engineer.id } })
    const { id } = engineer
    if (enabled.disabled) {
      await root.call('PATCH /api/users/:id', {
        params: { id },
        body: { disabled: false, version: enabled.version },
      })
    }
    const payload = { userId: id, reason: 'test' }
    const begun = await hub.app.inject({ method: 'POST', url: '/api/auth/act-as', payload, headers })
    expect(begun.statusCode).toBe(200)
    const { version } = await root.call('GET /api/users/:id', { params: { id: change.id } })
    await root.call('PATCH /api/users/:id', { params: { id: change.id }, body: { ...change.body, version } })
    const session = await hub.app.inject({ url: '/api/auth/session', headers })
    expect(session.statusCode).toBe(401)
  }
})
