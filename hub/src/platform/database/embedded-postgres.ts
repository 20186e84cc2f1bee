/**
 * A PostgreSQL server of our own in one folder: made at the first start, kept alive while the hub runs,
 * reached on localhost only, with a random password that stands in a file for the owner's eyes.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { fail, platformErrors } from '../errors.ts'
import { initialiseCluster } from './cluster-init.ts'
import { readAccess, saveAccess, type ClusterAccess } from './cluster-access.ts'
import { stopOrphan } from './orphan-server.ts'
import { findFreePort, isPortFree } from './free-port.ts'
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { findServerAccount, type ServerAccount } from './server-account.ts'

export interface EmbeddedPostgresOptions {
  /** Folder of the server; `data/` and `access.json` are made inside. */
  readonly folder: string
  readonly log: Logger
  /** More `-c name=value` settings. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface EmbeddedPostgres {
  readonly url: string
  readonly pid: number | undefined
  stop(): Promise<void>
}

/** Durable by default; sized for a small machine. */
const baseSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '256MB',
  // A page of a solid-state disk or of memory costs the same wherever it lies
  random_page_cost: '1.1',
  max_wal_size: '2GB',
  wal_compression: 'on',
  checkpoint_timeout: '15min',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/**
 * @throws AppError `database.start_failed` with the server's last words; `database.in_use` when another hub
 *   owns the folder
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findPostgresBinaries()
  const dataFolder = join(options.folder, 'data')
  await mkdir(options.folder, { recursive: true })
  const account = await findServerAccount([options.folder, binaries.postgres])
  if (account.owner) await chown(options.folder, account.owner.uid, account.owner.gid)
  let access = await readAccess(options.folder)
  if (!access || !existsSync(join(dataFolder, 'PG_VERSION'))) {
    // An initialisation that was cut short leaves no access file: begin again
    await rm(dataFolder, { recursive: true, force: true })
    access = await initialiseCluster(options.folder, binaries, account, options.settings?.fsync !== 'off')
  }
  await stopOrphan(dataFolder, access, options.log)
  if (!(await isPortFree(access.port))) {
    access = { ...access, port: await findFreePort() }
    await saveAccess(options.folder, access)
  }
  const server = new ServerProcess(options, dataFolder, access, binaries, account)
  await server.start()
  return server
}

/** The running server; started again when it dies without being asked to. */
class ServerProcess implements EmbeddedPostgres {
  readonly url: string
  private child: ChildProcess | undefined
  private stopping = false
  private lastWords: string[] = []
  private readonly options: EmbeddedPostgresOptions
  private readonly dataFolder: string
  private readonly access: ClusterAccess
  private readonly binaries: PostgresBinaries
  private readonly account: ServerAccount

  constructor(
    options: EmbeddedPostgresOptions,
    dataFolder: string,
    access: ClusterAccess,
    binaries: PostgresBinaries,
    account: ServerAccount,
  ) {
    this.options = options
    this.dataFolder = dataFolder
    this.access = access
    this.binaries = binaries
    this.account = account
    this.url = `postgresql://${access.user}:${access.password}@127.0.0.1:${access.port}/courtyard`
  }

  get pid(): number | undefined {
    return this.child?.pid
  }

  /** Tries for half a minute: after a crash the old server's children may hold its memory for a moment. */
  async start(): Promise<void> {
    const deadline = Date.now() + 30_000
    for (let attempt = 0; ; attempt++) {
      if (await this.launch()) return
      if (Date.now() > deadline || this.stopping || (attempt > 2 && !this.mayRecover())) break
      await sleep(Math.min(200 * 2 ** attempt, 2_000))
    }
    throw fail(platformErrors.databaseStart, `PostgreSQL did not start: ${this.lastWords.join(' ')}`)
  }

  async stop(): Promise<void> {
    this.stopping = true
    const child = this.child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    // "Fast": ends sessions, writes a checkpoint
    child.kill('SIGINT')
    const timer = setTimeout(() => child.kill('SIGQUIT'), 20_000)
    await gone
    clearTimeout(timer)
  }

  /** Faults that pass when the remains of the last server are gone; a wrong setting does not. */
  private mayRecover(): boolean {
    return /shared memory|lock file|could not bind|in use/i.test(this.lastWords.join(' '))
  }

  private async launch(): Promise<boolean> {
    const settings = { ...baseSettings, ...this.options.settings }
    const args = ['-D', this.dataFolder, '-p', String(this.access.port)]
    for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`)
    const command = this.account.wrap(this.binaries.postgres, args)
    this.lastWords = []
    // Its own process group: Ctrl-C reaches the hub first, which stops the server when all is written
    const child = spawn(command.program, command.args, {
      ...command.options,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', PGDATA: undefined },
    })
    this.child = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.note(text))
    let exited = false
    child.once('error', (error) => {
      exited = true
      this.note(error.message)
    })
    child.once('exit', () => (exited = true))
    while (!exited) {
      if (await this.answers()) {
        child.once('exit', (code, signal) => this.revive(code, signal))
        return true
      }
      await sleep(20)
    }
    return false
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 2_000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return true
    } catch (error) {
      // A fresh cluster has no database of ours yet
      if ((error as { code?: string }).code === '3D000') return this.createDatabase()
      return false
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  private async createDatabase(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url.replace(/courtyard$/, 'postgres') })
    await client.connect()
    try {
      await client.query(`CREATE DATABASE courtyard TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'`)
    } finally {
      await client.end()
    }
    return true
  }

  private revive(code: number | null, signal: string | null): void {
    if (this.stopping) return
    this.options.log.error({ code, signal }, 'PostgreSQL ended unexpectedly; starting it again')
    this.start().catch((error: unknown) => {
      this.options.log.fatal({ err: error }, 'PostgreSQL could not be started again; trying on')
      setTimeout(() => this.revive(code, signal), 5_000).unref()
    })
  }

  private note(text: string): void {
    for (const line of text.split('\n').filter(Boolean)) {
      this.lastWords = [...this.lastWords.slice(-4), line]
      this.options.log.debug(line)
    }
  }
}
