import pg from 'pg'
import { PrismaPg } from '@prisma/adapter-pg'
import type { Logger } from 'pino'
import { type Prisma, PrismaClient } from '../../generated/prisma/client.ts'
import { OWNER_LOCK } from './advisory-locks.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts'
import { applyMigrations } from './migrate.ts'
import { parserOf } from './parsers.ts'

/** A Prisma client inside a transaction. */
export type PrismaTransaction = Prisma.TransactionClient

export interface Database {
  readonly url: string
  readonly prisma: PrismaClient
  /** For ingest, COPY and SQL of repositories; numeric, int8 and date come as text, arrays of them too. */
  readonly pool: pg.Pool
  /** One transaction on one connection; rolls back on any error. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  prismaTransaction<T>(work: (tx: PrismaTransaction) => Promise<T>): Promise<T>
  /** @throws when the database does not answer within two seconds */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Of a server that runs already; else one is started in `folder`. */
  readonly url?: string | undefined
  readonly folder: string
  readonly log: Logger
  readonly poolSize?: number
  readonly settings?: Readonly<Record<string, string>>
}

/** Opens the database, starting the embedded server when there is no `url`, and migrates it. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const server = options.url
    ? null
    : await startEmbeddedPostgres({
        folder: options.folder,
        log: options.log,
        ...(options.settings ? { settings: options.settings } : {}),
      })
  try {
    const url = options.url ?? server!.url
    await applyMigrations(url, options.log)
    return await connect(url, server, options)
  } catch (error) {
    await server?.stop()
    throw error
  }
}

async function connect(
  url: string,
  server: EmbeddedPostgres | null,
  options: DatabaseOptions,
): Promise<Database> {
  let closing = false
  const poolErrors = (error: Error) => {
    // Connections that are still closing notice that the server goes too
    if (!closing) options.log.warn({ reason: error.message }, 'idle database connection lost')
  }
  const size = options.poolSize ?? 12
  const pool = new pg.Pool({
    types: { getTypeParser: parserOf },
    connectionString: url,
    max: size,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  pool.on('error', poolErrors)
  const prisma = new PrismaClient({
    adapter: new PrismaPg(
      { connectionString: url, max: size, connectionTimeoutMillis: 10_000, keepAlive: true },
      { onPoolError: poolErrors },
    ),
    // A lost race for a connection is waited out; a transaction that hangs is not
    transactionOptions: { maxWait: 10_000, timeout: 60_000 },
  })
  const owner = server ? await keepOwnerLock(url, options.log) : null
  return {
    url,
    prisma,
    pool,
    transaction: (work) => inTransaction(pool, work),
    prismaTransaction: (work) => prisma.$transaction(work),
    ping: () => withinTwoSeconds(pool.query('SELECT 1')),
    close: async () => {
      closing = true
      await owner?.release()
      await Promise.allSettled([prisma.$disconnect(), pool.end()])
      await server?.stop()
    },
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  // A connection that is cut while it is lent out tells of it here too: without a listener the process would end
  const lost = (error: Error) => void (broken = error)
  client.on('error', lost)
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((cause: Error) => (broken = cause))
    throw error
  } finally {
    client.off('error', lost)
    // A connection that cannot even roll back is not given to the next one
    client.release(broken)
  }
}

/** The pool waits longer for a connection than someone who asks after its health. */
async function withinTwoSeconds(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within 2 s')), 2_000)
  })
  answer.catch(() => undefined)
  await Promise.race([answer, late]).finally(() => clearTimeout(timer))
}

/** Tells other hubs that this data folder has a living owner; taken again when the server was restarted. */
async function keepOwnerLock(url: string, log: Logger): Promise<{ release(): Promise<void> }> {
  let released = false
  let client: pg.Client | null = null
  let retry: NodeJS.Timeout | undefined
  const take = async (): Promise<void> => {
    client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query('SELECT pg_try_advisory_lock($1)', [OWNER_LOCK])
      client.once('end', again)
    } catch (error) {
      log.debug({ err: error }, 'the data folder could not be marked as owned; trying again')
      again()
    }
  }
  const again = () => {
    if (!released) retry = setTimeout(() => void take(), 1_000)
  }
  await take()
  return {
    release: async () => {
      released = true
      clearTimeout(retry)
      await client?.end().catch(() => undefined)
    },
  }
}
