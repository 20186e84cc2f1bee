import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CatalogueCommand, LiveEvents, RouteBody } from '@courtyard/protocols/contract'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { telemetryModule } from '../telemetry/index.ts'
import { createProject, startTestGateway, type TestGateway } from '../telemetry/testing.ts'
import { commandsModule } from './index.ts'

let hub: TestHub
let engineer: TestClient
let manager: TestClient
let projectId: string
let gateway: TestGateway
let devices: Map<string, string>

const label = { zh: '开关', en: 'Switch' }
const commands: CatalogueCommand[] = [
  { key: 'relay', kind: 'relay', label, confirms: true },
  { key: 'door1', kind: 'door', label, confirms: false },
  { key: 'people', kind: 'people', label, confirms: false },
  {
    key: 'setTemperature',
    kind: 'setpoint',
    label,
    confirms: true,
    unit: '°C',
    scale: 1,
    range: ['16', '30'],
  },
]
type Request = RouteBody<'POST /api/devices/:id/commands'>

beforeAll(async () => {
  hub = await startTestHub({ modules: [commandsModule, telemetryModule, gatewaysModule] })
  ;[engineer, manager] = await Promise.all([hub.as('engineer'), hub.as('manager')])
  projectId = await createProject(hub)
  gateway = await startTestGateway(hub, engineer, projectId)
  const keys = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'away']
  await gateway.sendCatalogue(keys.map((key) => ({ key, points: [], commands })))
  const list = await engineer.call('GET /api/devices', { query: { gatewayId: gateway.id } })
  devices = new Map(list.map(({ key, id }) => [key, id]))
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})

const idOf = (device: string) => devices.get(device) ?? device
const ask = (device: string, more: Partial<Request> = {}, by = engineer) =>
  by.call('POST /api/devices/:id/commands', {
    params: { id: idOf(device) },
    body: {
      id: randomUUID(),
      target: 'door1',
      body: { kind: 'door', action: 'open' },
      reason: 'visitor',
      ...more,
    },
  })
const cutOff = (device: string) =>
  ask(device, { target: 'relay', body: { kind: 'relay', action: 'open' }, reason: 'bills of three months' })
const look = (id: string, by = engineer) => by.call('GET /api/commands/:id', { params: { id } })
const stateOf = async (id: string) => (await look(id)).state
const arrived = (id: string, times = 1) => gateway.until(() => gateway.timesOf(id) >= times)
const isAcknowledged = (id: string) => gateway.acks.some((ack) => ack.commands?.includes(id))

describe('from a press to the outcome', () => {
  it('goes to the gateway, and comes back step by step', async () => {
    const heard: LiveEvents['command'][] = []
    const end = hub.hub.live.subscribe((event, data, scope) => {
      if (event === 'command' && scope.projectId === projectId) heard.push(data as LiveEvents['command'])
    })
    await subscribeForTest(hub.hub.db.pool, ['command.finished'])
    const asked = await ask('d1', { body: { kind: 'door', action: 'open', seconds: 5 } })
    expect(asked).toMatchObject({ state: 'queued', reason: 'visitor', targetLabel: label, mayCancel: true })
    await arrived(asked.id)
    const message = gateway.commands.find(({ id }) => id === asked.id)!
    expect(message).toMatchObject({
      device: 'd1',
      target: 'door1',
      body: { kind: 'door', action: 'open', seconds: 5 },
    })
    expect(message.expiresAtMs - message.sentAtMs).toBeGreaterThan(295_000)
    await gateway.report(asked.id, 'received')
    await gateway.report(asked.id, 'executing')
    expect(isAcknowledged(asked.id)).toBe(false)
    await gateway.report(asked.id, 'confirmed', { message: 'door is open' })
    await gateway.until(() => isAcknowledged(asked.id))
    const done = await look(asked.id)
    expect(done).toMatchObject({
      state: 'confirmed',
      message: 'door is open',
      uncertain: false,
      mayCancel: false,
    })
    expect(done.steps.map(({ state }) => state)).toEqual([
      'queued',
      'sent',
      'received',
      'executing',
      'confirmed',
    ])
    expect(done.steps[0]!.by).toMatch(/^engineer/)
    expect(new Set(heard.map(({ state }) => state))).toEqual(new Set(['queued', 'sent', 'confirmed']))
    end()
    const told = await toldEvents(hub.hub.db.pool, 'command.finished')
    expect(told.filter(({ data }) => data['commandId'] === asked.id)).toMatchObject([
      {
        projectId,
        data: { deviceKey: 'd1', target: 'door1', kind: 'door', state: 'confirmed', uncertain: false },
      },
    ])
  })

  it("carries the hub's time in its answers", async () => {
    const { id } = await ask('d1')
    await arrived(id)
    await gateway.report(id, 'acknowledged')
    await gateway.until(() => isAcknowledged(id))
    for (const ack of gateway.acks) expect(Math.abs(Date.now() - ack.hubTimeMs!)).toBeLessThan(60_000)
  })

  it('takes reports that come twice, late and in the wrong order', async () => {
    const { id } = await ask('d2')
    await arrived(id)
    await Promise.all([
      gateway.report(id, 'executing'),
      gateway.report(id, 'failed', { uncertain: true, message: 'no reply' }),
      gateway.report(id, 'received'),
      gateway.report(id, 'failed', { uncertain: true, message: 'no reply' }),
    ])
    await gateway.report(id, 'confirmed')
    const done = await look(id)
    expect(done).toMatchObject({ state: 'failed', uncertain: true, message: 'no reply' })
    expect(done.steps.filter(({ state }) => state === 'failed')).toHaveLength(1)
    await gateway.until(() => gateway.acks.filter((ack) => ack.commands?.includes(id)).length === 3)
  })

  it('tells a gateway to be quiet about what nobody knows, and keeps what makes no sense', async () => {
    const unknown = randomUUID()
    await gateway.report(unknown, 'confirmed')
    await gateway.until(() => isAcknowledged(unknown))
    await gateway.report('no id', 'confirmed')
    const { items } = await engineer.call('GET /api/quarantine', { query: { q: 'command' } })
    expect(items[0]).toMatchObject({ code: 'gateway.message_invalid' })
  })

  it('does not let a gateway speak of the commands of another', async () => {
    const { id } = await ask('d2')
    await arrived(id)
    const other = await startTestGateway(hub, engineer, projectId)
    await other.report(id, 'confirmed')
    expect(await stateOf(id)).toBe('sent')
    await other.stop()
    await gateway.report(id, 'acknowledged')
    expect(await stateOf(id)).toBe('acknowledged')
  })
})

describe('asking', () => {
  it('twice with one id is one command, whatever became of it', async () => {
    const request = { id: randomUUID(), reason: 'parcel' }
    const presses = await Promise.all(Array.from({ length: 5 }, () => ask('d3', request)))
    expect(new Set(presses.map(({ id }) => id))).toEqual(new Set([request.id]))
    await arrived(request.id)
    await gateway.report(request.id, 'acknowledged')
    expect(await ask('d3', request)).toMatchObject({ id: request.id, state: 'acknowledged' })
    await expect(ask('d3', { ...request, reason: 'another' })).rejects.toMatchObject({
      code: 'command.id_taken',
      details: { status: 409 },
    })
    await expect(ask('d1', request)).rejects.toMatchObject({ code: 'command.id_taken' })
    await expect(ask('d3', request, await hub.as('administrator'))).rejects.toMatchObject({
      code: 'command.id_taken',
    })
    const { rows } = await hub.hub.db.pool.query(
      `select action from audit_entry where entity = 'command' and entity_id = $1 order by id`,
      [request.id],
    )
    expect(rows).toEqual([{ action: 'command.request' }, { action: 'command.finish' }])
  })

  it('needs the permission of the kind', async () => {
    const clerk = await hub.as('billingClerk')
    await expect(ask('d3', {}, clerk)).rejects.toMatchObject({
      code: 'auth.forbidden',
      details: { permission: 'commands.door' },
    })
    await expect(ask('d3', {}, manager)).rejects.toMatchObject({ code: 'auth.forbidden' })
    const targets = await clerk.call('GET /api/devices/:id/commands', { params: { id: idOf('d3') } })
    expect(targets.map(({ key, allowed }) => [key, allowed])).toEqual([
      ['relay', true],
      ['door1', false],
      ['people', false],
      ['setTemperature', false],
    ])
    const id = idOf('d3')
    await expect(
      hub.anonymous.call('GET /api/devices/:id/commands', { params: { id } }),
    ).rejects.toMatchObject({
      code: 'auth.no_session',
    })
  })

  it('is told in words what the device can not do', async () => {
    const setpoint = (value: string) =>
      ask('d3', { target: 'setTemperature', body: { kind: 'setpoint', value } })
    await expect(setpoint('31')).rejects.toMatchObject({
      code: 'input.invalid',
      details: { issues: [{ path: 'body.body.value', reason: 'must lie between 16 and 30 °C' }] },
    })
    await expect(setpoint('20.55')).rejects.toMatchObject({
      details: { issues: [{ reason: 'at most 1 decimal places' }] },
    })
    await expect(ask('d3', { target: 'door9' })).rejects.toMatchObject({
      details: { issues: [{ reason: 'the device has no command door9' }] },
    })
    await expect(ask('d3', { reason: 'a\0b' })).rejects.toMatchObject({ code: 'input.invalid' })
    await expect(ask(randomUUID())).rejects.toMatchObject({ code: 'device.not_found' })
  })

  it('shows and keeps no PIN, and only the beginning of a long list', async () => {
    const people = Array.from({ length: 25 }, (_, i) => ({ id: `${i + 1}`, name: `P ${i}`, pin: '86420' }))
    const asked = await ask('d3', { target: 'people', body: { kind: 'people', people } })
    await arrived(asked.id)
    const sent = gateway.commands.find(({ id }) => id === asked.id)!.body
    expect(sent).toMatchObject({
      kind: 'people',
      people: people.map((person) => ({ ...person, present: true })),
    })
    expect(asked).toMatchObject({ entries: 25, body: { people: { length: 25 } } })
    const { items } = await engineer.call('GET /api/commands', {
      query: { deviceId: idOf('d3'), kind: 'people' },
    })
    expect(items).toMatchObject([{ entries: 25, body: { people: { length: 20 } } }])
    await gateway.report(asked.id, 'acknowledged')
    const kept = await hub.hub.db.pool.query(
      `select body::text from command where id = $1 union all
       select after::text from audit_entry where entity = 'command' and entity_id = $1::text`,
      [asked.id],
    )
    expect(JSON.stringify([asked, items, kept.rows])).not.toContain('86420')
  })

  it('finds nothing outside its projects', async () => {
    const stranger = await hub.as('engineer', [await createProject(hub)])
    const { id } = await ask('d3')
    await expect(look(id, stranger)).rejects.toMatchObject({ code: 'command.not_found' })
    await expect(ask('d3', {}, stranger)).rejects.toMatchObject({ code: 'device.not_found' })
    expect((await stranger.call('GET /api/commands')).items).toEqual([])
    await expect(stranger.call('POST /api/commands/:id/cancel', { params: { id } })).rejects.toMatchObject({
      code: 'command.not_found',
    })
    await gateway.report(id, 'confirmed')
  })

  it('pages through the list once', async () => {
    const whole = (await engineer.call('GET /api/commands', { query: { projectId, limit: 200 } })).items
    const seen: string[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const query = { projectId, limit: 3, ...(cursor ? { cursor } : {}) }
      const page = await engineer.call('GET /api/commands', { query })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(whole.map(({ id }) => id))
    await expect(engineer.call('GET /api/commands', { query: { cursor: 'x' } })).rejects.toMatchObject({
      code: 'command.cursor_invalid',
    })
  })
})

describe('approval', () => {
  it('is needed for what cuts somebody off, from another person', async () => {
    const { id, state, mayApprove } = await cutOff('d4')
    expect([state, mayApprove]).toEqual(['awaitingApproval', false])
    const administrator = await hub.as('administrator')
    const own = await ask('d4', { target: 'relay', body: { kind: 'relay', action: 'open' } }, administrator)
    await expect(
      administrator.call('POST /api/commands/:id/approve', { params: { id: own.id } }),
    ).rejects.toMatchObject({ code: 'command.own_request' })
    await expect(engineer.call('POST /api/commands/:id/approve', { params: { id } })).rejects.toMatchObject({
      code: 'auth.forbidden',
    })
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(gateway.timesOf(id)).toBe(0)
    expect((await look(id, manager)).mayApprove).toBe(true)
    const approved = await manager.call('POST /api/commands/:id/approve', { params: { id } })
    expect(approved).toMatchObject({
      state: 'queued',
      approvedBy: expect.stringMatching(/^manager/) as string,
    })
    await arrived(id)
    await gateway.report(id, 'confirmed')
    const rejected = await manager.call('POST /api/commands/:id/reject', {
      params: { id: own.id },
      body: { reason: 'not this one' },
    })
    expect(rejected).toMatchObject({ state: 'rejected', message: 'not this one' })
  })

  it('ends in one outcome when several people press at once', async () => {
    const others = await Promise.all([hub.as('manager'), hub.as('administrator'), hub.as('manager')])
    for (let i = 0; i < 6; i++) {
      const { id } = await cutOff('d5')
      const params = { id }
      const presses = await Promise.allSettled([
        others[0].call('POST /api/commands/:id/approve', { params }),
        others[1].call('POST /api/commands/:id/approve', { params }),
        others[2].call('POST /api/commands/:id/reject', { params, body: { reason: 'no' } }),
        engineer.call('POST /api/commands/:id/cancel', { params }),
      ])
      const refused = presses.filter(({ status }) => status === 'rejected')
      const after = await look(id)
      // Approved and then taken back are two outcomes in a row; nothing else can be
      const states = after.steps.map(({ state }) => state)
      expect(refused.length).toBe(after.approvedBy !== null && after.state === 'cancelled' ? 2 : 3)
      expect(states.filter((state) => ['rejected', 'cancelled'].includes(state)).length).toBeLessThanOrEqual(
        1,
      )
      if (after.approvedBy === null) expect(states).not.toContain('sent')
      if (after.state === 'cancelled' || after.state === 'rejected') continue
      await arrived(id)
      await gateway.report(id, 'confirmed')
    }
  })

  it('is written down with its reason', async () => {
    const { id } = await cutOff('d4')
    await manager.call('POST /api/commands/:id/reject', {
      params: { id },
      body: { reason: 'a child lives there' },
    })
    const { rows } = await hub.hub.db.pool.query<{ action: string; after: object }>(
      `select action, after from audit_entry where entity = 'command' and entity_id = $1 order by id`,
      [id],
    )
    expect(rows).toMatchObject([
      { action: 'command.request', after: { reason: 'bills of three months', target: 'relay' } },
      { action: 'command.reject', after: { state: 'rejected', message: 'a child lives there' } },
    ])
  })
})

describe('the queue', () => {
  it('has one at a time on its way per device and target, in order; other targets go beside it', async () => {
    const first = await ask('d6')
    const second = await ask('d6', { body: { kind: 'door', action: 'close' } })
    const beside = await ask('d6', { target: 'setTemperature', body: { kind: 'setpoint', value: '21.5' } })
    await arrived(first.id)
    await arrived(beside.id)
    await gateway.report(first.id, 'executing')
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(gateway.timesOf(second.id)).toBe(0)
    await gateway.report(first.id, 'confirmed')
    await arrived(second.id)
    await gateway.report(second.id, 'confirmed')
    await gateway.report(beside.id, 'confirmed')
  })

  it('can be left by who asked, as long as nothing was sent', async () => {
    const first = await ask('d6')
    const second = await ask('d6')
    await arrived(first.id)
    await expect(
      engineer.call('POST /api/commands/:id/cancel', { params: { id: first.id } }),
    ).rejects.toMatchObject({
      code: 'command.already_sent',
      details: { state: 'sent' },
    })
    const cancelled = await engineer.call('POST /api/commands/:id/cancel', { params: { id: second.id } })
    expect(cancelled.state).toBe('cancelled')
    await gateway.report(first.id, 'confirmed')
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(gateway.timesOf(second.id)).toBe(0)
  })

  it('waits while the gateway is away, and then begins with what is urgent', async () => {
    await gateway.stop()
    const state = async () =>
      (await engineer.call('GET /api/gateways', { query: { projectId } })).find(({ id }) => id === gateway.id)
        ?.state
    await expect.poll(state).not.toBe('online')
    const people = [{ id: '1', name: 'Wang' }]
    const waiting = [
      await ask('away', { target: 'people', body: { kind: 'people', people } }),
      await ask('away', { target: 'setTemperature', body: { kind: 'setpoint', value: '20' } }),
      await ask('away'),
    ].map(({ id }) => id)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(await Promise.all(waiting.map(stateOf))).toEqual(['queued', 'queued', 'queued'])
    await gateway.connect()
    for (const id of waiting) await arrived(id)
    const came = gateway.commands.map(({ id }) => id).filter((id) => waiting.includes(id))
    expect(came).toEqual(waiting.toReversed())
    for (const id of waiting) await gateway.report(id, 'acknowledged')
    expect(await Promise.all(waiting.map(stateOf))).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
  })

  it('does not send to a device that the gateway no longer lists, and takes nothing for it', async () => {
    const first = await ask('away')
    const second = await ask('away')
    await arrived(first.id)
    const keys = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6']
    await gateway.sendCatalogue(keys.map((key) => ({ key, points: [], commands })))
    await gateway.report(first.id, 'failed', { message: 'device unknown' })
    await expect(ask('away')).rejects.toMatchObject({ code: 'command.device_removed' })
    expect(await engineer.call('GET /api/devices/:id/commands', { params: { id: idOf('away') } })).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect([gateway.timesOf(second.id), await stateOf(second.id)]).toEqual([0, 'queued'])
  })
})

it('keeps its history', async () => {
  for (const sql of [
    'update command_step set state = $$x$$',
    'delete from command',
    'update command set reason = $$x$$',
  ]) {
    await expect(hub.hub.db.pool.query(sql)).rejects.toThrow('append-only')
  }
})
