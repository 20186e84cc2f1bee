import { afterAll, beforeAll, expect, it } from 'vitest'
import { findReminderSource } from '../../platform/reminders/source.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { createProject, readingsOf, startTestGateway, type TestGateway } from '../telemetry/testing.ts'
import { billingUsage, boundaryIndexes, usageCaughtUp } from './index.ts'

let hub: TestHub
let engineer: TestClient
let projectId: string
let gateway: TestGateway

const HOUR = 3_600_000
/** Midnights in Shanghai. */
const october = Date.parse('2026-09-30T16:00:00Z')
const november = october + 31 * 24 * HOUR

const head = 'code,name,medium,role,serial,unit,scale,digits,multiplier,installedAt'
const row = (code: string, over: { serial?: string; medium?: string; unit?: string; at?: string } = {}) =>
  `${code},Point ${code},${over.medium ?? 'electricity'},household,${over.serial ?? `S-${code}`},${over.unit ?? 'kWh'},2,8,1,${over.at ?? '2026-09-25'}`

const importRows = (...rows: string[]) =>
  engineer.call('POST /api/projects/:id/meters/import', {
    params: { id: projectId },
    query: { dryRun: 'false' },
    body: [head, ...rows].join('\n'),
  })

async function pointId(code: string): Promise<string> {
  const { items } = await engineer.call('GET /api/metering-points', { query: { projectId, q: code } })
  return items.find((item) => item.code === code)!.id
}

const replace = (id: string, body: object) =>
  engineer.call('POST /api/metering-points/:id/replacement', {
    params: { id },
    body: { finalIndex: '0', initialIndex: '0', ...body } as never,
  })

beforeAll(async () => {
  hub = await startTestHub()
  engineer = await hub.as('engineer')
  projectId = await createProject(hub)
  gateway = await startTestGateway(hub, engineer, projectId)
  await gateway.sendCatalogue([
    { key: 'A', serial: 'S-A', points: [{ key: 'energyImport' }] },
    { key: 'J', serial: 'S-J', points: [{ key: 'energyImport' }] },
    { key: 'L', serial: 'S-L', medium: 'water', points: [{ key: 'volume', unit: 'L' }] },
  ])
})
afterAll(async () => {
  await gateway?.stop()
  await hub?.stop()
})

it('shows the old meter in the month that ends with the replacement and the new one in the next', async () => {
  expect((await importRows(row('A'))).errors).toEqual([])
  const id = await pointId('A')
  const hours = Array.from({ length: 31 * 24 }, (_, i): [number, number] => [
    october + i * HOUR,
    100_000 + i * 100,
  ])
  await gateway.send(readingsOf('A/energyImport', hours))
  await usageCaughtUp(hub.hub)
  const final = 1_000 + 31 * 24
  await replace(id, {
    at: new Date(november).toISOString(),
    finalIndex: `${final}.00`,
    serial: 'S-A2',
    initialIndex: '7.25',
  })
  const later = [1, 2, 3].map((i): [number, number] => [november + i * HOUR, 725 + i * 50])
  await gateway.send(readingsOf('A/energyImport', later))
  await usageCaughtUp(hub.hub)
  const { pool } = hub.hub.db
  const month = (await billingUsage(pool, { projectId, month: '2026-10', meteringPointIds: [id] })).get(id)!
  expect(month).toMatchObject({ completeness: 'complete', usage: `${31 * 24}.00` })
  const segments = (await boundaryIndexes(pool, [id], new Date(october), new Date(november))).get(id)!
  expect(segments).toMatchObject([
    {
      serial: 'S-A',
      usage: '744.00',
      rollovers: 0,
      from: { index: '1000.00' },
      to: { index: `${final}.00`, method: 'installation', reads: [{ index: `${final}.00` }] },
    },
  ])
})

it('refuses a known meter that measures otherwise, or was still at another place', async () => {
  expect((await importRows(row('B'), row('C'), row('W', { medium: 'water', unit: 'm³' }))).errors).toEqual([])
  const [b, c] = [await pointId('B'), await pointId('C')]
  // The meter of B goes to the shelf on 10 October
  await replace(b, { at: '2026-10-10T00:00:00Z', serial: 'S-B2' })
  await expect(replace(c, { at: '2026-10-09T00:00:00Z', serial: 'S-B' })).rejects.toMatchObject({
    code: 'replacement.refused',
    details: { issues: [{ path: 'at', reason: expect.stringContaining('at B until 2026-10-10') }] },
  })
  await expect(
    replace(c, { at: '2026-10-11T00:00:00Z', serial: 'S-B', multiplier: '20' }),
  ).rejects.toMatchObject({ details: { issues: [{ path: 'multiplier' }] } })
  await expect(replace(c, { at: '2026-10-11T00:00:00Z', serial: 'S-W' })).rejects.toMatchObject({
    code: 'meter.in_use',
  })
  const { errors } = await importRows(row('D', { serial: 'S-B', at: '2026-10-09' }))
  expect(errors).toMatchObject([{ row: 2, column: 'installedAt' }])
  await replace(c, { at: '2026-10-11T00:00:00Z', serial: 'S-B' })
})

it('takes no index in litres for cubic metres', async () => {
  expect((await importRows(row('L', { medium: 'water', unit: 'm³' }))).errors).toEqual([])
  const id = await pointId('L')
  await gateway.send(readingsOf('L/volume', [[october, 1_000_000]]))
  await usageCaughtUp(hub.hub)
  const { reads } = await engineer.call('GET /api/metering-points/:id/reads', { params: { id } })
  expect(reads).toEqual([])
  expect((await importRows(row('L', { medium: 'water', unit: 'L' }))).errors).toEqual([])
  await usageCaughtUp(hub.hub)
  const after = await engineer.call('GET /api/metering-points/:id/reads', { params: { id } })
  expect(after.reads).toMatchObject([{ index: '10000.00' }])
})

it('counts a jump beyond what the meter can, and shows it', async () => {
  const limits = (maxPerHour: string, jitter = '') =>
    engineer.call('POST /api/projects/:id/meters/import', {
      params: { id: projectId },
      query: { dryRun: 'false' },
      body: [`${head},maxPerHour,jitter`, `${row('J')},${maxPerHour},${jitter}`].join('\n'),
    })
  expect((await limits('0')).errors).toMatchObject([{ row: 2, column: 'maxPerHour' }])
  expect((await limits('10', '-1')).errors).toMatchObject([{ row: 2, column: 'jitter' }])
  expect((await limits('10.0', '0.1')).errors).toEqual([])
  // Without the columns the limits stay
  expect(await importRows(row('J'))).toMatchObject({ updated: 0, errors: [] })
  const id = await pointId('J')
  const readings: [number, number][] = [
    [0, 0],
    [1, 500],
    [2, 2_000],
  ].map(([hour, index]) => [october + hour! * HOUR, index!])
  await gateway.send(readingsOf('J/energyImport', readings))
  await usageCaughtUp(hub.hub)
  const { held } = await engineer.call('GET /api/metering-points/:id', { params: { id } })
  expect(held).toMatchObject([{ reason: 'index_jumped', fromIndex: '5', toIndex: '20' }])
  const day = { granularity: 'day', from: '2026-10-01', to: '2026-10-01' } as const
  const usage = await engineer.call('GET /api/metering-points/:id/usage', { params: { id }, query: day })
  expect(usage.total).toBe('20.00')
  const { attention } = await engineer.call('GET /api/overview', { query: { projectId } })
  expect(attention.filter(({ code }) => code === 'usageJump')).toMatchObject([{ href: `/meters/${id}` }])
  // A person who corrects the reading ends it
  const body = { at: new Date(october + 2 * HOUR).toISOString(), index: '9.00' }
  await engineer.call('POST /api/metering-points/:id/reads', { params: { id }, body })
  expect((await engineer.call('GET /api/metering-points/:id', { params: { id } })).held).toEqual([])
})

it('finds meters whose verification runs out, said anew by one person at a time', async () => {
  const dayIn = (days: number) => new Date(Date.now() + days * 24 * HOUR).toISOString().slice(0, 10)
  const params = { id: projectId }
  const rows = [-2, 20, 90, null].map((days, at) => `${row(`V${at}`)},${days === null ? '' : dayIn(days)}`)
  const body = [`${head},verifiedUntil`, ...rows].join('\n')
  const made = await engineer.call('POST /api/projects/:id/meters/import', { params, body })
  expect(made).toMatchObject({ created: 4, errors: [] })
  const found = async (verification: 'overdue' | 'due' | 'unknown') => {
    const query = { projectId, q: 'Point V', verification, sort: 'verifiedUntil' }
    return (await engineer.call('GET /api/metering-points', { query })).items.map(({ code }) => code)
  }
  expect([await found('overdue'), await found('due'), await found('unknown')]).toEqual([
    ['V0'],
    ['V0', 'V1'],
    ['V3'],
  ])
  const id = await pointId('V0')
  const { installations } = await engineer.call('GET /api/metering-points/:id', { params: { id } })
  const { meterId, verifiedUntil: seen } = installations[0]!
  const say = (verifiedUntil: string) =>
    engineer.call('PUT /api/metering-points/:id/verification', {
      params: { id },
      body: { meterId, seen, verifiedUntil },
    })
  expect(await say(dayIn(400))).toMatchObject({ verifiedUntil: dayIn(400) })
  await expect(say(dayIn(500))).rejects.toMatchObject({ code: 'meter.verification_changed' })
  // An empty cell leaves it as it is
  expect(await importRows(row('V0'))).toMatchObject({ updated: 0, errors: [] })
  expect(await found('due')).toEqual(['V1'])
  const records = await findReminderSource('meter.verification')!.find(hub.hub.db.pool, {
    ...{ projectId, timeZone: 'Asia/Shanghai', now: new Date(), untilDay: dayIn(30) },
  })
  expect(records).toMatchObject([
    { title: 'Point V1 · S-V1', dueOn: dayIn(20), link: `/meters/${await pointId('V1')}` },
  ])
})
