/** What an error of node:sqlite means. */

// Primary result codes of SQLite (https://sqlite.org/rescode.html).
const SQLITE_BUSY = 5
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26

/** The primary result code of an error of node:sqlite; 0 for any other error. */
function sqliteCode(error: unknown): number {
  const code = (error as { errcode?: unknown }).errcode
  return typeof code === 'number' ? code & 0xff : 0
}

export function isLocked(error: unknown): boolean {
  return sqliteCode(error) === SQLITE_BUSY
}

/** The disk or the page limit is exhausted; a write that failed is taken for the same. */
export function isOutOfDisk(error: unknown): boolean {
  return [SQLITE_FULL, SQLITE_IOERR].includes(sqliteCode(error))
}

/** Not a database, or one that lost its tables. */
export function isDamaged(error: unknown): boolean {
  return [SQLITE_CORRUPT, SQLITE_NOTADB].includes(sqliteCode(error)) || /no such table/.test(String(error))
}
