import { setTimeout as sleep } from 'node:timers/promises'
import type { BillRun, TariffRule } from '@courtyard/protocols/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { manualClock } from '../../platform/clock.ts'
import { startTestHub, type TestClient, type TestHub } from '../../platform/testing.ts'
import { subscribeForTest, toldEvents } from '../../platform/webhooks/testing.ts'

const clock = manualClock('2026-07-02T04:00:00Z')
const shanghaiDay = (day: string) => new Date(`${day}T00:00:00+08:00`).toISOString()

const tiered: TariffRule = {
  kind: 'tiered',
  period: 'month',
  tiers: [
    { upTo: '240', price: '0.4883' },
    { upTo: '400', price: '0.5383' },
    { upTo: null, price: '0.7883' },
  ],
}
const yearly: TariffRule = {
  kind: 'tiered',
  period: 'year',
  tiers: [
    { upTo: '180', price: '5' },
    { upTo: '260', price: '7' },
    { upTo: null, price: '9' },
  ],
}

let test: TestHub
let clerk: TestClient
let projectId: string
const items: Record<string, string> = {}
const tariffs: Record<string, string> = {}
const points: Record<string, string> = {}

const csv = (head: string, ...rows: string[]) => [head, ...rows].join('\r\n')
const accounts = ['A1', 'A2', 'A3', 'A4', 'A5', 'A6']

beforeAll(async () => {
  test = await startTestHub({ clock })
  await subscribeForTest(test.hub.db.pool, ['billRun.issued'])
  clerk = await test.as('administrator')
  const project = await clerk.call('POST /api/projects', {
    body: { code: 'WT', name: '梧桐苑', timeZone: 'Asia/Shanghai' },
  })
  projectId = project.id
  const params = { id: projectId }
  const rooms = accounts.map(
    (account, index) => `1,一号楼,10${index + 1},flat,1,80,${account},住户${account},residential`,
  )
  const head = 'building,buildingName,room,kind,floor,areaM2,accountNumber,householdName,householdKind'
  expect(
    (await clerk.call('POST /api/projects/:id/rooms/import', { params, body: csv(head, ...rooms) })).errors,
  ).toEqual([])
  await importMeters()
  await makeTariffs()
})
afterAll(() => test.stop())

async function importMeters() {
  const head =
    'code,name,medium,role,building,room,parent,serial,manufacturer,model,unit,scale,digits,multiplier,installedAt,initialIndex'
  const meter = (code: string, room: string, medium: string, unit: string) =>
    `${code},${code},${medium},household,1,${room},,S-${code},Acme,M1,${unit},2,8,1,2026-01-01T00:00:00Z,0`
  const body = csv(
    head,
    ...accounts.map((account, index) => meter(`E-${account}`, `10${index + 1}`, 'electricity', 'kWh')),
    meter('E-A1-2', '101', 'electricity', 'kWh'),
    meter('W-A1', '101', 'water', 'm³'),
    meter('W-A2', '102', 'water', 'm³'),
  )
  const result = await clerk.call('POST /api/projects/:id/meters/import', { params: { id: projectId }, body })
  expect(result.errors).toEqual([])
  const list = await clerk.call('GET /api/metering-points', { query: { projectId, pageSize: 100 } })
  for (const point of list.items) points[point.code] = point.id
}

async function makeTariffs() {
  for (const [code, medium, unit] of [
    ['ELEC', 'electricity', 'kWh'],
    ['WATER', 'water', 'm³'],
  ] as const) {
    const label = { zh: code, en: code }
    items[code] = (
      await clerk.call('POST /api/charge-items', { body: { projectId, code, label, medium, unit } })
    ).id
  }
  const make = async (code: string, unit: string, effectiveFrom: string, rule: TariffRule) => {
    const body = { projectId, code, name: code, unit, effectiveFrom, rule }
    tariffs[code] = (await clerk.call('POST /api/tariffs', { body })).id
  }
  await make('T-ELEC', 'kWh', '2026-01-01', tiered)
  await make('T-LATE', 'kWh', '2026-12-01', { kind: 'flat', price: '1' })
  await make('T-WATER', 'm³', '2026-01-01', yearly)
}

function assign(...rows: string[]) {
  const body = csv('accountNumber,item,meteringPoint,tariff,from', ...rows)
  return clerk.call('POST /api/projects/:id/assignments/import', { params: { id: projectId }, body })
}

async function read(code: string, day: string, index: string) {
  await clerk.call('POST /api/metering-points/:id/reads', {
    params: { id: points[code]! },
    body: { at: shanghaiDay(day), index },
  })
}

/** Waits until the usage of the month is what the reads say. */
async function usageIs(code: string, month: string, usage: string) {
  await until(async () => {
    const { rows } = await test.hub.db.pool.query<{ usage: string }>(
      'SELECT usage FROM usage_month WHERE metering_point_id = $1 AND month = $2',
      [points[code], `${month}-01`],
    )
    return Number(rows[0]?.usage ?? -1) === Number(usage)
  }, `usage of ${code} in ${month}`)
}

async function until(done: () => Promise<boolean>, what: string) {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await done()) return
    await sleep(50)
  }
  throw new Error(`never came: ${what}`)
}

async function finished(run: BillRun): Promise<BillRun> {
  let last = run
  await until(async () => {
    last = await clerk.call('GET /api/bill-runs/:id', { params: { id: run.id } })
    return last.status !== 'computing'
  }, `run ${run.id}`)
  return last
}

async function preview(item: string, month: string) {
  return finished(
    await clerk.call('POST /api/bill-runs', { body: { projectId, itemId: items[item]!, month } }),
  )
}
const issue = (run: BillRun) => clerk.call('POST /api/bill-runs/:id/issue', { params: { id: run.id } })
const codeOf = (call: Promise<unknown>) =>
  call.then(() => 'no error').catch((error: { code: string }) => error.code)

describe('assignments', () => {
  it('refuses a file as a whole, cell by cell', async () => {
    const result = await assign(
      'A1,ELEC,E-A1,T-ELEC,2026-01-01',
      'A9,ELEC,W-A1,T-WATER,2026-01-01',
      'A2,ELEC,W-A2,T-ELEC,2026-01-01',
    )
    expect(result).toMatchObject({ created: 0, updated: 0 })
    expect(result.errors.map(({ row, column }) => [row, column])).toEqual([
      [3, 'accountNumber'],
      [4, 'meteringPoint'],
      [4, 'meteringPoint'],
    ])
    const twice = await assign(
      'A1,ELEC,E-A1,T-ELEC,2026-01-01',
      'A2,ELEC,E-A1,T-ELEC,2026-01-01',
      'A2,ELEC,E-A2,T-ELEC,soon',
    )
    expect(twice.errors.map(({ row, column }) => [row, column])).toEqual([[4, 'from']])
  })

  it('stores all rows, and the same file again changes nothing', async () => {
    const rows = [
      'A1,ELEC,E-A1,T-ELEC,2026-01-01',
      'A1,ELEC,E-A1-2,T-ELEC,2026-01-01',
      'A2,ELEC,E-A2,T-ELEC,2026-01-01',
      'A3,ELEC,E-A3,T-ELEC,2026-01-01',
      'A4,ELEC,E-A4,T-LATE,2026-01-01',
      'A1,WATER,W-A1,T-WATER,2026-01-01',
      'A2,WATER,W-A2,T-WATER,2026-01-01',
    ]
    expect(await assign(...rows)).toMatchObject({ created: 7, updated: 0, errors: [] })
    expect(await assign(...rows)).toMatchObject({ created: 0, updated: 0, errors: [] })
  })
})

describe('a bill run', () => {
  let run: BillRun

  it('previews what can be billed and holds the rest with reasons', async () => {
    await read('E-A1', '2026-06-01', '1000.00')
    await read('E-A1', '2026-07-01', '1400.50')
    await read('E-A1-2', '2026-06-01', '10.00')
    await read('E-A1-2', '2026-07-01', '60.00')
    await read('E-A2', '2026-06-01', '1000.00')
    await read('E-A2', '2026-07-01', '1234.56')
    await read('E-A4', '2026-06-01', '0')
    await read('E-A4', '2026-07-01', '5')
    await usageIs('E-A1', '2026-06', '400.5')
    await usageIs('E-A1-2', '2026-06', '50')
    await usageIs('E-A2', '2026-06', '234.56')
    await usageIs('E-A4', '2026-06', '5')
    run = await preview('ELEC', '2026-06')
    expect(run).toMatchObject({
      status: 'previewed',
      monthOver: true,
      bills: 2,
      held: 2,
      alreadyBilled: 0,
      done: 4,
      total: 4,
    })
    expect([run.quantity, run.amount]).toEqual(['685.06', '357.67'])
    const held = await clerk.call('GET /api/bill-runs/:id/held', { params: { id: run.id }, query: {} })
    expect(held.items.map(({ household, code }) => [household.accountNumber, code])).toEqual([
      ['A3', 'no_reads'],
      ['A4', 'no_tariff'],
    ])
    expect(held.items.map(({ detail }) => detail)).toEqual([
      'no reads of 2026-06',
      'the tariff has no version for 2026-06-01',
    ])
    const inChinese = await clerk.raw('GET /api/bill-runs/:id/held', {
      params: { id: run.id },
      headers: { 'accept-language': 'zh-CN' },
    })
    expect((inChinese.body as typeof held).items.map(({ detail }) => detail)).toEqual([
      '2026-06 没有读数',
      '2026-06-01 没有适用的价格',
    ])
  })

  it('leads from the amount back to the readings', async () => {
    const { items: bills, totalAmount } = await clerk.call('GET /api/bills', {
      query: { projectId, runId: run.id, q: '101' },
    })
    expect([bills.length, totalAmount]).toEqual([1, '243.13'])
    const bill = await clerk.call('GET /api/bills/:id', { params: { id: bills[0]!.id } })
    expect(
      bill.lines.map((line) => [line.label.zh, line.quantity, line.unitPrice, line.exactAmount, line.amount]),
    ).toEqual([
      ['第1档', '240', '0.4883', '117.192', '117.19'],
      ['第2档', '160', '0.5383', '86.128', '86.13'],
      ['第3档', '50.5', '0.7883', '39.80915', '39.81'],
    ])
    expect(
      bill.segments.map(({ meteringPointCode, from, to, usage }) => [
        meteringPointCode,
        Number(from.index),
        Number(to.index),
        Number(usage),
      ]),
    ).toEqual([
      ['E-A1', 1000, 1400.5, 400.5],
      ['E-A1-2', 10, 60, 50],
    ])
    expect(bill.period).toEqual({
      from: '2026-05-31T16:00:00.000Z',
      to: '2026-06-30T16:00:00.000Z',
      timeZone: 'Asia/Shanghai',
    })
    expect(bill.tariff.versions.map(({ id }) => id)).toEqual([bill.lines[0]!.tariffVersionId])
    expect(bill).toMatchObject({ number: null, status: 'draft', run: { id: run.id } })
  })

  it('is stale when usage or a price has changed since, until it is computed anew', async () => {
    await read('E-A2', '2026-06-15', '1100.00')
    await read('E-A2', '2026-07-01', '1234.57')
    await usageIs('E-A2', '2026-06', '234.57')
    expect(await codeOf(issue(run))).toBe('bill_run.stale')
    run = await finished(await clerk.call('POST /api/bill-runs/:id/recompute', { params: { id: run.id } }))
    expect(run.quantity).toBe('685.07')
    await clerk.call('POST /api/tariffs/:id/versions', {
      params: { id: tariffs['T-ELEC']! },
      body: { effectiveFrom: '2026-06-20', rule: tiered, note: 'same prices' },
    })
    expect(await codeOf(issue(run))).toBe('bill_run.stale')
    run = await finished(await clerk.call('POST /api/bill-runs/:id/recompute', { params: { id: run.id } }))
    expect(run).toMatchObject({ status: 'previewed', bills: 2, quantity: '685.07' })
    // E-A2 was read on the 15th and at the end of June only: the price change lies in between
    const { items: bills } = await clerk.call('GET /api/bills', {
      query: { projectId, runId: run.id, q: 'A2' },
    })
    const bill = await clerk.call('GET /api/bills/:id', { params: { id: bills[0]!.id } })
    expect(bill.estimated).toBe(true)
    expect(bill.lines.map(({ label, quantity }) => [label.en, quantity])).toEqual([
      ['Tier 1 · 2026-06-01 to 2026-06-19, split by days', '148.56'],
      ['Tier 1 · 2026-06-20 to 2026-06-30, split by days', '86.01'],
    ])
  })

  it('is not issued while readings of its month wait to be worked in', async () => {
    const { pool } = test.hub.db
    // Marked in the future, so that no worker takes it meanwhile
    await pool.query(
      `insert into usage_dirty (metering_point_id, from_at, to_at, marked_at, last_marked_at)
       select id, '2026-06-10T00:00Z', '2026-06-11T00:00Z', now() + interval '1 day', now() + interval '1 day'
       from metering_point where code = 'E-A2'`,
    )
    expect(await codeOf(issue(run))).toBe('bill_run.usage_pending')
    await pool.query('delete from usage_dirty')
  })

  it('is issued once, whoever presses at the same time, with numbers in order', async () => {
    const results = await Promise.all([issue(run), issue(run), issue(run)])
    expect(results.map(({ status, bills }) => [status, bills])).toEqual([1, 2, 3].map(() => ['issued', 2]))
    const bills = await clerk.call('GET /api/bills', { query: { projectId, runId: run.id, sort: 'number' } })
    expect(bills.items.map(({ number, household }) => [number, household.accountNumber])).toEqual([
      ['WT-2026-000001', 'A1'],
      ['WT-2026-000002', 'A2'],
    ])
    const again = await preview('ELEC', '2026-06')
    expect(again).toMatchObject({ bills: 0, held: 2, alreadyBilled: 2 })
    expect(await codeOf(issue(again))).toBe('bill_run.empty')
  })

  it('makes a second run for those who were held, and goes on counting', async () => {
    await read('E-A3', '2026-06-01', '7')
    await read('E-A3', '2026-07-01', '17')
    await usageIs('E-A3', '2026-06', '10')
    const second = await preview('ELEC', '2026-06')
    expect(second).toMatchObject({ bills: 1, held: 1, alreadyBilled: 2 })
    await issue(second)
    const bills = await clerk.call('GET /api/bills', { query: { projectId, runId: second.id } })
    expect(bills.items[0]).toMatchObject({
      number: 'WT-2026-000003',
      amount: '4.88',
      household: { rooms: '一号楼 103' },
    })
  })

  it('cannot be changed any more, not even by SQL', async () => {
    const refused = (sql: string) => expect(test.hub.db.pool.query(sql, [run.id])).rejects.toThrow(/refused/)
    await refused('UPDATE bill SET amount = 0 WHERE run_id = $1')
    await refused('DELETE FROM bill WHERE run_id = $1')
    await refused('UPDATE bill_line SET amount = 0 WHERE bill_id IN (SELECT id FROM bill WHERE run_id = $1)')
    await refused('DELETE FROM bill_line WHERE bill_id IN (SELECT id FROM bill WHERE run_id = $1)')
    await refused('DELETE FROM bill_evidence WHERE bill_id IN (SELECT id FROM bill WHERE run_id = $1)')
    await refused(
      `UPDATE tariff_version SET rule = '{}' WHERE id = any((SELECT version_ids FROM bill_run WHERE id = $1)::uuid[])`,
    )
    await expect(test.hub.db.pool.query('TRUNCATE bill_line')).rejects.toThrow(/refused/)
    const version = (effectiveFrom: string) =>
      clerk.call('POST /api/tariffs/:id/versions', {
        params: { id: tariffs['T-ELEC']! },
        body: { effectiveFrom, rule: tiered },
      })
    expect(await codeOf(version('2026-06-25'))).toBe('tariff.month_issued')
    expect(await codeOf(version('2026-07-01'))).toBe('no error')
    expect(await codeOf(version('2026-07-01'))).toBe('tariff.version_exists')
    for (const action of ['recompute', 'cancel'] as const) {
      expect(await codeOf(clerk.call(`POST /api/bill-runs/:id/${action}`, { params: { id: run.id } }))).toBe(
        'bill_run.not_open',
      )
    }
  })

  it('keeps who was billed: a change of payer begins after the last issued bill', async () => {
    const result = await assign('A5,ELEC,E-A2,T-ELEC,2026-06-15')
    expect(result.errors).toMatchObject([
      { row: 2, column: 'from', reason: expect.stringContaining('2026-07-01') as string },
    ])
    expect(await assign('A5,ELEC,E-A2,T-ELEC,2026-07-01')).toMatchObject({ created: 1, errors: [] })
  })
})

describe('tiers over the year', () => {
  it('count what was issued in the year', async () => {
    await read('W-A1', '2026-05-01', '0')
    await read('W-A1', '2026-06-01', '170')
    await read('W-A1', '2026-07-01', '200')
    await usageIs('W-A1', '2026-05', '170')
    await usageIs('W-A1', '2026-06', '30')
    const early = await preview('WATER', '2026-06')
    const may = await preview('WATER', '2026-05')
    await issue(may)
    expect(await codeOf(issue(early))).toBe('bill_run.stale')
    const june = await preview('WATER', '2026-06')
    expect(june.id).toBe(early.id)
    await issue(june)
    const { items: bills } = await clerk.call('GET /api/bills', { query: { projectId, runId: june.id } })
    const bill = await clerk.call('GET /api/bills/:id', { params: { id: bills[0]!.id } })
    expect(bill.usedBeforeInYear).toBe('170')
    expect(bill.lines.map((line) => [line.tier?.number, line.quantity, line.amount])).toEqual([
      [1, '10', '50.00'],
      [2, '20', '140.00'],
    ])
  })
})

describe('a month that is not over', () => {
  it('is previewed by its complete days and cannot be issued', async () => {
    await read('E-A5', '2026-07-01', '0')
    await read('E-A5', '2026-07-02', '4.8')
    await assign('A6,ELEC,E-A5,T-ELEC,2026-07-01')
    await usageIs('E-A5', '2026-07', '4.8')
    const run = await preview('ELEC', '2026-07')
    expect(run).toMatchObject({ status: 'previewed', monthOver: false })
    const { items: bills } = await clerk.call('GET /api/bills', {
      query: { projectId, runId: run.id, q: 'A6' },
    })
    expect(bills[0]).toMatchObject({ quantity: '4.8', amount: '2.34', status: 'draft' })
    expect(await codeOf(issue(run))).toBe('bill_run.month_not_over')
    const cancelled = await clerk.call('POST /api/bill-runs/:id/cancel', { params: { id: run.id } })
    expect(cancelled.status).toBe('cancelled')
    expect((await clerk.call('GET /api/bills', { query: { projectId, runId: run.id } })).total).toBe(0)
    expect(await codeOf(preview('ELEC', '2026-08'))).toBe('bill_run.month_not_begun')
  })
})

describe('a run whose worker was killed', () => {
  it('is computed again from the start', async () => {
    const run = await preview('ELEC', '2026-07')
    await test.hub.db.pool.query(`UPDATE bill_run SET status = 'computing', done = 1 WHERE id = $1`, [run.id])
    expect((await clerk.call('GET /api/bills', { query: { projectId, runId: run.id } })).total).toBe(0)
    await test.hub.jobs.send('charging.resume', {})
    expect(await finished(run)).toMatchObject({ status: 'previewed', bills: run.bills, amount: run.amount })
  })
})

describe('permissions and audit', () => {
  it('hides other projects and asks for the right to issue', async () => {
    const stranger = await test.as('billingClerk', [])
    const { items: runs } = await clerk.call('GET /api/bill-runs', { query: { projectId } })
    const id = runs[0]!.id
    expect(await codeOf(stranger.call('GET /api/bill-runs/:id', { params: { id } }))).toBe(
      'bill_run.not_found',
    )
    expect(await codeOf(stranger.call('POST /api/bill-runs/:id/issue', { params: { id } }))).toBe(
      'bill_run.not_found',
    )
    expect(await codeOf(stranger.call('GET /api/bills', { query: { projectId } }))).toBe('project.not_found')
    const manager = await test.as('manager')
    expect(await codeOf(manager.call('POST /api/bill-runs/:id/issue', { params: { id } }))).toBe(
      'auth.forbidden',
    )
  })

  it('tells other systems of what was issued, once per run', async () => {
    const { items } = await clerk.call('GET /api/bill-runs', { query: { projectId, pageSize: 200 } })
    const ids = items.filter(({ status }) => status === 'issued').map(({ id }) => id)
    const told = await toldEvents(test.hub.db.pool, 'billRun.issued')
    expect(ids.length).toBeGreaterThan(0)
    expect(told.map(({ data }) => data['runId']).sort()).toEqual([...ids].sort())
    expect(told[0]!.data).toMatchObject({
      bills: expect.any(Number) as unknown,
      amount: expect.any(String) as unknown,
    })
  })

  it('writes down who did what', async () => {
    const { items: entries } = await clerk.call('GET /api/audit', {
      query: { entity: 'billRun', limit: 100 },
    })
    const actions = new Set(entries.map(({ action }) => action))
    expect(actions).toEqual(
      new Set(['billRun.create', 'billRun.recompute', 'billRun.issue', 'billRun.cancel']),
    )
  })

  it('names what is wrong with a rule', async () => {
    const rule: TariffRule = { kind: 'tiered', period: 'month', tiers: [{ upTo: '10', price: '1' }] }
    const body = { projectId, code: 'BAD', name: 'bad', unit: 'kWh', effectiveFrom: '2026-01-01', rule }
    const answer = await clerk.raw('POST /api/tariffs', { body })
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { issues: [{ path: 'rule.tiers[0].upTo' }] } },
    })
  })
})
