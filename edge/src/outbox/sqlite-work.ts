import type { DatabaseSync } from 'node:sqlite'

/** Pages that may stay free for what comes next (4 MiB), and that are given back at once at most (32 MiB). */
const KEEP_FREE_PAGES = 1_024
const GIVE_BACK_PAGES = 8_192

/** Does all of `work` or nothing of it. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite may have rolled back by itself when the disk was full.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** After a backlog has left, its pages go back to the disk, some at a time. Files of layout 1 keep theirs. */
export function giveBackFreePages(database: DatabaseSync): void {
  const free = Number(database.prepare('PRAGMA freelist_count').get()?.['freelist_count'] ?? 0)
  const pages = Math.min(free - KEEP_FREE_PAGES, GIVE_BACK_PAGES)
  if (pages > 0) database.exec(`PRAGMA incremental_vacuum(${pages})`)
}
