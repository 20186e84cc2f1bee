import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { openDatabase, type Database } from './database/database.ts'
import { KEEPER_VARIABLE, leaseDatabase } from './testing-lease.ts'

/** A migrated database of its own, for tests of the platform itself; with a folder for what else they need. */
export async function openTestDatabase(): Promise<{ db: Database; folder: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-db-'))
  chmodSync(folder, 0o755)
  const keeper = process.env[KEEPER_VARIABLE]
  const lease = keeper ? await leaseDatabase(keeper) : null
  const log = pino({ level: 'error' })
  const db = await openDatabase({ url: lease?.url, folder, log, settings: { fsync: 'off' } })
  return {
    db,
    folder,
    close: async () => {
      await db.close()
      lease?.release()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
