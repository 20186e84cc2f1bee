/** Opening the outbox file: pragmas, layout, and what to do with a file that is damaged or not ours. */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import { isDamaged, isLocked, isOutOfDisk } from '../sqlite-errors.ts'
import { OUTBOX_APPLICATION_ID, OUTBOX_LAYOUT, outboxLayouts } from './outbox-schema.ts'

export interface OutboxFileOptions {
  readonly file: string
  /** Hard limit of the file in pages of 4096 bytes; absent: as large as the disk. */
  readonly maxPages?: number | undefined
  /** Moves a damaged file aside. Only for who has the data folder: another process may be writing to the file. */
  readonly moveDamagedAside: boolean
  readonly clock: Clock
  readonly logger: Logger
}

/** How long one process waits for the other (agent, import) to finish its transaction. */
const BUSY_TIMEOUT_MS = 5_000

/**
 * Opens the file, or makes it. A damaged file is moved aside (`….corrupt-<time>`) and a new outbox with a new
 * identity takes its place, so that a power cut can cost the backlog but never the gateway.
 * @throws AppError `edge.outbox_too_new` when a newer agent wrote it, `edge.outbox_corrupt` when it is damaged and may
 * not be moved, `edge.outbox_failed` when the folder is unusable.
 */
export function openOutboxFile(options: OutboxFileOptions): DatabaseSync {
  try {
    mkdirSync(dirname(options.file), { recursive: true })
    return openChecked(options)
  } catch (error) {
    if (!isCorrupt(error) || !options.moveDamagedAside) throw asOutboxError(error)
    const aside = moveAside(options)
    options.logger.error(
      { err: error, movedTo: aside },
      'the outbox file is damaged; it was moved aside and a new outbox begins: what it held was not sent',
    )
    return openChecked(options)
  }
}

function openChecked(options: OutboxFileOptions): DatabaseSync {
  const database = new DatabaseSync(options.file, { timeout: BUSY_TIMEOUT_MS })
  try {
    // Only takes effect before the first table: pages that become free can then be given back bit by bit.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL')
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    const version = pragma(database, 'user_version')
    if (version === 0 && pragma(database, 'application_id') === 0 && countTables(database) === 0) {
      createTables(database, options.clock)
    } else {
      checkExisting(database, version)
      if (version < OUTBOX_LAYOUT) migrate(database)
    }
    if (options.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${options.maxPages}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function createTables(database: DatabaseSync, clock: Clock): void {
  database.exec('BEGIN IMMEDIATE')
  // The importer may be making the same file at this moment; the lock decides who does.
  if (countTables(database) === 0) {
    database.exec(`PRAGMA application_id = ${OUTBOX_APPLICATION_ID}; PRAGMA user_version = 1;`)
    database.exec(outboxLayouts[0]!)
    database
      .prepare('INSERT INTO outbox (only_row, id, created_ms) VALUES (1, ?, ?)')
      .run(randomUUID(), clock.nowMs())
  }
  bringUp(database)
  database.exec('COMMIT')
}

/** Brings the file of an older agent to this one's layout; all or nothing. */
function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE')
  bringUp(database)
  database.exec('COMMIT')
}

/** Inside a transaction; what another process has done meanwhile is not done again. */
function bringUp(database: DatabaseSync): void {
  for (let version = pragma(database, 'user_version'); version < OUTBOX_LAYOUT; version++) {
    database.exec(outboxLayouts[version]!)
    database.exec(`PRAGMA user_version = ${version + 1}`)
  }
}

function checkExisting(database: DatabaseSync, version: number): void {
  const ours = pragma(database, 'application_id') === OUTBOX_APPLICATION_ID
  if (ours && version > OUTBOX_LAYOUT) {
    throw new AppError(
      errorCodes.outboxTooNew,
      `the outbox has layout ${version}, this agent knows ${OUTBOX_LAYOUT}`,
    )
  }
  const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
  const row = ours ? database.prepare('SELECT id FROM outbox').get() : undefined
  if (!row || check !== 'ok') {
    throw new AppError(
      errorCodes.outboxCorrupt,
      ours ? `the outbox is damaged: ${String(check)}` : 'not an outbox file',
    )
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}

function countTables(database: DatabaseSync): number {
  return Number(database.prepare('SELECT count(*) AS n FROM sqlite_master').get()?.['n'])
}

function moveAside({ file, clock }: OutboxFileOptions): string {
  const stamp = new Date(clock.nowMs()).toISOString().replaceAll(/[:.]/g, '-')
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, `${file}.corrupt-${stamp}${suffix}`)
  }
  return `${file}.corrupt-${stamp}`
}

export function isCorrupt(error: unknown): boolean {
  if (error instanceof AppError) return error.code === errorCodes.outboxCorrupt
  return isDamaged(error)
}

/** Turns whatever SQLite threw into an error of ours; "full" and failed writes are both a lack of disk. */
export function asOutboxError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isOutOfDisk(error)) {
    return new AppError(errorCodes.outboxDiskFull, 'no room on the disk for the outbox', { cause: error })
  }
  if (isLocked(error)) return new AppError(errorCodes.outboxBusy, 'the outbox is locked', { cause: error })
  if (isCorrupt(error))
    return new AppError(errorCodes.outboxCorrupt, 'the outbox is damaged', { cause: error })
  const reason = error instanceof Error ? error.message : String(error)
  return new AppError(errorCodes.outboxFailed, `the outbox cannot be used: ${reason}`, { cause: error })
}
