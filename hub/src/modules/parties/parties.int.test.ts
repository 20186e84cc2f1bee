import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { chargingModule } from '../charging/index.ts'
import { estateModule } from '../estate/index.ts'
import { meteringModule } from '../metering/index.ts'
import { partiesModule } from './index.ts'
import { issuedBill, moveIn, newMeter, newParty, smallEstate } from './testing.ts'

let hub: TestHub
let administrator: TestClient
beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, meteringModule, chargingModule, partiesModule],
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
