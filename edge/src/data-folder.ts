/**
 * One agent per data folder. Two would poll every meter twice and end each other's session with the hub without end.
 * The lock is one that the kernel holds for the process (SQLite's), so it is gone with it however it ended.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from './errors.ts'
import { isLocked } from './sqlite-errors.ts'

/** An agent that is just stopping is waited for this long. */
const WAIT_MS = 3_000

/**
 * Makes the folder and takes it for this process; `close` gives it back.
 * @throws AppError `edge.data_dir_in_use` when another agent runs on it, `edge.data_dir_unusable` when it cannot be
 * made or written.
 */
export function takeDataFolder(folder: string, waitMs = WAIT_MS): { close(): void } {
  let lock: DatabaseSync | undefined
  try {
    // Whom doors were opened for is nobody else's business on this machine.
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(join(folder, 'agent.lock'), { timeout: waitMs })
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock?.close()
    if (isLocked(cause)) {
      throw new AppError(errorCodes.dataDirInUse, `gateway.dataDir: another agent runs on ${folder}`, {
        cause,
      })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new AppError(errorCodes.dataDirUnusable, `gateway.dataDir: ${folder} cannot be used: ${reason}`, {
      cause,
    })
  }
}
