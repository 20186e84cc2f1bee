import type { Pool, PoolClient } from 'pg'
import type { BuildingRef, Place } from '../../../platform/auth/grant.ts'
import {
  BUILDINGS_OF_KEY,
  placeOfKey,
  type StoredPlace,
} from '../../../platform/api-keys/api-key.repository.ts'

type Client = Pick<Pool | PoolClient, 'query'>

export interface StoredKey {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly ownerId: string
  readonly ownerName: string
  readonly permissions: readonly string[]
  readonly place: Place
  readonly perMinute: number
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  readonly previousUntil: Date | null
  readonly lastUsedAt: Date | null
  readonly lastUsedIp: string | null
  readonly createdAt: Date
  readonly version: number
}

const COLUMNS = `k.id, k.name, k.prefix, k.owner_id as "ownerId", coalesce(u.display_name, '') as "ownerName",
  k.permissions, k.all_projects as "allProjects", k.project_ids as "projectIds", ${BUILDINGS_OF_KEY} as buildings,
  k.per_minute as "perMinute", k.expires_at as "expiresAt", k.revoked_at as "revokedAt",
  k.previous_until as "previousUntil", k.last_used_at as "lastUsedAt", k.last_used_ip as "lastUsedIp",
  k.created_at as "createdAt", k.version`

type Row = Omit<StoredKey, 'place'> & StoredPlace

/** All of them, those that have ended last: there are dozens. Narrowing them is the service's. */
export async function allKeys(client: Client): Promise<StoredKey[]> {
  const { rows } = await client.query<Row>(
    `select ${COLUMNS} from api_key k left join app_user u on u.id = k.owner_id
     order by k.revoked_at is not null, lower(k.name), k.id`,
  )
  return rows.map(keyOfRow)
}

export async function keyById(client: Client, id: string, lock = false): Promise<StoredKey | null> {
  const { rows } = await client.query<Row>(
    `select ${COLUMNS} from api_key k left join app_user u on u.id = k.owner_id
     where k.id = $1 ${lock ? 'for update of k' : ''}`,
    [id],
  )
  return rows[0] ? keyOfRow(rows[0]) : null
}

function keyOfRow({ allProjects, projectIds, buildings, ...key }: Row): StoredKey {
  return { ...key, place: placeOfKey({ allProjects, projectIds, buildings }) }
}

export interface NewKeyRow {
  readonly name: string
  readonly prefix: string
  readonly hash: Uint8Array
  readonly ownerId: string
  readonly permissions: readonly string[]
  readonly place: Place
  readonly perMinute: number
  readonly expiresAt: Date | null
  readonly now: Date
}

/** @returns null when the name is taken */
export async function insertKey(client: Client, key: NewKeyRow): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `insert into api_key (name, prefix, secret_hash, owner_id, permissions, all_projects, project_ids, building_ids,
       per_minute, expires_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (name) do nothing returning id`,
    [
      ...[
        key.name,
        key.prefix,
        Buffer.from(key.hash),
        key.ownerId,
        key.permissions,
        ...placeColumns(key.place),
      ],
      ...[key.perMinute, key.expiresAt, key.now],
    ],
  )
  return rows[0]?.id ?? null
}

export interface KeyChange {
  readonly name: string
  readonly permissions: readonly string[]
  readonly place: Place
  readonly perMinute: number
  readonly expiresAt: Date | null
}

/** @returns false when the name is taken */
export async function updateKey(client: Client, id: string, key: KeyChange): Promise<boolean> {
  const { rowCount } = await client.query(
    `update api_key set name = $2, permissions = $3, all_projects = $4, project_ids = $5, building_ids = $6,
       per_minute = $7, expires_at = $8, version = version + 1
     where id = $1 and not exists (select from api_key other where other.name = $2 and other.id <> $1)`,
    [id, key.name, key.permissions, ...placeColumns(key.place), key.perMinute, key.expiresAt],
  )
  return rowCount === 1
}

function placeColumns(place: Place): [boolean, readonly string[], readonly string[]] {
  return place.all ? [true, [], []] : [false, place.projectIds, place.buildings.map(({ id }) => id)]
}

/** The secret that was valid stays so until `until`; null: it ends now. */
export async function exchangeSecret(
  client: Client,
  id: string,
  secret: { readonly prefix: string; readonly hash: Uint8Array; readonly until: Date | null },
): Promise<void> {
  await client.query(
    `update api_key set previous_hash = case when $4::timestamptz is not null then secret_hash end, previous_until = $4,
       prefix = $2, secret_hash = $3, version = version + 1 where id = $1`,
    [id, secret.prefix, Buffer.from(secret.hash), secret.until],
  )
}

export async function setOwner(client: Client, id: string, ownerId: string): Promise<void> {
  await client.query('update api_key set owner_id = $2, version = version + 1 where id = $1', [id, ownerId])
}

export async function endKey(client: Client, id: string, now: Date): Promise<void> {
  await client.query(
    `update api_key set revoked_at = $2, previous_hash = null, previous_until = null, version = version + 1
     where id = $1 and revoked_at is null`,
    [id, now],
  )
}

/** Those of the projects and buildings that there are. */
export async function knownPlaces(
  client: Client,
  projectIds: readonly string[],
  buildingIds: readonly string[],
): Promise<{ projectIds: string[]; buildings: BuildingRef[] }> {
  const projects = await client.query<{ id: string }>('select id from project where id = any($1::uuid[])', [
    projectIds,
  ])
  const buildings = await client.query<BuildingRef>(
    'select id, project_id as "projectId" from building where id = any($1::uuid[])',
    [buildingIds],
  )
  return { projectIds: projects.rows.map(({ id }) => id), buildings: buildings.rows }
}
