import type pg from 'pg'
import { MOST_TRIES, type RecentCodes } from './domain/code-limits.ts'

type Client = Pick<pg.ClientBase, 'query'>

/** Requests for the same phone, and those from the same address, come one after the other until the transaction ends. */
export async function lockCodes(client: Client, phone: string, ip: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('portal_code.phone' || $1, 0))`, [phone])
  await client.query(`select pg_advisory_xact_lock(hashtextextended('portal_code.ip' || $1, 0))`, [ip])
}

interface Counts {
  phoneMs: string[] | null
  addressCount: number
  addressOldest: Date | null
  allCount: number
  allOldest: Date | null
}

export async function recentCodes(
  client: Client,
  phone: string,
  ip: string,
  now: Date,
): Promise<RecentCodes> {
  const { rows } = await client.query<Counts>(
    `select array_agg((extract(epoch from created_at) * 1000)::bigint::text order by created_at desc)
         filter (where phone = $1) as "phoneMs",
       count(*) filter (where ip = $2)::int as "addressCount",
       min(created_at) filter (where ip = $2) as "addressOldest",
       count(*)::int as "allCount", min(created_at) as "allOldest"
     from portal_code where created_at > $3::timestamptz - interval '1 hour'`,
    [phone, ip, now],
  )
  const row = rows[0]!
  return {
    phoneMs: (row.phoneMs ?? []).map(Number),
    address: { count: row.addressCount, oldestMs: row.addressOldest?.getTime() ?? 0 },
    all: { count: row.allCount, oldestMs: row.allOldest?.getTime() ?? 0 },
  }
}

export interface NewCode {
  readonly phone: string
  readonly codeHash: string
  readonly ip: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export async function insertCode(client: Client, code: NewCode): Promise<void> {
  await client.query(
    `insert into portal_code (phone, code_hash, ip, created_at, expires_at) values ($1, $2, $3, $4, $5)`,
    [code.phone, code.codeHash, code.ip, code.createdAt, code.expiresAt],
  )
}

/** Counts a try at the newest code of a phone; null when it can't be tried (any more). */
export async function tryCode(
  client: Client,
  phone: string,
  now: Date,
): Promise<{ id: string; codeHash: string } | null> {
  const { rows } = await client.query<{ id: string; codeHash: string }>(
    `update portal_code set attempts = attempts + 1
     where id = (select id from portal_code where phone = $1 order by created_at desc, id limit 1)
       and attempts < $3 and used_at is null and expires_at > $2
     returning id, code_hash as "codeHash"`,
    [phone, now, MOST_TRIES],
  )
  return rows[0] ?? null
}

/** @returns false when somebody else used it meanwhile */
export async function useCode(client: Client, id: string, now: Date): Promise<boolean> {
  const { rowCount } = await client.query(
    'update portal_code set used_at = $2 where id = $1 and used_at is null',
    [id, now],
  )
  return rowCount === 1
}

/** Codes that no limit counts any more, and sessions that have ended. */
export async function removeOld(client: Client, now: Date): Promise<void> {
  await client.query(`delete from portal_code where created_at < $1::timestamptz - interval '1 day'`, [now])
  await client.query('delete from portal_session where expires_at <= $1', [now])
}
