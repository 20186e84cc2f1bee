import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { chargingModule } from '../charging/index.ts'
import { estateModule } from '../estate/index.ts'
import { meteringModule } from '../metering/index.ts'
import { recordsModule } from '../records/index.ts'
import { partiesModule } from './index.ts'
import { HOUSEHOLD_TABLES, PARTY_TABLES } from './role-records.repository.ts'
import { importing, issuedBill, moveIn, newMeter, newParty, smallEstate } from './testing.ts'

let hub: TestHub
let administrator: TestClient
beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, meteringModule, chargingModule, partiesModule, recordsModule],
  })
  administrator = await hub.as('administrator')
})
afterAll(() => hub.stop())

const begin = (roomId: string, partyId: string, role: 'owner' | 'family' | 'tenant', from?: string) =>
  administrator.call('POST /api/rooms/:id/roles', {
    params: { id: roomId },
    body: { partyId, role, ...(from ? { from } : {}) },
  })

test('two people cannot both become the owner, however fast they press', async () => {
  const { projectId, rooms } = await smallEstate(hub)
  const room = rooms.get('0101')!
  const people = await Promise.all(['张伟', '李娜', '王芳'].map((name) => newParty(hub, projectId, name)))
  const answers = await Promise.allSettled(people.map((id) => begin(room, id, 'owner')))
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
  const { people: shown } = await administrator.call('GET /api/rooms/:id/file', { params: { id: room } })
  expect(shown.filter(({ role, to }) => role === 'owner' && to === null)).toHaveLength(1)
})

test('a role ends and stays in the history; the same person can come back later', async () => {
  const { projectId, rooms } = await smallEstate(hub)
  const room = rooms.get('0101')!
  const tenant = await newParty(hub, projectId, '赵磊')
  const first = await begin(room, tenant, 'tenant', '2026-01-01T00:00:00.000Z')
  const end = (at: string) =>
    administrator.call('POST /api/party-roles/:id/end', { params: { id: first.id }, body: { at } })
  await expect(end('2025-12-31T00:00:00.000Z')).rejects.toMatchObject({ code: 'input.invalid' })
  await end('2026-02-01T00:00:00.000Z')
  await expect(end('2026-02-02T00:00:00.000Z')).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(begin(room, tenant, 'tenant', '2026-01-15T00:00:00.000Z')).rejects.toMatchObject({
    code: 'input.invalid',
  })
  await begin(room, tenant, 'tenant', '2026-02-01T00:00:00.000Z')
  const file = await administrator.call('GET /api/parties/:id/file', { params: { id: tenant } })
  expect(file.roles.map(({ from, to }) => [from.slice(0, 10), to?.slice(0, 10) ?? null])).toEqual([
    ['2026-02-01', null],
    ['2026-01-01', '2026-02-01'],
  ])
})

test('who keeps a building brings new people into its rooms, and sees them then', async () => {
  const { buildingId, rooms } = await smallEstate(hub)
  const agent = await hub.as('serviceAgent', undefined, { buildingIds: [buildingId] })
  const params = { id: rooms.get('0102')! }
  const person = { name: '何雨', phone: '13700007777' }
  const made = await agent.call('POST /api/rooms/:id/roles', { params, body: { person, role: 'tenant' } })
  const file = await agent.call('GET /api/parties/:id/file', { params: { id: made.partyId } })
  expect(file).toMatchObject({ name: '何雨', roles: [{ role: 'tenant', room: { code: '0102' } }] })
  const both = { person, partyId: made.partyId, role: 'family' as const }
  await expect(agent.call('POST /api/rooms/:id/roles', { params, body: both })).rejects.toMatchObject({
    code: 'input.invalid',
  })
})

test('somebody of another project has no role here', async () => {
  const here = await smallEstate(hub)
  const elsewhere = await smallEstate(hub)
  const stranger = await newParty(hub, elsewhere.projectId, '孙悦')
  await expect(begin(here.rooms.get('0101')!, stranger, 'owner')).rejects.toMatchObject({
    details: { issues: [{ path: 'partyId' }] },
  })
})

test('the page of an account: people, meters, money, keys, notes, and what happened', async () => {
  const { projectId, rooms } = await smallEstate(hub)
  const room = rooms.get('0102')!
  const owner = await newParty(hub, projectId, '周敏', '13800001234')
  await begin(room, owner, 'owner')
  const id = await moveIn(administrator, room, 'A0102', '周敏')
  await newMeter(hub, projectId, room, `E-${projectId.slice(0, 8)}`)
  await issuedBill(hub, projectId, id, '88.80')
  const params = { id }
  await administrator.call('POST /api/rooms/:id/keys', {
    params: { id: room },
    body: { kind: 'door', label: '入户门', quantity: 3, partyId: owner },
  })
  const note = await administrator.call('POST /api/households/:id/notes', {
    params,
    body: { text: '周末在家' },
  })
  const file = await administrator.call('GET /api/households/:id', { params })
  expect(file).toMatchObject({ accountNumber: 'A0102', rooms: [{ code: '0102', building: { name: '1栋' } }] })
  const changed = await administrator.call('PATCH /api/households/:id', {
    params,
    body: { version: file.version, payerId: owner },
  })
  expect(changed).toMatchObject({ payer: { name: '周敏' }, version: file.version + 1 })
  await expect(
    administrator.call('PATCH /api/households/:id', { params, body: { version: file.version, name: 'x' } }),
  ).rejects.toMatchObject({ code: 'household.changed' })

  const [people, meters, money, belongings, notes, history] = await Promise.all([
    administrator.call('GET /api/households/:id/people', { params }),
    administrator.call('GET /api/households/:id/meters', { params }),
    administrator.call('GET /api/households/:id/money', { params }),
    administrator.call('GET /api/households/:id/belongings', { params }),
    administrator.call('GET /api/households/:id/notes', { params }),
    administrator.call('GET /api/households/:id/history', { params }),
  ])
  expect(people).toMatchObject([
    { role: 'owner', party: { name: '周敏', phone: '13800001234', masked: false } },
  ])
  expect(meters).toMatchObject([{ medium: 'electricity', lastRead: null }])
  expect(meters[0]!.days).toHaveLength(31)
  expect(money).toMatchObject({ openBills: 1, openAmount: '88.80', bills: [{ amount: '88.80' }] })
  expect(belongings.keys).toMatchObject([{ label: '入户门', quantity: 3, holder: '周敏', to: null }])
  expect(notes).toMatchObject([{ id: note.id, text: '周末在家', mine: true }])
  expect(history.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['movedIn', 'roleBegan', 'keysGiven', 'note', 'edited']),
  )
})

test('who may not see phones gets them masked, and other people’s notes stay theirs', async () => {
  const { projectId, buildingId, rooms } = await smallEstate(hub)
  const room = rooms.get('0201')!
  await begin(room, await newParty(hub, projectId, '吴刚', '13900005678'), 'owner')
  const id = await moveIn(administrator, room, 'A0201', '吴刚')
  const agent = await hub.as('serviceAgent', undefined, { buildingIds: [buildingId] })
  const full = (await administrator.call('GET /api/households/:id/people', { params: { id } }))[0]!.party
  expect(full.phone).toBe('13900005678')
  const clerk = await hub.as('billingClerk', undefined, { buildingIds: [buildingId] })
  expect((await clerk.call('GET /api/households/:id/people', { params: { id } }))[0]!.party.phone).toBe(
    '139****5678',
  )
  const note = await administrator.call('POST /api/households/:id/notes', {
    params: { id },
    body: { text: 'one' },
  })
  await expect(
    agent.call('PATCH /api/household-notes/:id', {
      params: { id: note.id },
      body: { version: 1, text: 'two' },
    }),
  ).rejects.toMatchObject({ code: 'auth.forbidden' })
})

test('outside the scope there is nothing', async () => {
  const { rooms } = await smallEstate(hub)
  const other = await smallEstate(hub)
  const id = await moveIn(administrator, rooms.get('0101')!, 'A0101', '郑洁')
  const stranger = await hub.as('manager', [other.projectId])
  const keys = ['', '/people', '/meters', '/money', '/belongings', '/notes', '/history'] as const
  for (const part of keys) {
    const answer = await hub.app.inject({ url: `/api/households/${id}${part}`, headers: stranger.headers })
    expect(answer.statusCode, part).toBe(404)
  }
})

const HEAD = '房间,姓名,电话,身份,产权份额,起始时间,结束时间,证件类型,证件号码,户号,户名'

/** What stands about the roles of a project, one line each. */
async function rolesOf(projectId: string): Promise<string[]> {
  const { rows } = await hub.hub.db.pool.query<{ line: string }>(
    `select concat_ws(' ', room.code, p.name, pr.role, trim_scale(pr.share_percent), to_char(pr.from_at at time zone
         'Asia/Shanghai', 'YYYY-MM-DD'), coalesce('– ' || to_char(pr.to_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD'), null))
       as line from party_role pr join party p on p.id = pr.party_id join room on room.id = pr.room_id
     where pr.project_id = $1 order by room.code, pr.from_at, pr.role, p.name`,
    [projectId],
  )
  return rows.map(({ line }) => line)
}
const countOf = async (table: string, projectId: string) =>
  (await hub.hub.db.pool.query(`select from ${table} where project_id = $1`, [projectId])).rowCount

const FAMILY = [
  '1栋 0101,张伟,138 0013 8000,业主,60,2024-05-01,,身份证,11010119900307888x,A101,张伟一家',
  '1栋 0101,李娜,13900139000,共有人,40,2024-05-01,,,,,',
  '1栋 0101,张小宝,,家属,,2024-05-01,,,,,',
  '1栋 0101,王芳,13600136000,租户,,2022-01-01,2023-12-31,,,,',
  '1栋 0102,张伟,13800138000,业主,,,,,,A102,',
]

test('a file of households: several owners, people once, accounts; the same again makes nothing; undo takes it all back', async () => {
  const { projectId } = await smallEstate(hub)
  const files = importing(hub, administrator, 'party-roles', projectId)
  const checked = await files.check([HEAD, ...FAMILY])
  expect(checked).toMatchObject({ state: 'checked', created: 5, bad: 0 })
  expect(await rolesOf(projectId)).toEqual([])
  const done = await files.act('run', checked)
  expect(done).toMatchObject({ state: 'done', created: 5, canUndo: true })
  const roles = [
    '0101 王芳 tenant 2022-01-01 – 2023-12-31',
    '0101 李娜 coOwner 40 2024-05-01',
    '0101 张小宝 family 2024-05-01',
    '0101 张伟 owner 60 2024-05-01',
    '0102 张伟 owner 1970-01-01',
  ]
  expect((await rolesOf(projectId)).sort()).toEqual(roles.sort())
  expect(await countOf('party', projectId)).toBe(4)
  const { rows: accounts } = await hub.hub.db.pool.query<{ line: string }>(
    `select concat_ws(' ', room.code, h.account_number, h.name) as line from household h
     join household_room hr on hr.household_id = h.id join room on room.id = hr.room_id
     where h.project_id = $1 order by 1`,
    [projectId],
  )
  expect(accounts.map(({ line }) => line)).toEqual(['0101 A101 张伟一家', '0102 A102 张伟'])

  const owners = `/api/party-roles?projectId=${projectId}&q=${encodeURIComponent('张伟 0101')}`
  const shown = await hub.app.inject({ url: owners, headers: administrator.headers })
  const [record] = shown.json<{ items: { id: string; identityNumber: string }[] }>().items
  expect(record!.identityNumber).toBe('110***********888X')
  const revealed = await hub.app.inject({
    ...{ method: 'POST', url: `/api/party-roles/${record!.id}/reveal`, headers: administrator.headers },
    payload: { field: 'identityNumber' },
  })
  expect(revealed.json()).toEqual({ value: '11010119900307888X' })
  const skipping = { onExisting: 'skip' } as const
  const again = await files.check([HEAD, ...FAMILY], skipping)
  expect(again).toMatchObject({ created: 0, skipped: 5, bad: 0 })
  expect(await files.act('run', again)).toMatchObject({ state: 'done', created: 0, skipped: 5 })
  const changed = FAMILY.map((row) => row.replace(',60,', ',50,').replace(',40,', ',50,'))
  const update = await files.check([HEAD, ...changed], { onExisting: 'update' })
  expect(update).toMatchObject({ updated: 5, bad: 0 })
  expect(await files.act('run', update)).toMatchObject({ state: 'done' })
  expect((await rolesOf(projectId)).filter((line) => line.includes('wner 50'))).toHaveLength(2)
  expect(await files.act('undo', update)).toMatchObject({ state: 'undone' })
  expect((await rolesOf(projectId)).sort()).toEqual(roles)
  expect(await countOf('party', projectId)).toBe(4)
})

test('an import is taken back with the people and accounts it made, and only while nothing hangs on them', async () => {
  const { projectId, rooms } = await smallEstate(hub)
  const files = importing(hub, administrator, 'party-roles', projectId)
  await newParty(hub, projectId, '李娜', '139-0013-9000')
  const done = await files.act('run', await files.check([HEAD, ...FAMILY]))
  expect(await countOf('party', projectId)).toBe(4)
  const household = await hub.hub.db.pool.query<{ id: string }>(
    `select id from household where project_id = $1 and account_number = 'A101'`,
    [projectId],
  )
  const { id } = household.rows[0]!
  const note = await hub.hub.db.pool.query<{ id: string }>(
    `insert into household_note (project_id, household_id, text) values ($1, $2, 'x') returning id`,
    [projectId, id],
  )
  expect(await files.act('undo', done)).toMatchObject({
    state: 'done',
    failure: expect.stringContaining('1'),
  })
  expect(await rolesOf(projectId)).toHaveLength(5)
  await hub.hub.db.pool.query('delete from household_note where id = $1', [note.rows[0]!.id])
  expect(await files.act('undo', done)).toMatchObject({ state: 'undone' })
  expect(await rolesOf(projectId)).toEqual([])
  expect([await countOf('party', projectId), await countOf('household', projectId)]).toEqual([1, 0])
  expect(
    (await administrator.call('GET /api/rooms/:id/file', { params: { id: rooms.get('0101')! } })).people,
  ).toEqual([])
})

test('what is wrong in a file is told by row and cell, and gives no phone away', async () => {
  const { projectId, rooms } = await smallEstate(hub)
  await begin(rooms.get('0201')!, await newParty(hub, projectId, '吴刚', '13900005678'), 'owner')
  await moveIn(administrator, rooms.get('0201')!, 'B201', '吴刚')
  const files = importing(hub, administrator, 'party-roles', projectId)
  const one = await files.check(
    [
      HEAD,
      '1栋 0101,甲,13800000001,业主,70,,,,,,',
      '1栋 0101,乙,13800000002,共有人,40,,,,,,',
      '1栋 0102,丙,13800000003,业主,,,,,,,',
      '1栋 0102,丁,13800000004,业主,,,,,,,',
      '1栋 0102,丙,13800000003,业主,,,,,,,',
      '1栋 0201,戊,13800000005,业主,,,,,,,',
      '1栋 0201,己,1380000000六,家属,,,,,,,',
      '1栋 0201,庚,,租户,,,2024-01-01,,,,',
      '1栋 0201,辛,,租户,,2199-01-01,,,,,',
      '1栋 0201,壬,,租户,10,,,,,,',
      '1栋 0201,癸,,家属,,,,,,C1,',
      '1栋 9999,子,,家属,,,,,,,',
    ],
    { badRows: 'skip' },
  )
  const { items } = await administrator.call('GET /api/imports/:id/faults', { params: { id: one.id } })
  expect(items.map(({ row, column }) => `${row} ${column}`)).toEqual([
    ...['2 产权份额', '3 产权份额', '5 身份', '6 身份', '7 身份', '8 电话'],
    ...['9 起始时间', '10 起始时间', '11 产权份额', '12 户号', '13 房间'],
  ])
  expect(items[0]!.reason).toContain('110%')
  expect(JSON.stringify(items)).not.toContain('1380000000六')
  expect(JSON.stringify(one.columns)).not.toContain('13800000001')
  expect(await files.act('run', one)).toMatchObject({ state: 'done', created: 1, bad: 11 })
  expect(await rolesOf(projectId)).toHaveLength(2)
})

test('a role through the form: a person once, history of what was before, one change at a time, the end', async () => {
  const { projectId, buildingId, rooms } = await smallEstate(hub)
  const agent = await hub.as('serviceAgent', undefined, { buildingIds: [buildingId] })
  const send = (method: 'POST' | 'PATCH', url: string, body: object, who = agent) =>
    hub.app.inject({ method, url, headers: who.headers, payload: body })
  const roomId = rooms.get('0101')!
  const person = { projectId, roomId, name: '何雨', phone: '13700007777' }
  const from = '2024-05-01T00:00:00.000Z'
  const owner = await send('POST', '/api/party-roles', { ...person, role: 'owner', sharePercent: '60', from })
  expect(owner.json()).toMatchObject({
    partyId: { title: '何雨' },
    phone: '137****7777',
    sharePercent: '60.0000',
  })
  const { id, version, partyId } = owner.json<{ id: string; version: number; partyId: { id: string } }>()
  const tenant = await send('POST', '/api/party-roles', {
    ...person,
    roomId: rooms.get('0102')!,
    role: 'tenant',
  })
  expect(tenant.json()).toMatchObject({ partyId: { id: partyId.id } })
  const over = { projectId, roomId, name: '孙悦', role: 'coOwner', sharePercent: '41' }
  expect((await send('POST', '/api/party-roles', over)).json()).toMatchObject({
    error: { issues: [{ path: 'sharePercent' }] },
  })

  const twins = await Promise.all(
    ['0201', '0202'].map((code) =>
      send('POST', '/api/party-roles', {
        ...{ projectId, roomId: rooms.get(code)!, name: '钱多', phone: '13600000001', role: 'owner' },
      }),
    ),
  )
  const [one, other] = twins.map((answer) => answer.json<{ id: string; partyId: { id: string } }>())
  expect(one!.partyId.id).toBe(other!.partyId.id)
  await hub.hub.db.pool.query('delete from party_role where party_id = $1', [one!.partyId.id])

  const edit = { version, values: { sharePercent: '50', from: '2025-01-01T00:00:00.000Z' } }
  const edits = await Promise.all([1, 2].map(() => send('PATCH', `/api/party-roles/${id}`, edit)))
  expect(edits.map(({ statusCode }) => statusCode).sort()).toEqual([200, 409])
  expect(await rolesOf(projectId)).toEqual([
    '0101 何雨 owner 60 2024-05-01 – 2025-01-01',
    '0101 何雨 owner 50 2025-01-01',
    expect.stringMatching(/^0102 何雨 tenant 2/),
  ])
  const bulk = { action: 'end', selection: { ids: [id] }, values: {} }
  expect((await send('POST', '/api/party-roles/bulk', bulk)).json()).toMatchObject({ done: 1 })
  expect((await send('POST', '/api/party-roles/bulk', bulk)).json()).toMatchObject({ done: 0 })
  const clerk = await hub.as('billingClerk', undefined, { buildingIds: [buildingId] })
  const list = `/api/party-roles?projectId=${projectId}&q=${encodeURIComponent('何雨 0102')}`
  const seen = (await hub.app.inject({ url: list, headers: clerk.headers })).json<{ items: object[] }>()
  expect(seen.items).toMatchObject([{ phone: '137****7777', role: 'tenant' }])
  const stranger = await hub.as('serviceAgent', undefined, {
    buildingIds: [(await smallEstate(hub)).buildingId],
  })
  expect(
    (await hub.app.inject({ url: `/api/party-roles/${id}`, headers: stranger.headers })).statusCode,
  ).toBe(404)
  expect(
    (await send('POST', '/api/party-roles', { ...person, role: 'family' }, stranger)).statusCode,
  ).not.toBe(200)
})

test('every column that names a person or an account keeps an import from being taken back', async () => {
  const { rows } = await hub.hub.db.pool.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = 'public' and column_name ~ '(^|_)(party|household|applicant)_id$'`,
  )
  const known = new Set([...PARTY_TABLES, ...HOUSEHOLD_TABLES].map(([table, column]) => `${table}.${column}`))
  expect(rows.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([])
})

test('a file of several batches: people and shares count across them', async () => {
  const { projectId, buildingId } = await smallEstate(hub)
  await hub.hub.db.pool.query(
    `insert into room (project_id, building_id, code, kind) select $1, $2, 'R' || n, 'flat' from generate_series(1, 2000) n`,
    [projectId, buildingId],
  )
  const files = importing(hub, administrator, 'party-roles', projectId)
  const rooms = Array.from({ length: 2_000 }, (_, n) => `R${n + 1}`)
  const rows = [
    ...rooms.map(
      (room, n) => `1栋 ${room},Owner ${n % 100},139${String(n % 100).padStart(8, '0')},业主,60,,,,,${room},`,
    ),
    ...rooms
      .slice(0, 10)
      .map((room) => `1栋 ${room},Partner,13700000000,共有人,${room === 'R7' ? 41 : 40},,,,,,`),
  ]
  const one = await files.check([HEAD, ...rows], { badRows: 'skip' })
  expect(one).toMatchObject({ created: 2_009, bad: 1 })
  expect(await files.act('run', one)).toMatchObject({ state: 'done', created: 2_009, bad: 1 })
  expect(await countOf('party', projectId)).toBe(101)
})
