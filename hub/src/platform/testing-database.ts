import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { openDatabase, type Database } from './database/database.ts'

/** A migrated database in a temporary folder, for tests of the platform itself. */
export async function openTestDatabase(): Promise<{ db: Database; folder: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-db-'))
  chmodSync(folder, 0o755)
  const db = await openDatabase({ folder, log: pino({ level: 'error' }), settings: { fsync: 'off' } })
  return {
    db,
    folder,
    close: async () => {
      await db.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
