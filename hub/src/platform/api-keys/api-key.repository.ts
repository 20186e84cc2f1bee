import type pg from 'pg'
import type { BuildingRef, Place } from '../auth/grant.ts'

type Client = Pick<pg.Pool, 'query'>

export interface KeyRow {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly ownerId: string
  readonly permissions: readonly string[]
  readonly place: Place
  readonly perMinute: number
  readonly lastUsedAt: Date | null
}

/** Buildings of a key, with the project that each lies in; `k` is the key. */
export const BUILDINGS_OF_KEY = `(select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'projectId', b.project_id)
  order by b.id), '[]') from building b where b.id = any(k.building_ids))`

export interface StoredPlace {
  readonly allProjects: boolean
  readonly projectIds: readonly string[]
  readonly buildings: readonly BuildingRef[]
}

export function placeOfKey({ allProjects, projectIds, buildings }: StoredPlace): Place {
  return allProjects ? { all: true } : { all: false, projectIds, buildings }
}

const COLUMNS = `k.id, k.name, k.prefix, k.owner_id as "ownerId", k.permissions, k.all_projects as "allProjects",
  k.project_ids as "projectIds", ${BUILDINGS_OF_KEY} as buildings, k.per_minute as "perMinute",
  k.last_used_at as "lastUsedAt"`
const VALID = 'k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)'

/** A key that is valid now, by its hash or by that of the secret that it had before. */
export async function findKey(client: Client, hash: Uint8Array, now: Date): Promise<KeyRow | null> {
  const which = '(k.secret_hash = $1 or (k.previous_hash = $1 and k.previous_until > $2))'
  return selectKey(client, which, [Buffer.from(hash), now])
}

/** A key that is valid now. */
export async function findKeyById(client: Client, id: string, now: Date): Promise<KeyRow | null> {
  return selectKey(client, 'k.id = $1', [id, now])
}

async function selectKey(client: Client, which: string, params: unknown[]): Promise<KeyRow | null> {
  const { rows } = await client.query<Omit<KeyRow, 'place'> & StoredPlace>(
    `select ${COLUMNS} from api_key k where ${which} and ${VALID}`,
    params,
  )
  const row = rows[0]
  return row ? { ...row, place: placeOfKey(row) } : null
}

export async function noteUse(client: Client, id: string, now: Date, ip: string | null): Promise<void> {
  await client.query(
    `update api_key set last_used_at = $2, last_used_ip = $3
     where id = $1 and (last_used_at is null or last_used_at < $2)`,
    [id, now, ip],
  )
}
