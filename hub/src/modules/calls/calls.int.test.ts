import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadUser } from '../../platform/auth/load-user.repository.ts'
import { selectByTitle, selectTitles } from '../../platform/resource/titles.repository.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { chargingModule } from '../charging/index.ts'
import { estateModule } from '../estate/index.ts'
import { meteringModule } from '../metering/index.ts'
import { partiesModule } from '../parties/index.ts'
import { handoverModule } from '../handover/index.ts'
import { issuedBill, moveIn, newParty, smallEstate } from '../parties/testing.ts'
import { callResource } from './call.resource.ts'
import { callsModule } from './index.ts'

let hub: TestHub
let administrator: TestClient
beforeAll(async () => {
  hub = await startTestHub({
    modules: [
      accountsModule,
      estateModule,
      meteringModule,
      chargingModule,
      partiesModule,
      handoverModule,
      callsModule,
    ],
  })
  administrator = await hub.as('administrator')
})
afterAll(() => hub.stop())

async function usernameOf(id: string): Promise<string> {
  return (await hub.hub.db.prisma.user.findUniqueOrThrow({ where: { id } })).username
}

async function owner(name: string, phone: string) {
  const estate = await smallEstate(hub)
  const roomId = estate.rooms.get('0101')!
  const partyId = await newParty(hub, estate.projectId, name, phone)
  await administrator.call('POST /api/rooms/:id/roles', {
    params: { id: roomId },
    body: { partyId, role: 'owner' },
  })
  const householdId = await moveIn(administrator, roomId, 'A1', name)
  return { ...estate, roomId, partyId, householdId }
}

test.each(['+86 138-1111-0001', '013811110001', '0086 13811110001', '13811110001'])(
  'a number is the same however the telephone system writes it: %s',
  async (phone) => {
    const { householdId, partyId } = await shared()
    const agent = await usernameOf(administrator.userId)
    expect(await administrator.call('POST /api/cti/calls', { body: { phone, agent } })).toMatchObject({
      partyId,
      householdId,
    })
  },
)
let once: ReturnType<typeof owner> | null = null
const shared = () => (once ??= owner('冯涛', '138 1111 0001'))

test('the agent’s screen is told within a second, nobody else’s, and shows who it is', async () => {
  const { projectId, householdId } = await owner('沈月', '13822220002')
  await issuedBill(hub, projectId, householdId, '45.00')
  const agent = await hub.as('serviceAgent', [projectId])
  const heard: { id: string; userId: string | undefined }[] = []
  const stop = hub.hub.live.subscribe((event, data, scope) => {
    if (event === 'call') heard.push({ id: (data as { id: string }).id, userId: scope.userId })
  })
  const started = performance.now()
  const call = await administrator.call('POST /api/cti/calls', {
    body: { phone: '13822220002', agent: await usernameOf(agent.userId) },
  })
  expect(heard).toEqual([{ id: call.id, userId: agent.userId }])
  expect(performance.now() - started).toBeLessThan(1_000)
  stop()
  const params = { id: call.id }
  expect(await agent.call('GET /api/calls/:id/card', { params })).toMatchObject({
    phone: '13822220002',
    party: { name: '沈月' },
    rooms: [{ name: '1栋 0101', role: 'owner' }],
    household: { id: householdId, accountNumber: 'A1' },
    samePhone: 1,
  })
  await agent.call('PUT /api/calls/:id/note', { params, body: { note: '咨询电费' } })
  const other = await hub.as('serviceAgent', [(await smallEstate(hub)).projectId])
  await expect(other.call('GET /api/calls/:id/card', { params })).rejects.toMatchObject({ code: 'not_found' })
  const history = await administrator.call('GET /api/households/:id/history', { params: { id: householdId } })
  expect(history).toContainEqual(
    expect.objectContaining({ kind: 'call', subject: '沈月', detail: '咨询电费' }),
  )
})

test('an agent learns nothing of people outside his projects', async () => {
  await owner('韩雪', '13833330003')
  const agent = await hub.as('serviceAgent', [(await smallEstate(hub)).projectId])
  const call = await administrator.call('POST /api/cti/calls', {
    body: { phone: '13833330003', agent: await usernameOf(agent.userId) },
  })
  expect(call).toMatchObject({ partyId: null, householdId: null })
  expect(await agent.call('GET /api/calls/:id/card', { params: { id: call.id } })).toMatchObject({
    party: null,
    rooms: [],
    openAmount: null,
  })
})

test('an extension stands for one agent; unknown ones are refused', async () => {
  const agent = await hub.as('serviceAgent')
  const second = await hub.as('serviceAgent')
  const sit = (who: TestClient, extension: string | null) =>
    who.call('PUT /api/cti/extension', { body: { extension } })
  await sit(agent, '8001')
  await expect(sit(second, '8001')).rejects.toMatchObject({ code: 'call.extension_taken' })
  const call = await administrator.call('POST /api/cti/calls', {
    body: { phone: '02100000000', agent: '8001' },
  })
  expect(await agent.call('GET /api/calls/:id/card', { params: { id: call.id } })).toMatchObject({
    party: null,
  })
  await sit(agent, null)
  await expect(
    administrator.call('POST /api/cti/calls', { body: { phone: '1', agent: '8001' } }),
  ).rejects.toMatchObject({ code: 'input.invalid' })
  await expect(
    administrator.call('POST /api/cti/calls', { body: { phone: '02100000000', agent: '8001' } }),
  ).rejects.toMatchObject({ code: 'call.unknown_agent' })
})

test('calls and defects stand on the page of the household, for those who may see them there', async () => {
  const { projectId, buildingId, roomId, householdId } = await owner('何志强', '13833330003')
  const params = { id: householdId }
  const panelsFor = (who: TestClient) => who.call('GET /api/households/:id/panels', { params })
  expect(await panelsFor(administrator)).toEqual([])
  const agent = await hub.as('serviceAgent', [projectId])
  const body = { phone: '13833330003', agent: await usernameOf(agent.userId) }
  const { id } = await administrator.call('POST /api/cti/calls', { body })
  await agent.call('PUT /api/calls/:id/note', { params: { id }, body: { note: '询问交房' } })
  await hub.hub.db.pool.query(
    `insert into defect (project_id, building_id, room_id, title, state) values
     ($1, $2, $3, '墙面裂缝', 'open'), ($1, $2, $3, '水管渗漏', 'accepted')`,
    [projectId, buildingId, roomId],
  )
  const shown = await panelsFor(administrator)
  expect(shown.map(({ key, open, items }) => [key, open, items.map(({ title }) => title)]).sort()).toEqual([
    ['calls', null, ['询问交房']],
    ['defects', 1, ['墙面裂缝', '水管渗漏']],
  ])
  const clerk = await hub.as('billingClerk', [projectId])
  expect((await panelsFor(clerk)).map(({ key }) => key)).toEqual(['defects'])
  const stranger = await hub.as('manager', [(await smallEstate(hub)).projectId])
  await expect(panelsFor(stranger)).rejects.toMatchObject({ code: 'not_found' })
})

test('a call is called by its number, masked for who may not see numbers, and found by none he guesses', async () => {
  const { projectId } = await owner('蒋丽', '13844440004')
  const agent = await hub.as('serviceAgent', [projectId])
  const body = { phone: '13844440004', agent: await usernameOf(agent.userId) }
  const { id } = await administrator.call('POST /api/cti/calls', { body })
  const role = { code: 'callReader', name: 'Reader', permissions: ['call.read'] }
  await hub.hub.db.prisma.role.create({ data: role })
  const reader = await hub.as(role.code, [projectId])
  const { pool } = hub.hub.db
  const seenBy = async ({ userId }: TestClient) => {
    const user = (await loadUser(pool, userId, hub.hub.clock.now()))!
    const titles = await selectTitles(pool, callResource, user, [id])
    const found = await selectByTitle(pool, callResource, user, projectId, ['13844440004'])
    return [titles.get(id), found.size]
  }
  expect(await seenBy(administrator)).toEqual(['13844440004', 1])
  expect(await seenBy(reader)).toEqual(['138****0004', 0])
})
