/**
 * From a press in the hub to the relay of a meter and the lock of a door, and from a card at a terminal back to the
 * list of events: real hub, real agent as a process of its own, simulated devices on real sockets.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { RouteBody } from '@courtyard/protocols/contract'
import { startTestHub, type TestClient, type TestHub } from '../../hub/src/platform/testing.ts'
import { startDlt645Line, type RunningDlt645Line } from '../../simulators/src/dlt645/index.ts'
import { SimulatedTerminal } from '../../simulators/src/zkteco/terminal.ts'
import { startProgram, until, type RunningProgram } from '../support/processes.ts'

const METER = '202611220102'
const PASSWORD = '02123456'

let folder: string
let hub: TestHub
let engineer: TestClient
let manager: TestClient
let projectId: string
let gatewayId: string
let line: RunningDlt645Line
let terminal: SimulatedTerminal
let edge: RunningProgram
let devices: Map<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courtyard-commands-'))
  hub = await startTestHub()
  ;[engineer, manager] = await Promise.all([hub.as('engineer'), hub.as('manager')])
  const project = await hub.hub.db.prisma.project.create({
    data: { code: 'E2E', name: 'E2E', timeZone: 'Asia/Shanghai' },
  })
  projectId = project.id
  line = await startDlt645Line({
    port: 0,
    meters: [{ address: METER, energyKwh: 12, password: PASSWORD, relayDelayMs: 200 }],
  })
  terminal = await SimulatedTerminal.start({
    users: [{ uid: 1, privilege: 0, password: '', name: 'Wang', card: 0, user: '1007' }],
  })
  const registered = await engineer.call('POST /api/gateways', { body: { projectId, name: 'Site' } })
  gatewayId = registered.gateway.id
  await writeFile(join(folder, 'site.yaml'), stringify(siteOf(registered.token)))
  startEdge()
  devices = await until('catalogue in the hub', 30_000, async () => {
    const list = await engineer.call('GET /api/devices', { query: { gatewayId } })
    return list.length === 2 ? new Map(list.map(({ key, id }) => [key, id])) : null
  })
})
afterAll(async () => {
  await edge?.stop(4_000)
  await Promise.all([line?.stop(), terminal?.stop()])
  await hub?.stop()
  await rm(folder, { recursive: true, force: true })
})

function startEdge(): void {
  edge = startProgram(['edge/bin/courtyard-edge.js', '--config', join(folder, 'site.yaml')])
}

function siteOf(enrolmentToken: string): object {
  return {
    gateway: { name: 'Site', dataDir: './edge', statusPort: 0, timeZone: 'Asia/Shanghai' },
    hub: { url: hub.url, enrolmentToken },
    outbox: { flushMs: 50 },
    buses: [
      {
        key: 'meters',
        driver: 'dlt645',
        transport: { type: 'tcp', host: '127.0.0.1', port: line.port },
        timeoutMs: 500,
      },
      { key: 'doors', driver: 'zkteco', transport: { type: 'tcp', port: terminal.port } },
    ],
    devices: [
      {
        ...{ key: 'flat', name: 'Flat 101', bus: 'meters', profile: 'dlt645-2007-single-phase-relay' },
        address: { address: METER, password: PASSWORD },
      },
      {
        ...{ key: 'gate', name: 'Gate', bus: 'doors', profile: 'zkteco-access-f-series' },
        address: { host: '127.0.0.1' },
      },
    ],
  }
}

const ask = (device: string, body: Omit<RouteBody<'POST /api/devices/:id/commands'>, 'id' | 'reason'>) =>
  engineer.call('POST /api/devices/:id/commands', {
    params: { id: devices.get(device)! },
    body: { id: randomUUID(), reason: 'end to end', ...body },
  })
const look = (id: string) => engineer.call('GET /api/commands/:id', { params: { id } })
const ended = (id: string) =>
  until('an outcome', 20_000, async () => {
    const command = await look(id)
    return command.finishedAt === null ? null : command
  })

it('lists what the devices can be told', async () => {
  const targets = await engineer.call('GET /api/devices/:id/commands', {
    params: { id: devices.get('flat')! },
  })
  expect(targets).toContainEqual(
    expect.objectContaining({ key: 'relay', kind: 'relay', confirms: true, allowed: true }),
  )
})

it('cuts a flat off only with a second person, once, and reads back that it is so', async () => {
  const meter = line.meters.get(METER)!
  const asked = await ask('flat', { target: 'relay', body: { kind: 'relay', action: 'open' } })
  expect(asked.state).toBe('awaitingApproval')
  await manager.call('POST /api/commands/:id/approve', { params: { id: asked.id } })
  const done = await ended(asked.id)
  expect(done).toMatchObject({ state: 'confirmed', uncertain: false })
  expect(done.steps.map(({ state }) => state)).toEqual(
    expect.arrayContaining(['awaitingApproval', 'queued', 'sent', 'confirmed']),
  )
  expect(meter.relayOpen).toBe(true)
  const again = await ask('flat', { target: 'relay', body: { kind: 'relay', action: 'close' } })
  expect(await ended(again.id)).toMatchObject({ state: 'confirmed' })
  expect([meter.relayOpen, meter.orders]).toEqual([false, ['relay 1a', 'relay 1c']])
})

it('opens a door, and tells of the card that came before', async () => {
  const asked = await ask('gate', { target: 'door', body: { kind: 'door', action: 'open', seconds: 3 } })
  expect((await ended(asked.id)).state).toMatch(/^(acknowledged|confirmed)$/)
  expect(terminal.snapshot().unlocks).toHaveLength(1)
  const time = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
  terminal.punch({ uid: 1, user: '1007', time, verify: 1, punch: 0 })
  const events = await until('the event in the hub', 30_000, async () => {
    const { items } = await engineer.call('GET /api/events', { query: { projectId, q: '1007' } })
    return items.length > 0 ? items : null
  })
  expect(events[0]).toMatchObject({ deviceName: 'Gate', event: { device: 'gate', person: '1007' } })
})

it('does a command once although the agent is killed in the midst of it', async () => {
  const meter = line.meters.get(METER)!
  const orders = () => meter.orders.filter((order) => order === 'relay 1a').length
  const before = orders()
  const asked = await ask('flat', { target: 'relay', body: { kind: 'relay', action: 'open' } })
  await manager.call('POST /api/commands/:id/approve', { params: { id: asked.id } })
  // A later report may overtake an earlier one, which then is no step any more
  const hasReached = async () =>
    (await look(asked.id)).steps.some(({ state }) => !['awaitingApproval', 'queued', 'sent'].includes(state))
  // Not so often that the hub's limit of requests per minute is met
  await until('the gateway has it', 20_000, hasReached, 25)
  await edge.kill()
  startEdge()
  const done = await ended(asked.id)
  const carriedOut = orders() - before
  expect(carriedOut).toBeLessThanOrEqual(1)
  // Whatever the moment was: what is called done was done
  expect(['confirmed', 'failed']).toContain(done.state)
  if (done.state === 'confirmed') expect([carriedOut, meter.relayOpen]).toEqual([1, true])
  const { items } = await engineer.call('GET /api/events', { query: { projectId, q: '1007' } })
  expect(items).toHaveLength(1)
})
