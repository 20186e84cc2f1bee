import type pg from 'pg'

type Client = Pick<pg.ClientBase, 'query'>

export interface PortalSessionRow {
  readonly phone: string
  readonly csrfToken: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
}

export interface NewPortalSession extends PortalSessionRow {
  /** SHA-256 of the cookie's secret. */
  readonly id: Uint8Array
  readonly ip: string | null
  readonly userAgent: string | null
  readonly expiresAt: Date
}

export async function insertSession(client: Client, session: NewPortalSession): Promise<void> {
  await client.query(
    `insert into portal_session (id, phone, csrf_token, ip, user_agent, created_at, last_seen_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      session.id,
      session.phone,
      session.csrfToken,
      session.ip,
      session.userAgent,
      session.createdAt,
      session.lastSeenAt,
      session.expiresAt,
    ],
  )
}

export async function findSession(
  client: Client,
  id: Uint8Array,
  now: Date,
): Promise<PortalSessionRow | null> {
  const { rows } = await client.query<PortalSessionRow>(
    `select phone, csrf_token as "csrfToken", created_at as "createdAt", last_seen_at as "lastSeenAt"
     from portal_session where id = $1 and expires_at > $2`,
    [id, now],
  )
  return rows[0] ?? null
}

export async function extendSession(
  client: Client,
  id: Uint8Array,
  now: Date,
  expiresAt: Date,
): Promise<void> {
  await client.query('update portal_session set last_seen_at = $2, expires_at = $3 where id = $1', [
    id,
    now,
    expiresAt,
  ])
}

export async function removeSession(client: Client, id: Uint8Array): Promise<void> {
  await client.query('delete from portal_session where id = $1', [id])
}

export async function removeSessionsOf(client: Client, phone: string): Promise<void> {
  await client.query('delete from portal_session where phone = $1', [phone])
}
