import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { topics, type Reading } from '@courtyard/protocols/contract'
import { packBatch } from '@courtyard/protocols/wire'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { gatewaysModule } from '../gateways/index.ts'
import { compact } from './compaction.ts'
import { insertHeldMessage } from './ingest.repository.ts'
import { readPointReadings, telemetryModule } from './index.ts'
import { replayKnown } from './quarantine.service.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from './testing.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
let gateway: TestGateway

const HOUR = 3_600_000
const noon = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000 + 12 * HOUR

beforeAll(async () => {
  hub = await startTestHub({ modules: [telemetryModule, gatewaysModule] })
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
  gateway = await startTestGateway(hub, engineer, projectId)
  const keys = Array.from({ length: 30 }, (_, i) => `m${i}`)
  await gateway.sendCatalogue(keys.map((key) => ({ key, points: [{ key: 'energy' }] })))
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})

async function pointId(key: string, of = gateway.id): Promise<number> {
  const { rows } = await hub.hub.db.pool.query<{ id: number }>(
    'select id from point where gateway_id = $1 and key = $2',
    [of, key],
  )
  return rows[0]!.id
}

async function stored(key: string, fromMs = 0, toMs = noon + 30 * 24 * HOUR, options = {}) {
  const id = await pointId(key)
  const all = await readPointReadings(hub.hub.db.pool, [id], fromMs, toMs, options)
  return all.get(id) ?? { atMs: [], mantissas: [], qualities: [], batchIds: [] }
}

const failed = (point: string, atMs: number): Reading => ({
  point,
  atMs,
  mantissa: null,
  scale: 2,
  quality: 3,
})

async function openEntries() {
  return (await engineer.call('GET /api/quarantine', { query: { state: 'open', pageSize: 500 } })).items
}

describe('ingest', () => {
  it('stores a batch once, however often and at once it comes', async () => {
    const bytes = gateway.batch(
      readingsOf('m0/energy', [
        [noon, 100],
        [noon + 1_000, 101],
      ]),
    )
    await Promise.all(Array.from({ length: 5 }, () => gateway.publish(bytes)))
    await gateway.until(() => gateway.statusesOf(gateway.lastSequence).length === 5)
    expect(gateway.statusesOf(gateway.lastSequence).sort()).toEqual([
      'committed',
      'duplicate',
      'duplicate',
      'duplicate',
      'duplicate',
    ])
    expect((await stored('m0/energy')).mantissas).toEqual([100, 101])
    expect(await gateway.publish(bytes)).toBeUndefined()
    await gateway.until(() => gateway.statusesOf(gateway.lastSequence).length === 6)
  })

  it('puts late readings in their place and keeps the latest value', async () => {
    await gateway.send(readingsOf('m1/energy', [[noon + 60_000, 300]]))
    await gateway.send(
      readingsOf('m1/energy', [
        [noon, 100],
        [noon - 24 * HOUR, 50],
      ]),
    )
    await gateway.send([failed('m1/energy', noon + 30_000)])
    const readings = await stored('m1/energy')
    expect(readings.atMs).toEqual([noon - 24 * HOUR, noon, noon + 30_000, noon + 60_000])
    expect(readings.mantissas).toEqual([50, 100, null, 300])
    expect(readings.qualities).toEqual([0, 0, 3, 0])
    expect(new Set(readings.batchIds).size).toBe(3)
    const { rows } = await hub.hub.db.pool.query(
      'select mantissa::int, at from point_latest where point_id = $1',
      [await pointId('m1/energy')],
    )
    expect(rows).toEqual([{ mantissa: 300, at: new Date(noon + 60_000) }])
  })

  it('gives neighbours with a value on both sides, from whichever day', async () => {
    await gateway.send(
      [
        ...readingsOf('m2/energy', [
          [noon - 49 * HOUR, 10],
          [noon, 20],
          [noon + 1_000, 21],
          [noon + 26 * HOUR, 40],
        ]),
        failed('m2/energy', noon - 24 * HOUR),
        failed('m2/energy', noon + 2_000),
      ]
        .sort((a, b) => a.atMs - b.atMs)
        .filter(({ atMs }) => atMs < Date.now() + 23 * HOUR),
    )
    const within = await stored('m2/energy', noon - HOUR, noon + 1_000, { neighbours: true })
    expect(within.mantissas).toEqual([10, 20, 21])
    const empty = await stored('m2/energy', noon + 5_000, noon + 6_000, { neighbours: true })
    expect(empty.mantissas[0]).toBe(21)
    const valued = await stored('m2/energy', 0, noon + HOUR, { valuesOnly: true })
    expect(valued.mantissas).toEqual([10, 20, 21])
  })

  it('notes readings that the gateway lost', async () => {
    await gateway.send([], [{ readings: 77, fromMs: noon, toMs: noon + 5_000, reason: 'full' }])
    const [mine] = await engineer.call('GET /api/gateways', { query: { projectId } })
    expect(mine?.lostReadings).toBe(77)
  })

  it('writes the other batches when the database refuses one', async () => {
    // Well formed, but no instant that PostgreSQL could hold
    const bad = gateway.batch([], [{ readings: 1, fromMs: 1, toMs: Number.MAX_SAFE_INTEGER, reason: 'age' }])
    const badSequence = gateway.lastSequence
    const good = gateway.batch(readingsOf('m3/energy', [[noon, 1]]))
    await Promise.all([gateway.publish(bad), gateway.publish(good)])
    await gateway.until(
      () => gateway.statusesOf(badSequence).length > 0 && gateway.statusesOf(gateway.lastSequence).length > 0,
    )
    expect(gateway.statusesOf(badSequence)).toEqual(['quarantined'])
    expect(gateway.statusesOf(gateway.lastSequence)).toEqual(['committed'])
    const entry = (await openEntries()).find(({ code }) => code === 'ingest.poison')
    expect(entry).toMatchObject({ point: null, topic: topics.batch(gateway.id) })
    await expect(
      engineer.call('POST /api/quarantine/:id/replay', { params: { id: entry!.id } }),
    ).rejects.toMatchObject({ code: 'quarantine.still_refused' })
    const discarded = await engineer.call('POST /api/quarantine/:id/discard', {
      params: { id: entry!.id },
      body: { reason: 'clock' },
    })
    expect(discarded.state).toBe('discarded')
  })
})

describe('quarantine', () => {
  it('keeps bytes that are no batch, once', async () => {
    await gateway.publish(Buffer.from('not a batch'))
    await gateway.publish(Buffer.from('not a batch'))
    const entries = (await openEntries()).filter(({ code }) => code === 'wire.not_zstd')
    expect(entries).toMatchObject([{ preview: 'not a batch', gatewayId: gateway.id, bytes: 11 }])
  })

  it('tells a gateway about a batch that breaks the schema', async () => {
    const broken = {
      v: 1,
      outbox: gateway.outbox,
      sequence: 9_001,
      base: 0,
      series: [{ p: 'm1/x', s: 99, t: [0], v: [1] }],
    }
    await gateway.publish(packBatch(broken as never))
    await gateway.until(() => gateway.statusesOf(9_001).length > 0)
    expect(gateway.statusesOf(9_001)).toEqual(['quarantined'])
    const entry = (await openEntries()).find(({ code }) => code === 'wire.invalid')
    expect(entry?.reason).toContain('series.0.s')
    const inChinese = await engineer.raw('GET /api/quarantine', {
      query: { state: 'open', page: 1, pageSize: 500 },
      headers: { 'accept-language': 'zh-CN' },
    })
    const { items } = inChinese.body as { items: { id: string; reason: string }[] }
    expect(items.find(({ id }) => id === entry?.id)?.reason).toMatch(/^内容不符合规定的格式（.*series\.0\.s/)
    expect(entry?.preview).toContain('"m1/x"')
  })

  it('holds what is not in the catalogue, and takes it in once when it is', async () => {
    const other = await startTestGateway(hub, engineer, projectId)
    await other.sendCatalogue([{ key: 'a', points: [{ key: 'energy' }] }])
    expect(
      await other.send([
        ...readingsOf('a/energy', [[noon, 1]]),
        ...readingsOf('b/energy', [
          [noon, 2],
          [noon + 1, 3],
        ]),
      ]),
    ).toBe('committed')
    const entry = (await openEntries()).find(({ gatewayId }) => gatewayId === other.id)!
    expect(entry).toMatchObject({ point: 'b/energy', code: 'ingest.point_unknown', readings: 2 })
    await expect(
      engineer.call('POST /api/quarantine/:id/replay', { params: { id: entry.id } }),
    ).rejects.toMatchObject({
      code: 'quarantine.still_refused',
    })
    // As if no worker had looked at it yet
    const { rows } = await hub.hub.db.pool.query<{ id: number }>(
      `insert into point (device_id, gateway_id, key, label_zh, label_en, kind, code, unit, scale, interval_ms)
       select device_id, gateway_id, 'b/energy', 'x', 'x', kind, code, unit, scale, interval_ms from point
       where gateway_id = $1 returning id`,
      [other.id],
    )
    const presses = await Promise.allSettled([
      ...Array.from({ length: 4 }, () =>
        engineer.call('POST /api/quarantine/:id/replay', { params: { id: entry.id } }),
      ),
      replayKnown(hub.hub, other.id),
    ])
    const successes = presses.filter(
      (press, i) => press.status === 'fulfilled' && (i < 4 || press.value === 1),
    )
    expect(successes).toHaveLength(1)
    const readings = (await readPointReadings(hub.hub.db.pool, [rows[0]!.id], 0, Date.now())).get(
      rows[0]!.id,
    )!
    expect(readings.mantissas).toEqual([2, 3])
    const { rows: batches } = await hub.hub.db.pool.query<{ id: string }>(
      'select id::text from reading_batch where gateway_id = $1 and replay_of is null',
      [other.id],
    )
    expect(readings.batchIds.map(String)).toEqual([batches[0]!.id, batches[0]!.id])
    await other.stop()
  })

  it('takes held series in by itself after a catalogue that knows them', async () => {
    const other = await startTestGateway(hub, engineer, projectId)
    await other.sendCatalogue([{ key: 'a', points: [{ key: 'energy' }] }])
    await other.send(readingsOf('z/energy', [[noon, 5]], 3))
    await other.sendCatalogue([{ key: 'z', points: [{ key: 'energy', scale: 3 }] }])
    await expect
      .poll(
        async () => {
          const id = await pointId('z/energy', other.id)
          return (await readPointReadings(hub.hub.db.pool, [id], 0, Date.now())).get(id)?.mantissas
        },
        { timeout: 10_000 },
      )
      .toEqual([5])
    await other.stop()
  })

  it('takes a whole message in that is good by now, as often as somebody asks: once', async () => {
    const payload = gateway.batch(readingsOf('m7/energy', [[noon, 70]]))
    const held = { gatewayId: gateway.id, projectId, topic: topics.batch(gateway.id), payload, readings: 1 }
    await insertHeldMessage(hub.hub.db.pool, {
      ...held,
      code: 'ingest.poison',
      reason: { code: 'ingest.poison', fault: 'test' },
    })
    const entry = (await openEntries()).find(({ reason }) => reason.endsWith('test'))!
    const params = { id: entry.id }
    expect(await engineer.call('POST /api/quarantine/:id/replay', { params })).toMatchObject({
      state: 'replayed',
    })
    await expect(engineer.call('POST /api/quarantine/:id/replay', { params })).rejects.toMatchObject({
      code: 'quarantine.resolved',
    })
    // The gateway had not been told and sends it again
    await gateway.publish(payload)
    await gateway.until(() => gateway.statusesOf(gateway.lastSequence).length > 0)
    expect(gateway.statusesOf(gateway.lastSequence)).toEqual(['duplicate'])
    expect((await stored('m7/energy')).mantissas).toEqual([70])
  })

  it('shows nothing of other projects', async () => {
    const stranger = await hub.as('engineer', [await createProject(hub)])
    expect((await stranger.call('GET /api/quarantine')).total).toBe(0)
    const [entry] = (await engineer.call('GET /api/quarantine')).items
    await expect(
      stranger.call('POST /api/quarantine/:id/replay', { params: { id: entry!.id } }),
    ).rejects.toMatchObject({ code: 'quarantine.not_found' })
  })
})

describe('history', () => {
  it('thins without losing the peak', async () => {
    const values = Array.from({ length: 4_000 }, (_, i): [number, number] => [
      noon + i * 1_000,
      i === 1_234 ? 99_999 : i,
    ])
    await gateway.send(readingsOf('m4/energy', values))
    const params = { pointId: await pointId('m4/energy') }
    const query = {
      from: new Date(noon).toISOString(),
      to: new Date(noon + 2 * HOUR).toISOString(),
      maxPoints: 100,
    }
    const thin = await engineer.call('GET /api/points/:pointId/history', { params, query })
    expect(thin).toMatchObject({ thinned: true, unit: 'kWh', scale: 2 })
    expect(thin.at.length).toBeLessThanOrEqual(100)
    expect(thin.value).toContain('999.99')
    const whole = await engineer.call('GET /api/points/:pointId/history', {
      params,
      query: { ...query, maxPoints: 5_000 },
    })
    expect([whole.thinned, whole.at.length, whole.value[3_999]]).toEqual([false, 4_000, '39.99'])
  })

  it('leaves a gap where nothing was read', async () => {
    const distances = [0, HOUR, 4 * HOUR]
    await gateway.send(
      readingsOf(
        'm6/energy',
        distances.map((distance, i) => [noon + distance, i]),
      ),
    )
    const params = { pointId: await pointId('m6/energy') }
    const query = { from: new Date(noon).toISOString(), to: new Date(noon + 5 * HOUR).toISOString() }
    const { value, at } = await engineer.call('GET /api/points/:pointId/history', { params, query })
    expect(value).toEqual(['0.00', '0.01', null, '0.02'])
    expect(at).toEqual(at.toSorted((a, b) => a - b))
  })
})

describe('compaction', () => {
  it('merges the blocks of a day and changes no reading', async () => {
    const id = await pointId('m5/energy')
    for (let i = 0; i < 40; i++) await gateway.send(readingsOf('m5/energy', [[noon - i * 60_000, 1_000 - i]]))
    const before = await stored('m5/energy')
    const count = async () =>
      (await hub.hub.db.pool.query('select 1 from reading_block where point_id = $1', [id])).rowCount
    expect(await count()).toBe(40)
    await Promise.all([compact(hub.hub), compact(hub.hub)])
    expect(await count()).toBeLessThanOrEqual(2)
    expect(await stored('m5/energy')).toEqual(before)
    expect(await compact(hub.hub)).toEqual({ blocksBefore: 0, blocksAfter: 0 })
  })
})
