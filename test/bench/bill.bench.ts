/**
 * `npm run bench:bill`: a bill run over 100,000 accounts (three tiers, time of use, tiers with time of use) in the
 * embedded PostgreSQL with its usual durability: from the click to the preview, then the issue; and the ratio to a
 * bare COPY of the resulting rows into equal tables without an index in the same run. Last line: JSON.
 */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { pino } from 'pino'
import { readConfig } from '../../hub/src/platform/config.ts'
import { startHub } from '../../hub/src/platform/hub.ts'
import { chargingModule } from '../../hub/src/modules/charging/index.ts'
import type { Neighbourhood } from './bill/fixture.ts'
import { bareCopy, billMonth } from './bill/run.ts'

const { values: flags } = parseArgs({ options: { accounts: { type: 'string', default: '100000' } } })
const accounts = Number(flags.accounts)
const WARM_UP_ACCOUNTS = 1_000
const say = (text: string) => process.stdout.write(`${text}\n`)
const round = (value: number, places = 0) => Number(value.toFixed(places))

const folder = await mkdtemp(join(tmpdir(), 'courtyard-bench-bill-'))
// The server runs as another user when we are root
await chmod(folder, 0o755)
const { config, issues } = readConfig({
  COURTYARD_DATA: folder,
  PORT: '0',
  MQTT_PORT: '0',
  MQTT_TLS_PORT: '0',
  LOG_LEVEL: 'warn',
})
if (!config) throw new Error(JSON.stringify(issues))
const seedProgram = fileURLToPath(new URL('./bill/seed.ts', import.meta.url))
const running = await startHub({ config, log: pino({ level: config.logLevel }), modules: [chargingModule] })

/** In another process: see seed.ts. */
async function seed(count: number, number: number): Promise<Neighbourhood> {
  const args = [seedProgram, running.hub.db.url, String(count), String(number)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const place = JSON.parse(stdout) as Neighbourhood & { usage: string }
  return { ...place, usage: BigInt(place.usage) }
}

try {
  const { db } = running.hub
  // A hub has been running for days when the month is billed: nothing is compiled for the first time
  await billMonth(running.hub, await seed(WARM_UP_ACCOUNTS, 2))
  const place = await seed(accounts, 1)
  await db.pool.query('CHECKPOINT')
  say(
    `${accounts} accounts seeded; load of the machine ${loadavg()
      .map((load) => round(load, 1))
      .join(' ')}`,
  )
  const result = await billMonth(running.hub, place)
  const totalMs = result.computeMs + result.issueMs
  const rows = result.bills * 2 + result.lines
  say(
    `preview in ${round(result.computeMs)} ms, issue in ${round(result.issueMs)} ms: ${result.bills} bills, ${result.lines} lines`,
  )
  const client = await db.pool.connect()
  const bareMs = await bareCopy(client, result.runId)
  client.release()
  say(`bare COPY of the same ${rows} rows in ${round(bareMs)} ms`)
  say(
    JSON.stringify({
      billsPerSecond: round((result.bills / totalMs) * 1_000),
      accounts,
      rssMb: round(result.rssMb),
      copyRatio: round(bareMs / totalMs, 3),
      computeMs: round(result.computeMs),
      issueMs: round(result.issueMs),
      bills: result.bills,
      lines: result.lines,
      rssBeforeMb: round(result.rssBeforeMb),
      hubCpuSeconds: round(result.hubCpuSeconds, 1),
      databaseCpuSeconds: result.databaseCpuSeconds === null ? null : round(result.databaseCpuSeconds, 1),
    }),
  )
} finally {
  await running.stop()
  await rm(folder, { recursive: true, force: true })
}
