/** Certificates and their sealed keys in the database. */
import type { PoolClient } from 'pg'

type Client = Pick<PoolClient, 'query'>

export interface AuthorityRow {
  readonly id: string
  readonly certificate: string
  readonly keySealed: Buffer
  readonly createdAt: Date
  readonly expiresAt: Date
}

export async function lockAuthorities(client: Client, lock: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1)', [lock])
}

/** Newest first. */
export async function listAuthorities(client: Client, now: Date): Promise<AuthorityRow[]> {
  const { rows } = await client.query<AuthorityRow>(
    `select id, certificate, key_sealed as "keySealed", created_at as "createdAt", expires_at as "expiresAt"
     from certificate_authority where expires_at > $1 order by created_at desc, id`,
    [now],
  )
  return rows
}

export async function insertAuthority(client: Client, row: AuthorityRow): Promise<void> {
  await client.query(
    `insert into certificate_authority (id, certificate, key_sealed, created_at, expires_at)
     values ($1, $2, $3, $4, $5)`,
    [row.id, row.certificate, row.keySealed, row.createdAt, row.expiresAt],
  )
}

export async function updateAuthorityKey(client: Client, id: string, keySealed: Buffer): Promise<void> {
  await client.query('update certificate_authority set key_sealed = $2 where id = $1', [id, keySealed])
}

export interface HubCertificateRow {
  readonly id: string
  readonly authorityId: string
  readonly certificate: string
  readonly keySealed: Buffer
  readonly expiresAt: Date
}

export async function findHubCertificate(client: Client, id: string): Promise<HubCertificateRow | null> {
  const { rows } = await client.query<HubCertificateRow>(
    `select id, authority_id as "authorityId", certificate, key_sealed as "keySealed", expires_at as "expiresAt"
     from hub_certificate where id = $1`,
    [id],
  )
  return rows[0] ?? null
}

/** Of names that are no longer used only what has not ended is kept. */
export async function saveHubCertificate(client: Client, row: HubCertificateRow, now: Date): Promise<void> {
  await client.query('delete from hub_certificate where expires_at < $1', [now])
  await client.query(
    `insert into hub_certificate (id, authority_id, certificate, key_sealed, expires_at) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set authority_id = excluded.authority_id, certificate = excluded.certificate,
       key_sealed = excluded.key_sealed, expires_at = excluded.expires_at`,
    [row.id, row.authorityId, row.certificate, row.keySealed, row.expiresAt],
  )
}

export interface IssuedRow {
  readonly serial: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | null
}

const ISSUED = `serial, issued_at as "issuedAt", expires_at as "expiresAt", revoked_at as "revokedAt"`

export async function insertIssued(
  client: Client,
  row: { serial: string; authorityId: string; subject: string; issuedAt: Date; expiresAt: Date },
): Promise<void> {
  await client.query(
    `insert into issued_certificate (serial, authority_id, subject, issued_at, expires_at) values ($1, $2, $3, $4, $5)`,
    [row.serial, row.authorityId, row.subject, row.issuedAt, row.expiresAt],
  )
}

export async function countIssuedSince(client: Client, subject: string, since: Date): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from issued_certificate where subject = $1 and issued_at > $2`,
    [subject, since],
  )
  return rows[0]!.count
}

export async function findIssued(client: Client, serial: string, subject: string): Promise<IssuedRow | null> {
  const { rows } = await client.query<IssuedRow>(
    `select ${ISSUED} from issued_certificate where serial = $1 and subject = $2`,
    [serial, subject],
  )
  return rows[0] ?? null
}

export async function newestIssued(client: Client, subject: string): Promise<IssuedRow | null> {
  const { rows } = await client.query<IssuedRow>(
    `select ${ISSUED} from issued_certificate where subject = $1 order by issued_at desc, serial limit 1`,
    [subject],
  )
  return rows[0] ?? null
}

/** @returns how many were good until now */
export async function revokeIssued(client: Client, subject: string, now: Date): Promise<number> {
  const { rowCount } = await client.query(
    `update issued_certificate set revoked_at = $2 where subject = $1 and revoked_at is null and expires_at > $2`,
    [subject, now],
  )
  return rowCount ?? 0
}

/** Those that would still be good, by authority. */
export async function listRevoked(
  client: Client,
  now: Date,
): Promise<{ serial: string; authorityId: string; revokedAt: Date }[]> {
  const { rows } = await client.query<{ serial: string; authorityId: string; revokedAt: Date }>(
    `select serial, authority_id as "authorityId", revoked_at as "revokedAt" from issued_certificate
     where revoked_at is not null and expires_at > $1 order by revoked_at, serial`,
    [now],
  )
  return rows
}

/** Another text whenever one more is revoked. */
export async function revocationState(client: Client): Promise<string> {
  const { rows } = await client.query<{ state: string }>(
    `select count(revoked_at) || ' ' || coalesce(max(revoked_at)::text, '') as state from issued_certificate`,
  )
  return rows[0]!.state
}
