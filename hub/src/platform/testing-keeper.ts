/**
 * Program: one throw-away PostgreSQL server for a whole test run, and the folder for all its temporary files. The
 * server is started when the first test asks; each connection to the keeper's socket gets a database of its own,
 * which is dropped when the connection closes. The keeper ends, and leaves nothing, when its standard input closes.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './database/embedded-postgres.ts'
import { applyMigrations } from './database/migrate.ts'

const log = pino({ level: 'error' }, pino.destination(2))
const folder = mkdtempSync(join(tmpdir(), 'courtyard-test-'))
// Servers run as other users when we are root
chmodSync(folder, 0o755)
mkdirSync(join(folder, 'tmp'))
chmodSync(join(folder, 'tmp'), 0o1777)

/** Nothing here outlives the run: no durability, and room for several hubs in several workers. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '400',
  shared_buffers: '128MB',
}

interface Cluster {
  readonly server: EmbeddedPostgres
  readonly admin: pg.Client
}

const runner = process.ppid
let cluster: Promise<Cluster> | undefined
let stopping = false
let databases = 0
/** One statement at a time: the template admits no other copy while one is made. */
let queue: Promise<unknown> = Promise.resolve()

async function startCluster(): Promise<Cluster> {
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), log, settings })
  await applyMigrations(server.url, log)
  // Only now: who asks for nothing does not load it
  const { PgBossJobs } = await import('./jobs/pg-boss-jobs.ts')
  const jobs = new PgBossJobs(server.url, log, false)
  await jobs.start()
  await jobs.stop()
  const admin = new pg.Client({ connectionString: server.url.replace(/courtyard$/, 'postgres') })
  admin.on('error', (error) => log.error({ err: error }, 'test databases'))
  await admin.connect()
  return { server, admin }
}

function inOrder<T>(work: () => Promise<T>): Promise<T> {
  const done = queue.then(work)
  queue = done.catch(() => undefined)
  return done
}

async function serve(socket: Socket): Promise<void> {
  const name = `test_${++databases}`
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => undefined).resume()
  const { server, admin } = await (cluster ??= startCluster())
  await inOrder(() => admin.query(`CREATE DATABASE ${name} TEMPLATE courtyard STRATEGY wal_log`))
  socket.write(`${JSON.stringify({ url: server.url.replace(/courtyard$/, name) })}\n`)
  await closed
  if (!stopping) await inOrder(() => admin.query(`DROP DATABASE ${name} WITH (FORCE)`))
}

const listener = createServer((socket) => {
  serve(socket).catch((error: unknown) => {
    const fault = error instanceof Error ? error.message : String(error)
    if (!stopping) socket.end(`${JSON.stringify({ fault })}\n`)
  })
})

/**
 * Programs that the tests of a killed run started: they have the folder's name in their environment. Only where
 * the system shows it (Linux); children of a run that ends as it should are left to it.
 */
function endLeftovers(): void {
  if (!existsSync('/proc/self/environ')) return
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  )) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`).includes(join(folder, 'keeper.sock'))) continue
      const parent = /\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
      if (Number(parent) !== runner) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // Gone in the meantime, or not ours to look at
    }
  }
}

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  listener.close()
  endLeftovers()
  const running = await cluster?.catch(() => null)
  await running?.admin.end().catch(() => undefined)
  await running?.server.stop()
  // Programs of a run that was killed may still be writing
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
  process.exit()
}

listener.listen(join(folder, 'keeper.sock'), () => process.stdout.write(`${folder}\n`))
process.stdin.on('end', () => void stop()).resume()
process.once('SIGTERM', () => void stop())
