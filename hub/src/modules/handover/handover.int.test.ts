import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'
import { accountsModule } from '../accounts/index.ts'
import { chargingModule } from '../charging/index.ts'
import { estateModule } from '../estate/index.ts'
import { meteringModule } from '../metering/index.ts'
import { partiesModule } from '../parties/index.ts'
import { issuedBill, moveIn, newMeter, newParty, smallEstate } from '../parties/testing.ts'
import { handoverModule } from './index.ts'

let hub: TestHub
let clerk: TestClient
beforeAll(async () => {
  hub = await startTestHub({
    modules: [accountsModule, estateModule, meteringModule, chargingModule, partiesModule, handoverModule],
  })
  clerk = await hub.as('administrator')
})
afterAll(() => hub.stop())

const items = [
  { area: '客厅', text: '墙面平整' },
  { area: '厨房', text: '水管无渗漏' },
]
const plan = (buildingId: string) =>
  clerk.call('POST /api/buildings/:id/handover-batches', {
    params: { id: buildingId },
    body: { name: '一期交付', notice: '请携带身份证。', startsOn: '2026-03-01', endsOn: '2026-03-31', items },
  })

test('rooms are handed over: notice, appointment, inspection, reads, keys, owner', async () => {
  const { projectId, buildingId, rooms } = await smallEstate(hub)
  const roomId = rooms.get('0101')!
  const point = await newMeter(hub, projectId, roomId, `H-${projectId.slice(0, 8)}`)
  const owner = await newParty(hub, projectId, '张伟')
  const role = { params: { id: rooms.get('0201')! }, body: { partyId: owner, role: 'owner' as const } }
  await clerk.call('POST /api/rooms/:id/roles', role)
  await subscribeForTest(hub.hub.db.pool, [
    ...['room.changed', 'defect.created', 'defect.changed', 'partyRole.created'],
  ])
  const batch = await plan(buildingId)
  expect(batch).toMatchObject({ total: 4, completed: 0 })
  await expect(plan(buildingId)).rejects.toMatchObject({ code: 'input.invalid' })
  const notified = await clerk.call('POST /api/handover-batches/:id/notify', { params: { id: batch.id } })
  expect(notified.handovers.every(({ state }) => state === 'notified')).toBe(true)
  await clerk.call('POST /api/handover-batches/:id/notify', { params: { id: batch.id } })
  const notices = await hub.hub.db.pool.query<{ partyId: string }>(
    `select d.party_id as "partyId" from message m join message_delivery d on d.message_id = m.id
     where m.template = 'handover.notice' and m.project_id = $1 and d.channel = 'inApp'`,
    [projectId],
  )
  expect(notices.rows).toEqual([{ partyId: owner }])

  const params = { id: batch.handovers.find(({ room }) => room.id === roomId)!.id }
  let one = await clerk.call('GET /api/handovers/:id', { params })
  one = await clerk.call('POST /api/handovers/:id/appoint', {
    params,
    body: { version: one.version, at: '2026-03-05T02:00:00.000Z' },
  })
  const [wall, pipe] = one.items
  const look = (version: number, result: 'ok' | 'defect') =>
    clerk.call('PUT /api/handovers/:id/inspection', {
      params,
      body: {
        version,
        items: [
          { id: wall!.id, result: 'ok' },
          { id: pipe!.id, result, remark: result === 'defect' ? '接头渗水' : null },
        ],
      },
    })
  const before = one.version
  one = await look(one.version, 'defect')
  expect(one).toMatchObject({ state: 'inspecting', defects: [{ title: '厨房 水管无渗漏', state: 'open' }] })
  await expect(look(before, 'ok')).rejects.toMatchObject({ code: 'handover.changed' })

  const complete = () =>
    clerk.call('POST /api/handovers/:id/complete', { params, body: { version: one.version } })
  await expect(complete()).rejects.toMatchObject({ code: 'handover.refused' })
  one = await clerk.call('POST /api/handovers/:id/read', {
    params,
    body: { meteringPointId: point, index: '12.5' },
  })
  expect(one.reads).toMatchObject([{ index: '12.50', unit: 'kWh' }])
  const keys = [{ kind: 'door' as const, label: '入户门', quantity: 3 }]
  const charges = [
    { direction: 'charge' as const, text: '装修垃圾清运费', amount: '300.00', state: 'due' as const },
  ]
  one = await clerk.call('PUT /api/handovers/:id/terms', {
    params,
    body: { version: one.version, partyId: owner, remark: null, keys, charges },
  })
  const twice = await Promise.allSettled([complete(), complete()])
  expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])

  const room = await clerk.call('GET /api/rooms/:id/file', { params: { id: roomId } })
  expect(room).toMatchObject({
    deliveryState: 'handedOver',
    people: [{ role: 'owner', party: { name: '张伟' } }],
    keys: [{ label: '入户门', quantity: 3, holder: '张伟' }],
  })
  const [defect] = one.defects
  const move = (state: 'fixed' | 'accepted', version: number) =>
    clerk.call('POST /api/defects/:id/state', { params: { id: defect!.id }, body: { state, version } })
  await expect(move('accepted', defect!.version)).rejects.toMatchObject({ code: 'handover.wrong_state' })
  await move('fixed', defect!.version)
  await move('accepted', defect!.version + 1)

  const heard = async (type: string) => (await toldEvents(hub.hub.db.pool, type)).map(({ data }) => data)
  const changes = await heard('room.changed')
  expect(changes.every(({ fields }) => String(fields) === 'deliveryState')).toBe(true)
  expect(changes.map(({ id }) => id)).toEqual(expect.arrayContaining([...rooms.values()]))
  expect(changes).toHaveLength(rooms.size + 1)
  expect(await heard('defect.created')).toMatchObject([
    { id: defect!.id, path: `/api/defects/${defect!.id}` },
  ])
  expect(await heard('defect.changed')).toMatchObject([{ fields: ['state'] }, { fields: ['state'] }])
  expect(await heard('partyRole.created')).toHaveLength(1)
})

test('a change of owner is stopped by unpaid bills until somebody says who pays', async () => {
  const { projectId, rooms } = await smallEstate(hub)
  const roomId = rooms.get('0201')!
  const [seller, buyer] = await Promise.all(['李强', '王丽'].map((name) => newParty(hub, projectId, name)))
  const role = { params: { id: roomId }, body: { partyId: seller!, role: 'owner' as const } }
  await clerk.call('POST /api/rooms/:id/roles', role)
  const old = await moveIn(clerk, roomId, 'S1', '李强')
  await issuedBill(hub, projectId, old, '120.50')
  const point = await newMeter(hub, projectId, roomId, `O-${projectId.slice(0, 8)}`)
  const params = { id: roomId }
  const preview = await clerk.call('GET /api/rooms/:id/owner-change', { params })
  expect(preview).toMatchObject({
    owner: { name: '李强' },
    household: { accountNumber: 'S1' },
    unpaidAmount: '120.50',
    unpaidBills: [{ amount: '120.50' }],
    meters: [{ id: point }],
  })
  const account = { accountNumber: 'B1', name: '王丽', kind: 'residential' as const }
  const sell = (settlement: 'nothingDue' | 'staysWithSeller' | 'takenOver', unpaidAmount = '120.50') =>
    clerk.call('POST /api/rooms/:id/owner-change', {
      params,
      body: {
        toPartyId: buyer!,
        account,
        settlement,
        unpaidAmount,
        reads: [{ meteringPointId: point, index: '100' }],
      },
    })
  await expect(sell('nothingDue')).rejects.toMatchObject({ code: 'owner_change.refused' })
  await expect(sell('takenOver')).rejects.toMatchObject({ code: 'owner_change.refused' })
  await expect(sell('staysWithSeller', '0')).rejects.toMatchObject({ code: 'owner_change.refused' })
  const reads = await hub.hub.db.pool.query(
    'select from manual_read r join installation i using (meter_id) where i.metering_point_id = $1',
    [point],
  )
  expect(reads.rowCount).toBe(0)

  const done = await sell('staysWithSeller')
  const file = await clerk.call('GET /api/rooms/:id/file', { params })
  expect(file.people.map(({ party, role: kind, to }) => [party.name, kind, to !== null])).toEqual([
    ['王丽', 'owner', false],
    ['李强', 'owner', true],
  ])
  const [now, earlier] = file.households
  expect([now!.accountNumber, earlier!.accountNumber]).toEqual(['B1', 'S1'])
  // One instant: who ends and who begins, in people and in accounts
  expect(new Set([file.people[0]!.from, file.people[1]!.to, now!.from, earlier!.to]).size).toBe(1)
  expect(file.ownerChanges).toMatchObject([
    { settlement: 'staysWithSeller', unpaidAmount: '120.50', to: '王丽' },
  ])
  const household = await clerk.call('GET /api/households/:id', { params: { id: done.householdId } })
  expect(household.payer).toMatchObject({ name: '王丽' })
  const money = await clerk.call('GET /api/households/:id/money', { params: { id: old } })
  expect(money.openAmount).toBe('120.50')
})
