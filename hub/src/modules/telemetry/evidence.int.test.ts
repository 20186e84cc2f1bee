import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeBatch } from '@courtyard/protocols/wire'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { readPointReadings, telemetryModule } from './index.ts'
import { insertHeldMessage } from './ingest.repository.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from './testing.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
let gateway: TestGateway

const noon = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000 + 43_200_000

const device = (key: string, scale = 2) => ({ key, points: [{ key: 'energy', scale }] })

beforeAll(async () => {
  hub = await startTestHub({ modules: [telemetryModule, gatewaysModule] })
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
  gateway = await startTestGateway(hub, engineer, projectId)
  await gateway.sendCatalogue([device('a'), device('b'), device('c')])
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})

async function indexes(key: string): Promise<(number | null)[]> {
  const { rows } = await hub.hub.db.pool.query<{ id: number }>(
    'select id from point where gateway_id = $1 and key = $2',
    [gateway.id, key],
  )
  const all = await readPointReadings(hub.hub.db.pool, [rows[0]!.id], 0, noon + 86_400_000)
  return all.get(rows[0]!.id)?.mantissas ?? []
}

it('holds a batch whose number the log has with other readings, and takes it in on request', async () => {
  expect(await gateway.send(readingsOf('a/energy', [[noon, 100]]))).toBe('committed')
  const sequence = gateway.lastSequence
  // An outbox that was put back from a copy counts again from there
  const bytes = encodeBatch(
    { outbox: gateway.outbox, sequence },
    readingsOf('a/energy', [[noon + 1_000, 101]]),
  )
  for (const again of [1, 2]) {
    await gateway.publish(bytes)
    await gateway.until(() => gateway.statusesOf(sequence).length > again)
  }
  expect(gateway.statusesOf(sequence)).toEqual(['committed', 'quarantined', 'quarantined'])
  expect(await indexes('a/energy')).toEqual([100])
  const { items } = await engineer.call('GET /api/quarantine', { query: { state: 'open' } })
  expect(items).toMatchObject([{ code: 'ingest.sequence_reused', readings: 1 }])
  await engineer.call('POST /api/quarantine/:id/replay', { params: { id: items[0]!.id } })
  expect(await indexes('a/energy')).toEqual([100, 101])
})

it('does not read first readings with decimal places that the catalogue gave up', async () => {
  // Makes the hub remember the points of the gateway
  expect(await gateway.send(readingsOf('b/energy', [[noon, 1]]))).toBe('committed')
  await gateway.sendCatalogue([device('a'), device('b'), device('c', 3)])
  await gateway.send(readingsOf('c/energy', [[noon, 1_234]]))
  expect(await indexes('c/energy')).toEqual([])
  const { items } = await engineer.call('GET /api/quarantine', { query: { state: 'open' } })
  expect(items).toMatchObject([{ code: 'ingest.scale_mismatch', point: 'c/energy' }])
})

it('keeps what came as it came', async () => {
  const { pool } = hub.hub.db
  for (const sql of [
    `update reading_batch set payload = ''`,
    'delete from reading_batch',
    'truncate reading_batch',
    'truncate audit_entry',
    'truncate manual_read',
    'delete from quarantine_entry',
    `update quarantine_entry set topic = ''`,
  ]) {
    await expect(pool.query(sql), sql).rejects.toThrow(/append-only|never changed/)
  }
})

it('keeps only so many bad messages of one gateway, and does not say that it has the others', async () => {
  const hold = (payload: Uint8Array) =>
    insertHeldMessage(hub.hub.db.pool, {
      gatewayId: gateway.id,
      projectId,
      topic: `courtyard/v1/${gateway.id}/up/batch`,
      code: 'wire.invalid',
      reason: { code: 'wire.not_json' },
      readings: 0,
      payload,
    })
  const first = randomBytes(8)
  const kept = [await hold(first)]
  for (let i = 0; i < 1_001; i++) kept.push(await hold(randomBytes(8)))
  expect(kept.filter(Boolean)).toHaveLength(1_000)
  expect(kept.at(-1)).toBe(false)
  expect(await hold(first)).toBe(true)
})
