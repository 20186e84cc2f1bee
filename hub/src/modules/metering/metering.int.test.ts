import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppError, MeteringPoint } from '@courtyard/protocols/contract'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from '../telemetry/testing.ts'
import { billingUsage, boundaryIndexes, rebuildUsage, usageByDay, usageCaughtUp } from './index.ts'
import { bigintArray } from './usage/sql-arrays.ts'
import { startUsageWorker } from './usage/usage-worker.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
let gateway: TestGateway

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Midnight of 1 October 2026 in Shanghai. */
const october = Date.parse('2026-09-30T16:00:00Z')
const november = october + 31 * DAY

const head =
  'code,name,medium,role,building,room,parent,serial,manufacturer,model,unit,scale,digits,multiplier,installedAt,initialIndex'
const csv = (...rows: string[]): string => [head, ...rows].join('\r\n')
const row = (
  code: string,
  serial: string,
  over: { parent?: string; multiplier?: string; initial?: string; digits?: string; at?: string } = {},
) =>
  `${code},Point ${code},electricity,household,,,${over.parent ?? ''},${serial},ACME,M1,kWh,2,${over.digits ?? '6'},` +
  `${over.multiplier ?? '1'},${over.at ?? '2026-09-25'},${over.initial ?? ''}`

async function importRows(text: string, dryRun = false) {
  return engineer.call('POST /api/projects/:id/meters/import', {
    params: { id: projectId },
    query: { dryRun: String(dryRun) },
    body: text,
  })
}

async function point(code: string): Promise<MeteringPoint> {
  const { items } = await engineer.call('GET /api/metering-points', { query: { projectId, q: code } })
  return items.find((item) => item.code === code)!
}

/** Imports one metering point whose meter is fed by a device of the gateway. */
async function fedPoint(code: string, over: Parameters<typeof row>[2] = {}): Promise<string> {
  const result = await importRows(csv(row(code, `S-${code}`, over)))
  expect(result.errors).toEqual([])
  return (await point(code)).id
}

/** [minutes after October's midnight, index in hundredths] */
async function send(code: string, ...values: [number, number][]): Promise<void> {
  const readings = readingsOf(
    `${code}/energyImport`,
    values.map(([minutes, index]) => [october + minutes * MINUTE, index]),
  )
  expect(await gateway.send(readings)).toBe('committed')
  await usageCaughtUp(hub.hub)
}

async function storedDays(id: string) {
  const { rows } = await hub.hub.db.pool.query<Record<string, string>>(
    `select day::text, slot_usage::text, slot_status::text, slot_index::text, estimated_bits::text, scale, index_scale,
       usage::text, status, known_slots from usage_day where metering_point_id = $1 order by day`,
    [id],
  )
  return rows
}
async function storedMonths(id: string) {
  const { rows } = await hub.hub.db.pool.query<Record<string, unknown>>(
    `select month::text, usage::text, slot_usage::text, scale, status, known_slots, total_slots, estimated_slots,
       from_boundary, to_boundary from usage_month where metering_point_id = $1 order by month`,
    [id],
  )
  return rows
}
async function slotSum(id: string): Promise<bigint> {
  const days = await storedDays(id)
  return days
    .flatMap((day) => bigintArray(day['slot_usage']!))
    .reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n)
}
async function expectRebuildTheSame(id: string): Promise<void> {
  const before = [await storedDays(id), await storedMonths(id)]
  await rebuildUsage(hub.hub, [id])
  expect([await storedDays(id), await storedMonths(id)]).toEqual(before)
}

const devices = (serials: readonly (readonly [key: string, serial: string])[]) =>
  serials.map(([key, serial]) => ({
    key,
    serial,
    points: [{ key: 'energyImport' }, { key: 'energyExport' }, { key: 'power', kind: 'gauge' as const }],
  }))

const codes = ['A1', 'B1', 'C1', 'D1', 'E1', 'F1', 'G1', 'H1', 'J1', 'K1']

beforeAll(async () => {
  hub = await startTestHub()
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
  gateway = await startTestGateway(hub, engineer, projectId)
  await gateway.sendCatalogue(devices(codes.map((code) => [code, `S-${code}`])))
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})

describe('import', () => {
  it('takes parents in any order, changes nothing in a dry run, and nothing the second time', async () => {
    const text = csv(row('I-2', 'SI2', { parent: 'I-1' }), row('I-1', 'SI1'))
    expect(await importRows(text, true)).toMatchObject({ created: 2, updated: 0, errors: [], dryRun: true })
    expect(await point('I-1')).toBeUndefined()
    expect(await importRows(text)).toMatchObject({ created: 2, updated: 0, errors: [] })
    expect(await importRows(text)).toMatchObject({ created: 0, updated: 0, errors: [] })
    const detail = await engineer.call('GET /api/metering-points/:id', {
      params: { id: (await point('I-1')).id },
    })
    expect(detail.children.map((child) => child.code)).toEqual(['I-2'])
    expect(detail.installations[0]).toMatchObject({
      serial: 'SI1',
      multiplier: '1',
      from: '2026-09-24T16:00:00.000Z',
    })
    expect(await importRows(csv(row('I-1', 'SI1', { multiplier: '20' })))).toMatchObject({
      created: 0,
      updated: 1,
    })
  })

  it('refuses a file as a whole, naming row and column', async () => {
    const circle = csv(row('X-1', 'SX1', { parent: 'X-2' }), row('X-2', 'SX2', { parent: 'X-1' }))
    expect((await importRows(circle)).errors).toMatchObject([{ column: 'parent' }])
    const wrong = csv(
      row('X-3', 'SX3', { multiplier: '0' }),
      row('X-3', 'SX3', { parent: 'nowhere' }),
      row('I-1', 'OTHER'),
      row('X-4', 'SX4', { initial: '1.234' }),
      row('X-5', 'SX5', { initial: '99999.99', digits: '6' }),
      row('X-6', 'SI1'),
    )
    const { errors, created } = await importRows(wrong)
    expect(created).toBe(0)
    expect(errors.map(({ row: line, column }) => [line, column])).toEqual([
      [2, 'multiplier'],
      [3, 'code'],
      [3, 'serial'],
      [3, 'parent'],
      [4, 'serial'],
      [5, 'initialIndex'],
      [6, 'initialIndex'],
      [7, 'serial'],
    ])
    expect(await point('X-4')).toBeUndefined()
    const form = await importRows(csv('X-9,N,steam,household,,,,,,,,,,,,'))
    expect(form.errors).toMatchObject([{ row: 2, column: 'medium' }])
  })
})

describe('usage from the feed', () => {
  it('adds up to the register, whatever comes late, and a rebuild gives the same rows', async () => {
    const id = await fedPoint('A1')
    await send('A1', [0, 10_000], [15, 10_010], [30, 10_025], [60, 10_040], [300, 10_300])
    expect(await slotSum(id)).toBe(300n)
    const before = (await storedDays(id))[0]!
    const statuses = before['slot_status']!.slice(1, -1).split(',').map(Number)
    expect(statuses.slice(0, 12)).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 4, 4])
    await send('A1', [120, 10_041])
    const after = (await storedDays(id))[0]!
    expect(await slotSum(id)).toBe(300n)
    expect(bigintArray(after['slot_usage']!).slice(0, 2)).toEqual(
      bigintArray(before['slot_usage']!).slice(0, 2),
    )
    expect(bigintArray(after['slot_usage']!).slice(2, 4)).toEqual([1n, 0n])
    await send('A1', [60 * 24 - 10, 11_000], [60 * 24 + 20, 11_030], [60 * 24 * 3, 12_000])
    expect(await slotSum(id)).toBe(2_000n)
    await expectRebuildTheSame(id)
  })

  it('takes up what came before the meter was known', async () => {
    await gateway.send(
      readingsOf('B1/energyImport', [
        [october, 500],
        [october + 30 * MINUTE, 530],
      ]),
    )
    const id = await fedPoint('B1', { multiplier: '20' })
    await usageCaughtUp(hub.hub)
    expect((await storedDays(id))[0]).toMatchObject({ usage: '6.000000000', scale: 2 })
    expect((await point('B1')).lastRead).toEqual({
      at: new Date(october + 30 * MINUTE).toISOString(),
      index: '5.30',
    })
  })

  it('shapes an outage like the weeks before, in the same way in whatever order the data came', async () => {
    const id = await fedPoint('C1')
    const week = 7 * 24 * 60
    const slots: [number, number][] = []
    for (let half = 0; half <= 48; half++) slots.push([half * 30, 1_000 + Math.min(half, 10) * 20])
    await send('C1', ...slots)
    await send('C1', [week, 5_000], [week + 24 * 60, 5_400])
    const day = (await storedDays(id)).find((one) => one['day'] === '2026-10-08')!
    expect(bigintArray(day['slot_usage']!).slice(0, 12)).toEqual([...new Array<bigint>(10).fill(40n), 0n, 0n])
    // A late read changes the shape of the first week, and with it that of the estimate
    await send('C1', [15, 1_001])
    await expectRebuildTheSame(id)
    await send('C1', [60 * 5 - 3, 1_190])
    await expectRebuildTheSame(id)
  })

  it('holds an index that went back until a person corrects the bad read', async () => {
    const id = await fedPoint('D1')
    await send('D1', [0, 500], [30, 510], [60, 2], [90, 530])
    const detail = await engineer.call('GET /api/metering-points/:id', { params: { id } })
    expect(detail.held).toMatchObject([{ fromIndex: '5.1', toIndex: '0.02', reason: 'index_went_back' }])
    const [usage] = (
      await billingUsage(hub.hub.db.pool, { projectId, month: '2026-10', meteringPointIds: [id] })
    ).values()
    expect(usage!.completeness).toBe('held')
    const at = new Date(october + 60 * MINUTE).toISOString()
    await expect(
      engineer.call('POST /api/metering-points/:id/reads', { params: { id }, body: { at, index: '999.99' } }),
    ).rejects.toMatchObject({ code: 'read.implausible' } satisfies Partial<AppError>)
    await engineer.call('POST /api/metering-points/:id/reads', {
      params: { id },
      body: { at, index: '5.20' },
    })
    await engineer.call('POST /api/metering-points/:id/reads', {
      params: { id },
      body: { at, index: '5.20' },
    })
    const settled = await engineer.call('GET /api/metering-points/:id', { params: { id } })
    expect(settled.held).toEqual([])
    expect(await slotSum(id)).toBe(30n)
    const { reads } = await engineer.call('GET /api/metering-points/:id/reads', {
      params: { id },
      query: { limit: 3 },
    })
    expect(reads.map(({ index, source }) => [index, source])).toEqual([
      ['5.30', 'feed'],
      ['0.02', 'feed'],
      ['5.20', 'manual'],
    ])
    expect(reads[0]!.gatewayName).toMatch(/^gateway /)
    const batch = await engineer.call('GET /api/batches/:batchId', {
      params: { batchId: reads[0]!.batchId! },
    })
    expect(batch.gatewayId).toBe(gateway.id)
    await expectRebuildTheSame(id)
  })
})

describe('any order of arrival', () => {
  /** Small, seeded, so that a failure can be repeated. */
  function random(seed: number): (below: number) => number {
    let state = seed
    return (below) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
  }

  /** Five weeks of reads with outages, jitter, rollovers and resets. */
  function troubledReads(below: (limit: number) => number): [number, number][] {
    const reads: [number, number][] = []
    let index = 9_990_000
    for (let minute = below(60); minute < 35 * 24 * 60;) {
      reads.push([minute, index])
      minute += below(60) === 0 ? 200 + below(4_000) : 10 + below(30)
      const kind = below(100)
      index += kind === 0 ? -below(5_000) : kind < 8 ? -below(4) : below(40)
      index = (index + 10_000_000) % 10_000_000
    }
    return reads
  }

  it.each([
    ['J1', '0', 7],
    ['K1', '0.03', 11],
  ] as const)(
    '%s with a jitter tolerance of %s gives what a rebuild gives, with two workers',
    async (code, jitter, seed) => {
      const id = await fedPoint(code, { digits: '7' })
      await hub.hub.db.pool.query('update meter set jitter = $2 where serial = $1', [`S-${code}`, jitter])
      const below = random(seed)
      const reads = troubledReads(below)
      const second = startUsageWorker(hub.hub)
      const chunks = Map.groupBy(reads, ([minute]) => (below(4) === 0 ? 12 : Math.floor(minute / 4_500)))
      for (const key of [...chunks.keys()].sort(() => below(3) - 1)) await send(code, ...chunks.get(key)!)
      await second.stop()
      expect((await storedDays(id)).length).toBeGreaterThan(30)
      await expectRebuildTheSame(id)
      const { rows } = await hub.hub.db.pool.query<{ same: boolean }>(
        `select m.usage = (select sum(d.usage) from usage_day d where d.metering_point_id = m.metering_point_id
         and date_trunc('month', d.day) = m.month) as same from usage_month m where metering_point_id = $1`,
        [id],
      )
      expect(rows.every((row) => row.same)).toBe(true)
    },
  )

  it('counts the days of a clock that is put back as long as they are', async () => {
    const berlin = await createProject(hub, 'Europe/Berlin')
    const params = { id: berlin }
    const body = csv(row('L1', 'S-L1', { at: '2026-09-01', initial: '0' }))
    await engineer.call('POST /api/projects/:id/meters/import', { params, body })
    const { items } = await engineer.call('GET /api/metering-points', { query: { projectId: berlin } })
    const id = items[0]!.id
    const at = (iso: string, index: string) =>
      engineer.call('POST /api/metering-points/:id/reads', { params: { id }, body: { at: iso, index } })
    await at('2026-09-30T22:00:00Z', '300.00')
    await at('2026-10-31T23:00:00Z', '1045.00')
    const usage = (await billingUsage(hub.hub.db.pool, { projectId: berlin, month: '2026-10' })).get(id)!
    expect(usage).toMatchObject({ totalSlots: 1490, knownSlots: 1490, estimatedSlots: 1490, usage: '745.00' })
    const days = (await usageByDay(hub.hub.db.pool, [id], '2026-10-24', '2026-10-26')).get(id)!
    expect(days.map((day) => day.usage)).toEqual(['24.00', '25.00', '24.00'])
    expect(days[1]!.slotUsage.slice(3, 7)).toEqual([50n, 100n, 100n, 50n])
    const hours = await engineer.call('GET /api/metering-points/:id/usage', {
      params: { id },
      query: { granularity: 'hour', from: '2026-10-25', to: '2026-10-25' },
    })
    expect(hours.intervals).toHaveLength(25)
    await expectRebuildTheSame(id)
  })
})

describe('replacement', () => {
  it('keeps the old reads with the old meter and adds up over both', async () => {
    const id = await fedPoint('E1', { digits: '8' })
    const flat: [number, number][] = Array.from({ length: 31 * 24 * 2 + 1 }, (_, i) => [
      i * 30,
      i <= 960 ? 1_000_000 + i * 10 : 500 + (i - 960) * 7,
    ])
    await send('E1', ...flat)
    const at = new Date(october + 960 * 30 * MINUTE + 10 * MINUTE).toISOString()
    const body = { at, finalIndex: '10096.02', serial: 'S-E1-new', initialIndex: '5.02', multiplier: '2' }
    await expect(
      engineer.call('POST /api/metering-points/:id/replacement', {
        params: { id },
        body: { ...body, finalIndex: '9000' },
      }),
    ).rejects.toMatchObject({ code: 'replacement.refused' })
    const detail = await engineer.call('POST /api/metering-points/:id/replacement', { params: { id }, body })
    expect(detail.installations.map((one) => one.serial)).toEqual(['S-E1-new', 'S-E1'])
    expect(detail.held).toEqual([])
    const sum = 9_602n + 2n * (500n + 528n * 7n - 502n)
    expect(await slotSum(id)).toBe(sum)
    await expectRebuildTheSame(id)
    const segments = (
      await boundaryIndexes(hub.hub.db.pool, [id], new Date(october), new Date(november))
    ).get(id)!
    expect(segments.map(({ serial, usage, multiplier }) => [serial, usage, multiplier])).toEqual([
      ['S-E1', '96.02', '1'],
      ['S-E1-new', '73.88', '2'],
    ])
    expect(segments[0]!.to).toMatchObject({ method: 'installation', index: '10096.02' })
    await expect(
      engineer.call('POST /api/metering-points/:id/replacement', { params: { id }, body }),
    ).rejects.toMatchObject({ code: 'replacement.refused' })
    // The file from before the replacement may come again: it is history
    expect(await importRows(csv(row('E1', 'S-E1', { digits: '8' })))).toMatchObject({
      created: 0,
      updated: 0,
      errors: [],
    })
    // The gateway's configuration follows: the device says the new serial, the old meter keeps what was its own
    await gateway.sendCatalogue(
      devices(codes.map((code) => [code, code === 'E1' ? 'S-E1-new' : `S-${code}`])),
    )
    await send('E1', [31 * 24 * 60 + 30, 500 + 529 * 7])
    expect(await slotSum(id)).toBe(sum + 14n)
    await expectRebuildTheSame(id)
  })
})

describe('what charging reads', () => {
  it('gives a complete month with the registers at both ends, over a rollover', async () => {
    const id = await fedPoint('F1', { digits: '6', multiplier: '1.5' })
    const all: [number, number][] = []
    for (let i = -1; i <= 31 * 48 + 1; i++) all.push([i * 30 + 7, (980_000 + i * 20 + 1_000_000) % 1_000_000])
    await send('F1', ...all)
    const usage = (
      await billingUsage(hub.hub.db.pool, { projectId, month: '2026-10', meteringPointIds: [id] })
    ).get(id)!
    expect(usage).toMatchObject({
      completeness: 'complete',
      totalSlots: 1488,
      knownSlots: 1488,
      status: 'rollover',
    })
    expect(usage.usage).toBe('446.400')
    expect(usage.slotUsage.reduce((sum, one) => sum + one, 0n)).toBe(446_400n)
    const days = (await usageByDay(hub.hub.db.pool, [id], '2026-10-01', '2026-10-31')).get(id)!
    expect(days).toHaveLength(31)
    expect(days.reduce((sum, day) => sum + Number(day.usage), 0)).toBeCloseTo(446.4, 6)
    const month = await boundaryIndexes(hub.hub.db.pool, [id], new Date(october), new Date(november))
    expect(month.get(id)).toMatchObject([
      { rollovers: 1, modulus: '10000.00', usage: '446.400', serial: 'S-F1' },
    ])
    expect(month.get(id)![0]!.from.reads.map((read) => read.batchId !== null)).toEqual([true, true])
    // Without the stored boundaries the same comes from the reads
    await hub.hub.db.pool.query('update usage_month set from_boundary = null where metering_point_id = $1', [
      id,
    ])
    expect(await boundaryIndexes(hub.hub.db.pool, [id], new Date(october), new Date(november))).toEqual(month)
    const parts = [october, october + 10 * DAY, november].map((ms) => new Date(ms))
    const first = (await boundaryIndexes(hub.hub.db.pool, [id], parts[0]!, parts[1]!)).get(id)![0]!
    const second = (await boundaryIndexes(hub.hub.db.pool, [id], parts[1]!, parts[2]!)).get(id)![0]!
    expect(first.to.index).toBe(second.from.index)
    expect(Number(first.usage) + Number(second.usage)).toBeCloseTo(446.4, 6)
  })

  it('says that a month is not complete, and that nothing is known', async () => {
    const id = await fedPoint('G1')
    const empty = (
      await billingUsage(hub.hub.db.pool, { projectId, month: '2026-10', meteringPointIds: [id] })
    ).get(id)!
    expect(empty).toMatchObject({ completeness: 'noReads', totalSlots: 1488, usage: '0', computedAt: null })
    await send('G1', [60, 100], [120, 110])
    const part = (
      await billingUsage(hub.hub.db.pool, { projectId, month: '2026-10', meteringPointIds: [id] })
    ).get(id)!
    expect(part).toMatchObject({ completeness: 'gap', usage: '0.10', knownSlots: 2 })
    const segments = (
      await boundaryIndexes(hub.hub.db.pool, [id], new Date(october), new Date(november))
    ).get(id)!
    expect(segments).toMatchObject([
      { usage: '0.10', from: { index: '1.00', method: 'read' }, to: { index: '1.10' } },
    ])
  })
})

describe('routes', () => {
  it('gives usage by hour, day and month with coverage and the span before', async () => {
    const id = await fedPoint('H1')
    await send('H1', [-DAY / MINUTE, 0], [-30, 90], [0, 100], [60, 130], [90, 140])
    const hours = await engineer.call('GET /api/metering-points/:id/usage', {
      params: { id },
      query: { granularity: 'hour', from: '2026-10-01', to: '2026-10-01' },
    })
    expect(hours.intervals).toHaveLength(24)
    expect(hours.intervals.slice(0, 3)).toMatchObject([
      { usage: '0.30', status: 'measured', coverage: 1, from: new Date(october).toISOString() },
      { usage: '0.10', status: 'gap', coverage: 0.5 },
      { usage: null, status: 'gap', coverage: 0 },
    ])
    expect(hours.total).toBe('0.40')
    expect(hours.previous).toHaveLength(24)
    const days = await engineer.call('GET /api/metering-points/:id/usage', {
      params: { id },
      query: { granularity: 'day', from: '2026-10-01', to: '2026-10-31' },
    })
    expect(days.intervals).toHaveLength(31)
    expect(days.previous[29]).toBe('1.00')
    const months = await engineer.call('GET /api/metering-points/:id/usage', {
      params: { id },
      query: { granularity: 'month', from: '2026-01-01', to: '2026-12-31' },
    })
    expect(months.intervals[9]).toMatchObject({ usage: '0.40', status: 'gap' })
    expect(months.total).toBe('1.40')
  })

  it('searches, sorts and pages', async () => {
    const by = (query: object) =>
      engineer.call('GET /api/metering-points', { query: { projectId, ...query } })
    const all = await by({ sort: '-usageThisMonth', pageSize: 3 })
    expect(all.items).toHaveLength(3)
    expect(all.total).toBeGreaterThan(8)
    expect((await by({ q: 'S-E1-new' })).items.map((item) => item.code)).toEqual(['E1'])
    expect((await by({ q: 'point_' })).total).toBe(0)
    expect((await by({ status: 'gap' })).total).toBeGreaterThan(3)
    for (const sort of [
      'code',
      '-lastRead',
      'household',
      'building',
      'room',
      'meterSerial',
      'status',
      'usageToday',
    ]) {
      expect((await by({ sort })).total).toBe(all.total)
    }
    await expect(by({ sort: 'constructor' })).rejects.toMatchObject({ code: 'metering_point.unknown_sort' })
  })

  it('hides what is outside the scope', async () => {
    const stranger = await hub.as('engineer', [await createProject(hub)])
    const id = (await point('A1')).id
    await expect(stranger.call('GET /api/metering-points/:id', { params: { id } })).rejects.toMatchObject({
      code: 'metering_point.not_found',
    })
    await expect(stranger.call('GET /api/metering-points', { query: { projectId } })).rejects.toMatchObject({
      code: 'project.not_found',
    })
    const { reads } = await engineer.call('GET /api/metering-points/:id/reads', { params: { id } })
    await expect(
      stranger.call('GET /api/batches/:batchId', { params: { batchId: reads[0]!.batchId! } }),
    ).rejects.toMatchObject({ code: 'batch.not_found' })
  })
})
