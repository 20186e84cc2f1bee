import { performance } from 'node:perf_hooks'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import type pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { auditAsSystem } from '../../../hub/src/platform/audit/audit.ts'
import { defaultsOf } from '../../../hub/src/platform/auth/permissions.ts'
import type { CurrentUser } from '../../../hub/src/platform/auth/user.ts'
import type { Hub } from '../../../hub/src/platform/module.ts'
import { createRun, issueRun } from '../../../hub/src/modules/charging/bill-run.service.ts'
import { findRun } from '../../../hub/src/modules/charging/bill-runs.repository.ts'
import { serverCpuSeconds } from './cpu.ts'
import type { Neighbourhood } from './fixture.ts'

export interface BillRunResult {
  readonly runId: string
  readonly bills: number
  readonly lines: number
  readonly computeMs: number
  readonly issueMs: number
  /** Most of this process during the run, and before it. */
  readonly rssMb: number
  readonly rssBeforeMb: number
  /** User and system, of this process and of PostgreSQL; null where that cannot be known. */
  readonly hubCpuSeconds: number
  readonly databaseCpuSeconds: number | null
}

const clerk: CurrentUser = {
  id: '00000000-0000-4000-8000-000000000000',
  username: 'bench',
  displayName: 'bench',
  departmentId: null,
  grants: [
    {
      permissions: new Set(defaultsOf('billingClerk')),
      place: { all: true },
      records: 'all',
      departmentIds: [],
    },
  ],
}

/** Previews and issues the month the way a clerk does: a run is made, a job computes it, the run is issued. */
export async function billMonth(hub: Hub, place: Neighbourhood): Promise<BillRunResult> {
  const actor = { user: clerk, audit: auditAsSystem('bench') }
  const rssBefore = process.memoryUsage.rss()
  let rss = rssBefore
  const sampling = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 50)
  try {
    const databaseCpu = await serverCpuSeconds(hub.db.pool)
    const hubCpu = process.cpuUsage()
    const startedAt = performance.now()
    const { id } = await createRun(hub, actor, place)
    await finished(hub, id)
    const previewedAt = performance.now()
    const run = await issueRun(hub, actor, id)
    const issuedAt = performance.now()
    const { user, system } = process.cpuUsage(hubCpu)
    const databaseCpuAfter = await serverCpuSeconds(hub.db.pool)
    const lines = await check(hub.db.pool, place, id)
    return {
      runId: id,
      bills: run.bills,
      lines,
      computeMs: previewedAt - startedAt,
      issueMs: issuedAt - previewedAt,
      rssMb: rss / 1024 / 1024,
      rssBeforeMb: rssBefore / 1024 / 1024,
      hubCpuSeconds: (user + system) / 1e6,
      databaseCpuSeconds:
        databaseCpu === null || databaseCpuAfter === null ? null : databaseCpuAfter - databaseCpu,
    }
  } finally {
    clearInterval(sampling)
  }
}

async function finished(hub: Hub, id: string): Promise<void> {
  for (;;) {
    const run = (await findRun(hub.db.pool, id, hub.clock.now()))!
    if (run.status === 'previewed') return
    if (run.status !== 'computing') throw new Error(`the run is ${run.status}: ${JSON.stringify(run.error)}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** Nothing lost, nothing rounded twice. @returns number of lines */
async function check(pool: pg.Pool, place: Neighbourhood, runId: string): Promise<number> {
  const { rows } = await pool.query<Record<string, string>>(
    `SELECT run.bills, run.held, run.quantity * 100 AS units, run.amount,
            (SELECT sum(bill.amount) FROM bill WHERE run_id = run.id AND status = 'issued') AS "billAmount",
            (SELECT count(DISTINCT number) FROM bill WHERE run_id = run.id) AS numbers,
            (SELECT count(*) FROM bill_line JOIN bill ON bill.id = bill_id WHERE run_id = run.id) AS lines,
            (SELECT sum(line.amount) FROM bill_line AS line JOIN bill ON bill.id = bill_id WHERE run_id = run.id) AS "lineAmount",
            (SELECT sum(line.quantity) * 100 FROM bill_line AS line JOIN bill ON bill.id = bill_id WHERE run_id = run.id) AS "lineUnits",
            (SELECT count(*) FROM bill_line AS line JOIN bill ON bill.id = bill_id
              WHERE run_id = run.id AND line.amount <> round(line.quantity * line.unit_price, 2)) AS wrong
       FROM bill_run AS run WHERE run.id = $1`,
    [runId],
  )
  const sums = rows[0]!
  const agree =
    Number(sums.units) === Number(place.usage) &&
    Number(sums.lineUnits) === Number(place.usage) &&
    sums.amount === sums.billAmount &&
    sums.amount === sums.lineAmount &&
    Number(sums.numbers) === Number(sums.bills) &&
    Number(sums.wrong) === 0 &&
    Number(sums.held) === 0
  if (!agree) throw new Error(`the bills do not add up: ${JSON.stringify(sums)} for ${place.usage}`)
  return Number(sums.lines)
}

/** Writes the rows of the run's bills into equal tables without an index. @returns milliseconds */
export async function bareCopy(client: pg.ClientBase, runId: string): Promise<number> {
  const tables = {
    bill: `SELECT * FROM bill WHERE run_id = '${runId}'`,
    bill_line: `SELECT bill_line.* FROM bill_line JOIN bill ON bill.id = bill_id WHERE run_id = '${runId}'`,
    bill_evidence: `SELECT bill_evidence.* FROM bill_evidence JOIN bill ON bill.id = bill_id WHERE run_id = '${runId}'`,
  }
  const copies = new Map<string, Buffer[]>()
  for (const [table, query] of Object.entries(tables)) {
    await client.query(`CREATE TABLE bare_${table} (LIKE ${table})`)
    copies.set(table, await copyOut(client, query))
  }
  await client.query('CHECKPOINT')
  const startedAt = performance.now()
  await client.query('BEGIN')
  for (const [table, chunks] of copies) {
    await pipeline(Readable.from(chunks), client.query(copyFrom(`COPY bare_${table} FROM STDIN`)))
  }
  await client.query('COMMIT')
  const tookMs = performance.now() - startedAt
  for (const table of copies.keys()) await client.query(`DROP TABLE bare_${table}`)
  return tookMs
}

async function copyOut(client: pg.ClientBase, query: string): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  const collect = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  await pipeline(client.query(copyTo(`COPY (${query}) TO STDOUT`)), collect)
  return chunks
}
