import { afterAll, beforeAll, expect, test } from 'vitest'
import { auditAsSystem } from '../../platform/audit/audit.ts'
import { hashPassword } from '../../platform/auth/password.ts'
import { parseCsvText } from '../../platform/resource/sheet/csv-text.ts'
import { fromSomewhere, startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { estateModule } from '../estate/index.ts'
import { chargingModule } from '../charging/index.ts'
import { lostAndFoundModule } from '../lost-and-found/index.ts'
import { meteringModule } from '../metering/index.ts'
import { partiesModule } from '../parties/index.ts'
import { newParty, smallEstate } from '../parties/testing.ts'
import { portalModule } from '../portal/index.ts'
import { portalClient } from '../portal/testing.ts'
import { recordsModule } from '../records/index.ts'
import { logsModule } from './index.ts'

let hub: TestHub
let root: TestClient
let mine: string
let other: string

beforeAll(async () => {
  const records = [estateModule, recordsModule, lostAndFoundModule]
  const ofOwners = [meteringModule, chargingModule, partiesModule, portalModule]
  const modules = [accountsModule, ...records, ...ofOwners, logsModule]
  hub = await startTestHub({ modules, environment: { TRUST_PROXY: '1' } })
  root = await hub.as('administrator')
  const project = async (code: string) =>
    (await hub.hub.db.prisma.project.create({ data: { code, name: code, timeZone: 'Asia/Shanghai' } })).id
  mine = await project('mine')
  other = await project('other')
})
afterAll(() => hub.stop())

const zh = { 'accept-language': 'zh-CN' }
const PASSWORD = 'a password of length'

async function account(
  username: string,
  projectIds: string[],
  data: { disabledAt?: Date } = {},
): Promise<string> {
  const client = await hub.as('manager', projectIds)
  const passwordHash = await hashPassword(PASSWORD)
  const change = { username, displayName: `Ms ${username}`, passwordHash, ...data }
  await hub.hub.db.prisma.user.update({ where: { id: client.userId }, data: change })
  return client.userId
}
const signIn = (username: string, password: string) =>
  hub.anonymous.raw('POST /api/auth/sign-in', {
    body: { username, password },
    headers: { ...fromSomewhere(), 'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Chrome/141.0 Safari/537.36' },
  })
const write = (entry: {
  entity: string
  action?: string
  projectId?: string | null
  before?: unknown
  after?: unknown
}) => hub.hub.db.transaction((tx) => auditAsSystem('test')(tx, { action: `${entry.entity}.edit`, ...entry }))
async function lostItem(values: object = {}): Promise<{ id: string; version: number }> {
  const payload = {
    projectId: mine,
    title: 'Umbrella',
    placeText: 'Gate',
    foundAt: '2026-11-20T03:00:00Z',
    ...values,
  }
  const request = { method: 'POST', url: '/api/lost-items', payload, headers: root.headers } as const
  return (await hub.app.inject(request)).json()
}

test('every try to sign in is written down with its device and why it was refused', async () => {
  const id = await account('mei', [mine])
  await account('gone', [mine], { disabledAt: new Date() })
  expect((await signIn('mei', PASSWORD)).status).toBe(200)
  await signIn('gone', PASSWORD)
  for (let tries = 0; tries < 6; tries++) await signIn('mei', 'wrong')
  const { items } = await root.call('GET /api/sign-ins', { query: { userId: id } })
  expect(items.map(({ reason }) => reason)).toEqual([
    'locked',
    ...Array<string>(5).fill('wrongPassword'),
    null,
  ])
  expect(items.at(-1)).toMatchObject({
    ...{ admitted: true, device: 'Chrome 141 · Windows', ip: expect.stringMatching(/^10\./) as unknown },
    user: { id, username: 'mei', displayName: 'Ms mei' },
  })
  const disabled = await root.call('GET /api/sign-ins', { query: { reason: 'disabled' } })
  expect(disabled.items.map(({ user }) => user?.username)).toEqual(['gone'])
  const admitted = await root.call('GET /api/sign-ins', { query: { q: 'MEI', result: 'admitted' } })
  expect(admitted.items).toHaveLength(1)
})

test('a name that no account has is not kept: it may be a password in the wrong field', async () => {
  const typed = 'Hunter2-my-secret'
  await signIn(typed, 'x')
  await signIn(` ${typed.toUpperCase()} `, 'x')
  await signIn('somebody-else', 'x')
  const { items } = await root.call('GET /api/sign-ins', { query: { reason: 'unknownName' } })
  const marks = items.map(({ unknownName }) => unknownName)
  expect(marks[2]).toMatch(/^[0-9a-f]{8}$/)
  expect([marks[1], marks[0] === marks[2]]).toEqual([marks[2], false])
  const { rows } = await hub.hub.db.pool.query<{ text: string }>(
    `select s::text as text from sign_in s union all select a::text from audit_entry a`,
  )
  expect(
    rows
      .map(({ text }) => text)
      .join()
      .toLowerCase(),
  ).not.toContain('hunter2')
  for (const sql of ['delete from sign_in', `update sign_in set ip = null`])
    await expect(hub.hub.db.pool.query(sql)).rejects.toThrow(/append-only/)
})

test('sign-ins are seen of accounts within the own places, operations of the own projects', async () => {
  await account('wide', [mine, other])
  const near = await account('near', [mine])
  for (const name of ['wide', 'near', 'nobody']) await signIn(name, PASSWORD)
  const keeper = await hub.as('administrator', [mine])
  const { items } = await keeper.call('GET /api/sign-ins', { query: { limit: 200 } })
  expect(items.map(({ user }) => user?.id)).toContain(near)
  expect(items.filter(({ user }) => user === null || user.username === 'wide')).toEqual([])
  await write({ entity: 'billRun', projectId: mine })
  await write({ entity: 'billRun', projectId: other })
  await write({ entity: 'billRun', projectId: null })
  const seen = await keeper.call('GET /api/audit', { query: { entity: 'billRun' } })
  expect(seen.items.map(({ project }) => project?.id)).toEqual([mine])
  expect((await keeper.raw('GET /api/audit', { query: { projectId: other } })).status).toBe(404)
  const clerk = await hub.as('billingClerk', [mine])
  expect((await clerk.raw('GET /api/sign-ins')).status).toBe(403)
  expect((await clerk.raw('GET /api/audit')).status).toBe(403)
})

test('an entry reads as sentences in the language of the reader, times in that of the project', async () => {
  const { id, version } = await lostItem()
  const edit = { version, values: { title: 'Big umbrella', foundAt: '2026-11-21T16:30:00Z' } }
  await hub.app.inject({
    method: 'PATCH',
    url: `/api/lost-items/${id}`,
    payload: edit,
    headers: root.headers,
  })
  const query = { entity: 'lostItem', entityId: id }
  const [changed] = (await root.call('GET /api/audit', { query, headers: zh })).items
  expect(changed).toMatchObject({
    words: { module: { code: 'service', text: '客服' }, entity: '失物', verb: '修改' },
    project: { id: mine, name: 'mine' },
    title: expect.stringContaining('Big umbrella') as unknown,
  })
  const change = (label: string) => changed!.changes.find((one) => one.label === label)
  expect(change('物品')).toMatchObject({ before: 'Umbrella', after: 'Big umbrella' })
  expect(change('拾获时间')?.after).toBe('2026-11-22 00:30:00')
  await write({
    entity: 'billRun',
    action: 'billRun.issue',
    after: { month: '2026-10', active: true, nested: { bills: 3 } },
  })
  const [issued] = (await root.call('GET /api/audit', { query: { entity: 'billRun' } })).items
  expect(issued!.words).toMatchObject({ entity: 'Bill run', verb: 'issued' })
  expect(issued!.changes.map(({ label, after }) => [label, after])).toEqual([
    ['Month', '2026-10'],
    ['Active', 'yes'],
    ['nested · Bills', '3'],
  ])
})

test('phone and identity numbers are masked in what was changed, for who may not see them there', async () => {
  const before = { phone: '13800001234', contact: { ownerPhone: '13911112222' }, note: 'x' }
  await write({
    entity: 'household',
    projectId: mine,
    before,
    after: { ...before, identityNumber: '110101199003078888' },
  })
  const role = { code: 'auditor', name: 'Auditor', permissions: ['audit.read'] }
  await hub.hub.db.prisma.role.create({ data: role })
  const auditor = await hub.as(role.code, [mine])
  const textFor = async (client: TestClient) =>
    JSON.stringify((await client.call('GET /api/audit', { query: { entity: 'household' } })).items)
  expect(await textFor(auditor)).not.toMatch(/13800001234|13911112222|199003/)
  expect(await textFor(auditor)).toContain('138****1234')
  expect(await textFor(root)).toContain('13911112222')
  // Nor found out digit by digit
  const found = await auditor.call('GET /api/audit', { query: { q: '1380000' } })
  expect(found.items).toEqual([])
})

test('pages follow each other without gap or repetition; what is searched for may be a word of either language', async () => {
  for (let count = 0; count < 7; count++)
    await write({ entity: 'tariff', action: 'tariff.addVersion', after: { count } })
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = { entity: 'tariff', limit: 3, ...(cursor ? { cursor } : {}) }
    const page: { items: { id: string }[]; nextCursor: string | null } = await root.call('GET /api/audit', {
      query,
    })
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  expect([seen.length, new Set(seen).size]).toEqual([7, 7])
  expect(seen).toEqual(seen.toSorted((a, b) => Number(b) - Number(a)))
  for (const q of ['价格方案', 'TARIFF', 'tariff.addV'])
    expect((await root.call('GET /api/audit', { query: { q } })).items).toHaveLength(7)
  const billing = await root.call('GET /api/audit', { query: { module: 'billing', limit: 200 } })
  expect(new Set(billing.items.map(({ entity }) => entity))).toEqual(new Set(['tariff', 'billRun']))
  await write({ entity: 'somethingNew' })
  const rest = await root.call('GET /api/audit', { query: { module: 'other' } })
  expect(rest.items.map(({ words }) => words.entity)).toEqual(['something new'])
  expect((await root.raw('GET /api/audit', { query: { cursor: '1 or 1=1' } })).status).toBe(400)
})

test('both logs as files, with what the reader may see, and that is written down too', async () => {
  const get = (url: string) => hub.app.inject({ url, headers: { ...root.headers, ...zh } })
  const operations = await get('/api/audit/export?entity=tariff&format=csv')
  const rows = parseCsvText(operations.body)
  expect(rows).toHaveLength(8)
  expect(rows[0]).toEqual([
    '时间',
    '操作人',
    'IP 地址',
    '模块',
    '对象',
    '名称',
    '对象编号',
    '操作',
    '项目',
    '改动',
  ])
  expect(rows[1]!.slice(3, 8)).toEqual(['收费', '价格方案', '', '', '新增版本'])
  const signIns = await get('/api/sign-ins/export?format=xlsx')
  expect([signIns.statusCode, signIns.rawPayload.subarray(0, 2).toString()]).toEqual([200, 'PK'])
  const { items } = await root.call('GET /api/audit', { query: { module: 'system' } })
  expect(items.map(({ action }) => action)).toEqual(['signInLog.export', 'operationLog.export'])
  expect(items[1]!.after).toEqual({ entity: 'tariff', format: 'csv' })
})

test('tries at the portal stand beside those of staff: masked, and seen by who keeps a project of theirs', async () => {
  const estate = await smallEstate(hub)
  const phone = '13912345678'
  const partyId = await newParty(hub, estate.projectId, '张伟', phone)
  const roomId = estate.rooms.get('0101')!
  await root.call('POST /api/rooms/:id/roles', {
    params: { id: roomId },
    body: { partyId, role: 'owner', from: '2025-01-01T00:00:00Z' },
  })
  const wrong = (of: string) =>
    hub.anonymous.raw('POST /api/portal/sign-in', {
      body: { phone: of, code: '000000' },
      headers: fromSomewhere(),
    })
  await wrong('13800000000')
  await wrong(phone)
  await portalClient(hub, phone)
  const portalTries = async (client: TestClient, query: object = {}) =>
    (await client.call('GET /api/sign-ins', { query: { face: 'portal', ...query } })).items
  expect(await portalTries(root)).toMatchObject([
    { face: 'portal', phone, user: null, admitted: true, reason: null },
    { phone, reason: 'wrongCode' },
    { phone: null, unknownName: expect.stringMatching(/^[0-9a-f]{8}$/) as unknown, reason: 'unknownName' },
  ])
  expect(await portalTries(root, { q: phone.slice(3) })).toHaveLength(2)
  const role = { code: 'doorkeeper', name: 'Doorkeeper', permissions: ['signIns.read'] }
  await hub.hub.db.prisma.role.create({ data: role })
  const near = await hub.as(role.code, [estate.projectId])
  expect((await portalTries(near)).map((one) => one.phone)).toEqual(['139****5678', '139****5678'])
  expect(await portalTries(near, { q: phone.slice(3) })).toEqual([])
  expect(await portalTries(await hub.as(role.code, [mine]))).toEqual([])
  expect(await portalTries(await hub.as(role.code))).toHaveLength(3)
  const staff = await root.call('GET /api/sign-ins', { query: { face: 'staff', limit: 200 } })
  expect(new Set(staff.items.map(({ face }) => face))).toEqual(new Set(['staff']))
  const file = await hub.app.inject({
    url: '/api/sign-ins/export?face=portal&format=csv',
    headers: { ...near.headers, ...zh },
  })
  expect(parseCsvText(file.body).map((row) => row.slice(1, 3))).toEqual([
    ['入口', '用户名'],
    ['业主端', '139****5678'],
    ['业主端', '139****5678'],
  ])
})
