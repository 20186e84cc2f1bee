import type pg from 'pg'

type Client = Pick<pg.ClientBase, 'query'>

/** Looked at from then on, whether anything names it. Also of a file that is there already: it may be named again now. */
export async function rememberFile(
  client: Client,
  file: { readonly hash: string; readonly sizeBytes: number; readonly now: Date; readonly checkDue: Date },
): Promise<void> {
  await client.query(
    `insert into stored_file as f (hash, size_bytes, kept_at, check_due) values ($1, $2, $3, $4)
     on conflict (hash) do update set check_due = greatest(f.check_due, excluded.check_due)`,
    [file.hash, file.sizeBytes, file.now, file.checkDue],
  )
}

/** What named them has gone: perhaps nothing else does. */
export async function askForCheck(client: Client, hashes: readonly string[], due: Date): Promise<void> {
  await client.query(
    `update stored_file set check_due = greatest(check_due, $2) where hash = any($1::text[])`,
    [hashes, due],
  )
}

/** Held until the transaction ends: whoever keeps the same bytes meanwhile waits, and then keeps them anew. */
export async function filesToCheck(client: Client, now: Date, limit: number): Promise<string[]> {
  const { rows } = await client.query<{ hash: string }>(
    `select hash from stored_file where check_due < $1 order by check_due limit $2 for update skip locked`,
    [now, limit],
  )
  return rows.map(({ hash }) => hash)
}

/** Whoever names a file refers to it: the database knows best. @returns whether it is forgotten */
export async function forgetUnlessNamed(client: Client, hash: string): Promise<boolean> {
  await client.query('savepoint file_check')
  try {
    await client.query('delete from stored_file where hash = $1', [hash])
  } catch (error) {
    await client.query('rollback to savepoint file_check')
    if ((error as { code?: string }).code !== '23503') throw error
    await client.query('update stored_file set check_due = null where hash = $1', [hash])
    return false
  }
  await client.query('release savepoint file_check')
  return true
}

export async function sizeOfFile(client: Client, hash: string): Promise<number | null> {
  const { rows } = await client.query<{ size: number }>(
    'select size_bytes as size from stored_file where hash = $1',
    [hash],
  )
  return rows[0]?.size ?? null
}
