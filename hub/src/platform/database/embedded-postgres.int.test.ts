import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openDatabase, type Database } from './database.ts'

const log = pino({ level: 'silent' })
// Nobody cuts the power during a test: what a killed process wrote is in the system's hands already
const settings = { fsync: 'off' }
// Only its owner may enter: as root, the server's user gets in by capability alone
const folder = () => mkdtempSync(join(tmpdir(), 'courtyard-pg-'))
const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function open(path: string): Promise<Database> {
  const db = await openDatabase({ folder: path, log, settings })
  cleanups.push(() => db.close().catch(() => undefined))
  return db
}

function newFolder(): string {
  const path = folder()
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A cluster that a hub made and left, for those who do not look at how it is made. */
const made = folder()
beforeAll(async () => {
  const db = await openDatabase({ folder: made, log, settings })
  await db.close()
})
afterAll(() => rmSync(made, { recursive: true, force: true }))

function folderWithCluster(): string {
  const path = newFolder()
  // With its owner: as root, the server runs as another user
  execFileSync('cp', ['-a', `${made}/.`, path])
  return path
}

function serverPid(path: string): number {
  return Number(readFileSync(join(path, 'data/postmaster.pid'), 'utf8').split('\n')[0])
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('keeps what was committed over a stop and a start, on the same port, with a private password', async () => {
  const path = newFolder()
  const first = await open(path)
  await first.pool.query('CREATE TABLE kept AS SELECT 42 AS answer')
  const { url } = first
  await first.close()
  expect(existsSync(join(path, 'data/postmaster.pid'))).toBe(false)
  const second = await open(path)
  expect(second.url).toBe(url)
  expect((await second.pool.query('SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }])
  expect(statSync(join(path, 'access.json')).mode & 0o777).toBe(0o600)
  const wrong = new pg.Client({ connectionString: url.replace(/:[^:@]+@/, ':wrong@') })
  await expect(wrong.connect()).rejects.toThrow(/password authentication failed/)
})

test('comes back by itself when the server is killed, with all that was committed', async () => {
  const path = folderWithCluster()
  const db = await open(path)
  await db.pool.query('CREATE TABLE kept (n int)')
  await db.pool.query('INSERT INTO kept SELECT generate_series(1, 1000)')
  const killed = serverPid(path)
  process.kill(killed, 'SIGKILL')
  await until(async () => expect(serverPid(path)).not.toBe(killed))
  const count = await until(
    async () => (await db.pool.query('SELECT count(*)::int AS n FROM kept')).rows[0].n as number,
  )
  expect(count).toBe(1000)
  await until(() => db.prisma.project.count().then((n) => n === 0))
})

test('a hub that was killed leaves no lock: the next one stops the orphan and goes on', async () => {
  const path = folderWithCluster()
  const hub = await startInChild(path)
  const orphan = serverPid(path)
  hub.kill('SIGKILL')
  await new Promise((resolve) => hub.once('exit', resolve))
  expect(isAlive(orphan)).toBe(true)
  const db = await open(path)
  expect((await db.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  expect(isAlive(orphan)).toBe(false)
})

test('two hubs never share a folder: the second is refused and the first goes on', async () => {
  const path = folderWithCluster()
  const db = await open(path)
  await expect(open(path)).rejects.toMatchObject({ code: 'database.in_use' })
  expect((await db.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a pid file whose process is somebody else is removed', async () => {
  const path = folderWithCluster()
  writeFileSync(join(path, 'data/postmaster.pid'), `${process.pid}\n${path}/data\n0\n1\n`)
  const again = await open(path)
  expect((await again.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('an initialisation that was cut short is begun again', async () => {
  const path = folderWithCluster()
  rmSync(join(path, 'access.json'))
  const again = await open(path)
  expect((await again.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a server that cannot start says why', async () => {
  await expect(
    openDatabase({ folder: folderWithCluster(), log, settings: { ...settings, wal_level: 'nonsense' } }),
  ).rejects.toMatchObject({
    code: 'database.start_failed',
    message: expect.stringContaining('wal_level') as string,
  })
})

async function startInChild(path: string): Promise<ChildProcess> {
  const program = `
    import { pino } from 'pino'
    import { openDatabase } from ${JSON.stringify(new URL('./database.ts', import.meta.url).href)}
    await openDatabase({ folder: ${JSON.stringify(path)}, log: pino({ level: 'silent' }), settings: { fsync: 'off' } })
    process.stdout.write('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: new URL('../../../', import.meta.url),
  })
  cleanups.push(() => void child.kill('SIGKILL'))
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

async function until<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt > 100) throw error
      await sleep(100)
    }
  }
}
