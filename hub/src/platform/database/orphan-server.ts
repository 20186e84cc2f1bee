import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import type { Logger } from 'pino'
import { fail, platformErrors } from '../errors.ts'
import type { ClusterAccess } from './cluster-access.ts'
import { OWNER_LOCK } from './advisory-locks.ts'

/**
 * A hub that was killed leaves its server running (or, after a power cut, only the server's pid file). The
 * server is stopped so that the new hub starts its own; a pid file without a server is removed.
 * @throws AppError `database.in_use` when a living hub holds the server
 */
export async function stopOrphan(dataFolder: string, access: ClusterAccess, log: Logger): Promise<void> {
  const pidFile = join(dataFolder, 'postmaster.pid')
  const text = await readFile(pidFile, 'utf8').catch(() => null)
  if (text === null) return
  const [pidLine, , , portLine] = text.split('\n')
  const pid = Number(pidLine)
  if (!(await isServerOf(pid, dataFolder))) {
    log.warn({ pid }, 'removing the pid file of a PostgreSQL server that is gone')
    await rm(pidFile, { force: true })
    return
  }
  await refuseWhenOwned({ ...access, port: Number(portLine) || access.port })
  log.warn({ pid }, 'stopping the PostgreSQL server that a killed hub left behind')
  await endProcess(pid)
}

async function isServerOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null)
  if (fromProc !== null) return fromProc.includes(dataFolder)
  if (process.platform === 'linux') return false
  const listed = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => null)
  return listed?.stdout.includes(dataFolder) ?? false
}

async function refuseWhenOwned(access: ClusterAccess): Promise<void> {
  const client = new pg.Client({
    ...access,
    host: '127.0.0.1',
    database: 'courtyard',
    connectionTimeoutMillis: 3_000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch {
    // Starting, recovering or stopping: no living hub works with it
    return
  }
  try {
    const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_lock($1) AS free', [
      OWNER_LOCK,
    ])
    if (!rows[0]?.free) {
      throw fail(platformErrors.databaseInUse, 'Another hub is running on this data folder')
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function endProcess(pid: number): Promise<void> {
  const alive = () => {
    try {
      process.kill(pid, 0)
      return true
    } catch {
      return false
    }
  }
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + 20_000
  while (alive()) {
    // "Immediate": the log is replayed at the next start, nothing committed is lost
    if (Date.now() > deadline) process.kill(pid, 'SIGQUIT')
    await sleep(50)
  }
}
