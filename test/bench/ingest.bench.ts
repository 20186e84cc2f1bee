/**
 * `npm run bench:ingest`: readings from MQTT publish to committed and queryable. One hub process as `npm run hub`
 * starts it (embedded PostgreSQL with its usual durability, embedded broker, all modules), the load in another
 * process. In the same run and on the same server: a bare COPY of the same readings as narrow rows without an
 * index. Last line: JSON.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { connectAsync } from 'mqtt'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { AckMessage, topics, type CatalogueMessage } from '@courtyard/protocols/contract'
import { HubClient } from '../../demo/hub-client.ts'
import { freePort, startProgram, until, type RunningProgram } from '../support/processes.ts'
import type { FromLoad, LoadGateway, LoadPlan, LoadResult, ToLoad } from './ingest/load.types.ts'

const { values: flags } = parseArgs({
  options: {
    /** Readings of the main run. */
    readings: { type: 'string', default: '3000000' },
    gateways: { type: 'string', default: '4' },
    devices: { type: 'string', default: '60' },
    points: { type: 'string', default: '20' },
    /** Polls of all points in one batch: the agent seals up to 5,000 readings. */
    polls: { type: 'string', default: '4' },
    inFlight: { type: 'string', default: '16' },
  },
})
const POLL_MS = 5_000
const SCALE = 2

const print = (text: string) => process.stdout.write(`${text}\n`)

async function startHub(folder: string): Promise<{ program: RunningProgram; client: HubClient }> {
  const port = await freePort()
  let token: string | undefined
  const program = startProgram(['hub/src/main.ts'], {
    env: {
      COURTYARD_DATA: folder,
      PORT: String(port),
      MQTT_PORT: String(await freePort()),
      MQTT_TLS_PORT: 'off',
      // A few connections stand for thousands of gateways
      MQTT_MESSAGES_PER_SECOND: '100000',
      LOG_LEVEL: 'warn',
    },
    onLine: (line) => {
      token = /\/setup\?token=([\w.~-]+)/.exec(line)?.[1] ?? token
      if (line.includes('"level":')) print(line)
    },
  })
  const link = await until('setup link', 60_000, () => token)
  const client = new HubClient(`http://127.0.0.1:${port}`)
  await client.setUp({ token: link, username: 'bench', displayName: 'Bench', password: 'bench-password-1' })
  return { program, client }
}

async function openDatabase(folder: string): Promise<pg.Client> {
  const access = JSON.parse(await readFile(join(folder, 'postgres/access.json'), 'utf8')) as object
  const client = new pg.Client({ ...access, host: '127.0.0.1', database: 'courtyard' })
  await client.connect()
  return client
}

function catalogue(devices: number, points: number): CatalogueMessage {
  return {
    v: 1,
    revision: `bench-${devices}-${points}`,
    devices: Array.from({ length: devices }, (_, d) => ({
      key: `meter-${d}`,
      name: `Meter ${d}`,
      profile: 'bench',
      manufacturer: 'bench',
      model: 'bench',
      medium: 'electricity',
      driver: 'modbus',
      bus: 'bus',
      address: `bench ${d}`,
      points: Array.from({ length: points }, (_, p) => ({
        key: `point${p}`,
        label: { zh: `点${p}`, en: `Point ${p}` },
        kind: 'register',
        code: '1-0:1.8.0',
        unit: 'kWh',
        scale: SCALE,
        intervalMs: POLL_MS,
      })),
    })),
  }
}

/** Registers, enrols, and announces what it reads. */
async function enrol(
  hub: HubClient,
  projectId: string,
  name: string,
  message: CatalogueMessage,
): Promise<LoadGateway> {
  const { token } = await hub.call('POST /api/gateways', { body: { projectId, name } })
  const identity = await hub.call('POST /api/edge/enrol', { body: { token, agentVersion: 'bench' } })
  const { gatewayId: id, password } = identity
  const mqttUrl = identity.mqttUrl.replace('localhost', '127.0.0.1')
  const client = await connectAsync(mqttUrl, { username: id, password, clientId: id, reconnectPeriod: 0 })
  await client.subscribeAsync(topics.ack(id), { qos: 1 })
  const heard = new Promise<Buffer>((resolve) =>
    client.once('message', (_topic, payload) => resolve(payload)),
  )
  await client.publishAsync(topics.catalogue(id), JSON.stringify(message), { qos: 1 })
  const payload = await heard
  const answer = AckMessage.parse(JSON.parse(payload.toString('utf8'))).catalogue
  if (answer?.error !== undefined || answer?.revision !== message.revision)
    throw new Error('catalogue refused')
  await client.endAsync()
  return { id, mqttUrl, password }
}

async function load(plan: LoadPlan): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'ingest/load.ts'))
  const hear = async (): Promise<FromLoad> => ((await once(child, 'message')) as [FromLoad])[0]
  const send = (message: ToLoad) => child.send(message)
  send({ kind: 'plan', plan })
  await hear()
  const done = hear()
  send({ kind: 'go' })
  const answer = await done
  if (answer.kind !== 'done') throw new Error('the load ended early')
  return answer.result
}

interface Sizes {
  readonly batch: number
  readonly block: number
  readonly latest: number
}

async function sizes(database: pg.Client): Promise<Sizes> {
  await database.query('checkpoint')
  const { rows } = await database.query<{ batch: string; block: string; latest: string }>(
    `select pg_total_relation_size('reading_batch') as batch, pg_total_relation_size('reading_block') as block,
       pg_total_relation_size('point_latest') as latest`,
  )
  const { batch, block, latest } = rows[0]!
  return { batch: Number(batch), block: Number(block), latest: Number(latest) }
}

async function storedReadings(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ readings: string }>(
    'select coalesce(sum(cardinality(offsets)), 0)::text as readings from reading_block',
  )
  return Number(rows[0]!.readings)
}

/** Rows per second of a COPY of narrow rows: point, instant, value, quality, batch; the text is made beforehand. */
async function bareCopy(database: pg.Client, rows: number): Promise<number> {
  await database.query(
    `create table bench_copy (point_id int not null, at timestamptz(3) not null, mantissa bigint, quality smallint not null,
       batch_id bigint not null)`,
  )
  const chunks: Buffer[] = []
  let text = ''
  for (let i = 0; i < rows; i++) {
    const at = new Date(Date.now() - 86_400_000 + i).toISOString()
    text += `${i % 4_800}\t${at}\t${10_000_000 + i}\t0\t${Math.floor(i / 5_000)}\n`
    if (text.length > 65_536 || i === rows - 1) {
      chunks.push(Buffer.from(text))
      text = ''
    }
  }
  const begin = performance.now()
  await pipeline(Readable.from(chunks), database.query(copyFrom('copy bench_copy from stdin')))
  const seconds = (performance.now() - begin) / 1_000
  await database.query('drop table bench_copy')
  return rows / seconds
}

function rssMb(pid: number, status: string): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(status)
  if (!match) throw new Error(`no memory figure of process ${pid}`)
  return Number(match[1]) / 1_024
}

async function run(folder: string): Promise<void> {
  const { program, client } = await startHub(folder)
  const database = await openDatabase(folder)
  const { id: projectId } = await client.call('POST /api/projects', {
    body: { code: 'BENCH', name: 'Bench' },
  })
  const [devices, points, polls] = [Number(flags.devices), Number(flags.points), Number(flags.polls)]
  const message = catalogue(devices, points)
  const gateways: LoadGateway[] = []
  for (let i = 0; i < Number(flags.gateways); i++) {
    gateways.push(await enrol(client, projectId, `Gateway ${i}`, message))
  }
  const pointKeys = message.devices.flatMap((d) => d.points.map((p) => `${d.key}/${p.key}`))
  const perBatch = pointKeys.length * polls
  const batchesPerGateway = Math.ceil(Number(flags.readings) / gateways.length / perBatch)
  const fromMs = Date.now() - batchesPerGateway * polls * POLL_MS - 3_600_000
  const base = { gateways, pointKeys, scale: SCALE, pollMs: POLL_MS, inFlight: Number(flags.inFlight) }

  const result = await load({
    ...base,
    batchesPerGateway,
    pollsPerBatch: polls,
    fromMs,
    readingsPerSecond: null,
  })
  const stored = await storedReadings(database)
  const size = await sizes(database)
  const bytesPerReading = (size.batch + size.block + size.latest) / stored
  const rate = result.readings / result.seconds
  print(
    `${result.readings} readings in ${result.batches} batches of ${perBatch}, ${result.seconds.toFixed(1)} s: ${Math.round(rate)}/s`,
  )
  print(
    `publish → acknowledged after commit: p50 ${result.p50Ms.toFixed(0)} ms, p99 ${result.p99Ms.toFixed(0)} ms (${flags.inFlight} batches in flight per gateway)`,
  )
  print(`queryable by SQL: ${stored}; not committed at once: ${result.notCommitted}`)
  print(
    `on disk: ${bytesPerReading.toFixed(1)} B per reading (log ${(size.batch / stored).toFixed(1)}, blocks ${(size.block / stored).toFixed(1)}, latest ${(size.latest / stored).toFixed(2)}); on the wire ${(result.payloadBytes / result.readings).toFixed(2)} B`,
  )
  if (stored !== result.readings) throw new Error(`sent ${result.readings}, stored ${stored}`)

  const hubRssMb = rssMb(program.pid, await readFile(`/proc/${program.pid}/status`, 'utf8'))
  const copyPerSecond = await bareCopy(database, Math.min(result.readings, 2_000_000))
  print(`bare COPY of such rows: ${Math.round(copyPerSecond)}/s`)

  const paced = await load({
    ...base,
    pollsPerBatch: 1,
    batchesPerGateway: Math.ceil(200_000 / gateways.length / pointKeys.length),
    fromMs: Date.now() - 1_800_000,
    readingsPerSecond: 20_000,
  })
  print(
    `paced at 20,000/s, one reading of each point per batch: p50 ${paced.p50Ms.toFixed(0)} ms, p99 ${paced.p99Ms.toFixed(0)} ms`,
  )
  await database.end()
  await program.stop()
  print(
    JSON.stringify({
      readingsPerSecond: Math.round(rate),
      p50Ms: Math.round(result.p50Ms),
      p99Ms: Math.round(result.p99Ms),
      bytesPerReading: Number(bytesPerReading.toFixed(1)),
      copyRatio: Number((rate / copyPerSecond).toFixed(3)),
      readings: result.readings,
      stored,
      pacedP50Ms: Math.round(paced.p50Ms),
      pacedP99Ms: Math.round(paced.p99Ms),
      hubRssMb: Math.round(hubRssMb),
    }),
  )
}

const folder = await mkdtemp(join(tmpdir(), 'courtyard-bench-ingest-'))
try {
  await run(folder)
} finally {
  await rm(folder, { recursive: true, force: true })
}
