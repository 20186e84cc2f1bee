/** Roles of many rooms at once, and the people and accounts that come with them: a few statements for a whole file. */
import type pg from 'pg'
import type { PartyRoleKind } from '@courtyard/protocols/contract'
import type { Viewer } from '../../platform/auth/user.ts'
import { visible } from '../../platform/resource/visible.ts'
import type { RoleState } from './domain/role-changes.ts'
import type { Period } from './domain/periods.ts'
import { partyResource } from './party.resource.ts'

type Client = Pick<pg.Pool, 'query'>

/**
 * Those who may put people on file follow one another, so that nobody is put on file twice. Taken before any room: an
 * import holds it from its first batch on.
 */
export async function lockPeople(client: Client, projectId: string): Promise<void> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('people/' || $1::text, 0))`, [projectId])
}

/** Buildings of the rooms; `lock` holds the rooms until the transaction ends, in the order of their ids. */
export async function buildingsOf(
  client: Client,
  roomIds: readonly string[],
  lock: boolean,
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; building: string }>(
    `select id, building_id as building from room where id = any($1::uuid[]) order by id
     ${lock ? 'for no key update' : ''}`,
    [roomIds],
  )
  return new Map(rows.map(({ id, building }) => [id, building]))
}

interface RoleRow {
  readonly id: string
  readonly roomId: string
  readonly who: string
  readonly role: PartyRoleKind
  readonly sharePercent: string | null
  readonly from: Date
  readonly to: Date | null
}

export async function rolesOfRooms(client: Client, roomIds: readonly string[]): Promise<RoleState[]> {
  const { rows } = await client.query<RoleRow>(
    `select id, room_id as "roomId", party_id as who, role, share_percent::text as "sharePercent", from_at as "from",
       to_at as "to" from party_role where room_id = any($1::uuid[]) and archived_at is null`,
    [roomIds],
  )
  return rows.map(({ from, to, ...row }) => ({
    ...row,
    fromMs: from.getTime(),
    toMs: to?.getTime() ?? null,
    row: null,
  }))
}

export interface Sought {
  readonly name: string
  readonly phone: string | null
  readonly identityNumber: string | null
  readonly roomId: string
}
export interface FoundPerson {
  readonly id: string
  readonly name: string
}

/**
 * People of the project whom the user may see: by the number of their document, else by name and phone; who has neither
 * is looked for among those of that name in the room. Of several alike the oldest.
 * @returns by the place in `sought`
 */
export async function findPeople(
  client: Client,
  user: Viewer,
  projectId: string,
  sought: readonly Sought[],
): Promise<Map<number, FoundPerson>> {
  const json = sought.map((one, at) => ({ ...one, at }))
  const params: unknown[] = [JSON.stringify(json), projectId]
  const seen = visible(user, partyResource, partyResource.permissions.read, params)
  const { rows } = await client.query<FoundPerson & { at: number }>(
    `select distinct on (w.at) w.at, r.id, r.name
     from jsonb_to_recordset($1::jsonb) as w (at int, name text, phone text, "identityNumber" text, "roomId" uuid)
     cross join lateral (
       select id, 1 as rank from party where project_id = $2 and identity_number = w."identityNumber"
       union all
       select id, 2 from party where project_id = $2 and phone is not null and phone_digits(phone) = phone_digits(w.phone)
         and name = w.name and (w."identityNumber" is null or identity_number is null)
       union all
       select p.id, 3 from party_role pr join party p on p.id = pr.party_id
         where pr.room_id = w."roomId" and p.name = w.name and w.phone is null and w."identityNumber" is null
     ) as found join party r on r.id = found.id
     where r.archived_at is null and ${seen}
     order by w.at, found.rank, r.created_at, r.id`,
    params,
  )
  return new Map(rows.map(({ at, id, name }) => [at, { id, name }]))
}

export interface NewPerson extends Omit<Sought, 'roomId'> {
  readonly id: string
  readonly kind: string
  readonly identityKind: string | null
  /** The role that brings him. */
  readonly roleId: string
}

export async function insertPeople(
  client: Client,
  projectId: string,
  people: readonly NewPerson[],
  userId: string,
  now: Date,
): Promise<void> {
  if (people.length === 0) return
  await client.query(
    `insert into party (id, project_id, kind, name, phone, identity_kind, identity_number, origin_role_id, created_at,
       created_by, updated_at, updated_by)
     select id, $2, kind, name, phone, "identityKind", "identityNumber", "roleId", $3::timestamptz, $4::uuid,
       $3::timestamptz, $4::uuid
     from jsonb_to_recordset($1::jsonb) as new (id uuid, kind text, name text, phone text, "identityKind" text,
       "identityNumber" text, "roleId" uuid)`,
    [JSON.stringify(people), projectId, now, userId],
  )
}

export interface KeptPeriod {
  readonly id: string
  /** Of the role as it goes on. */
  readonly roleId: string
  readonly to: Date
}

/** A copy of what a role was until it changed. */
export async function keepPeriods(
  client: Client,
  periods: readonly KeptPeriod[],
  userId: string,
  now: Date,
): Promise<void> {
  if (periods.length === 0) return
  await client.query(
    `insert into party_role (id, project_id, building_id, room_id, party_id, role, share_percent, from_at, to_at,
       created_at, created_by, ended_by, updated_at, updated_by)
     select new.id, pr.project_id, pr.building_id, pr.room_id, pr.party_id, pr.role, pr.share_percent, pr.from_at, new."to",
       pr.created_at, pr.created_by, $2::uuid, $3::timestamptz, $2::uuid
     from jsonb_to_recordset($1::jsonb) as new (id uuid, "roleId" uuid, "to" timestamptz)
       join party_role pr on pr.id = new."roleId"`,
    [JSON.stringify(periods), userId, now],
  )
}

export async function setEndedBy(
  client: Client,
  ids: readonly string[],
  userId: string | null,
): Promise<void> {
  if (ids.length === 0) return
  await client.query('update party_role set ended_by = $2 where id = any($1::uuid[])', [ids, userId])
}

export interface RoomStay extends Period {
  readonly roomId: string
  readonly accountNumber: string
}

export async function staysOfRooms(client: Client, roomIds: readonly string[]): Promise<RoomStay[]> {
  const { rows } = await client.query<{
    roomId: string
    accountNumber: string
    from: Date
    to: Date | null
  }>(
    `select hr.room_id as "roomId", h.account_number as "accountNumber", hr.from_at as "from", hr.to_at as "to"
     from household_room hr join household h on h.id = hr.household_id where hr.room_id = any($1::uuid[])`,
    [roomIds],
  )
  return rows.map(({ from, to, ...row }) => ({
    ...row,
    fromMs: from.getTime(),
    toMs: to?.getTime() ?? null,
  }))
}

export interface NewStay {
  readonly roomId: string
  readonly accountNumber: string
  /** Of the account when it is new. */
  readonly name: string
  readonly kind: string
  readonly from: Date
  readonly roleId: string
}

/** Opens the accounts that there are not yet, and lets them move in. @returns ids of the new ones */
export async function insertStays(
  client: Client,
  projectId: string,
  stays: readonly NewStay[],
  userId: string,
  now: Date,
): Promise<{ id: string; accountNumber: string }[]> {
  if (stays.length === 0) return []
  const { rows } = await client.query<{ id: string; accountNumber: string }>(
    `insert into household (project_id, account_number, name, kind, origin_role_id, created_by, updated_by, created_at,
       updated_at)
     select distinct on ("accountNumber") $2::uuid, "accountNumber", name, kind::"HouseholdKind", "roleId", $3::uuid,
       $3::uuid, $4::timestamptz, $4::timestamptz
     from jsonb_to_recordset($1::jsonb) as new (place int, "accountNumber" text, name text, kind text, "roleId" uuid)
     order by "accountNumber", place
     on conflict (project_id, account_number) do nothing returning id, account_number as "accountNumber"`,
    [JSON.stringify(stays.map((stay, place) => ({ ...stay, place }))), projectId, userId, now],
  )
  await client.query(
    `insert into household_room (household_id, room_id, from_at, origin_role_id)
     select h.id, new."roomId", new."from", new."roleId"
     from jsonb_to_recordset($1::jsonb) as new ("roomId" uuid, "accountNumber" text, "from" timestamptz, "roleId" uuid)
       join household h on h.project_id = $2 and h.account_number = new."accountNumber"`,
    [JSON.stringify(stays), projectId],
  )
  return rows
}

/**
 * Tables that name a person or an account; what an import made stays while one of them does. A test compares this list
 * with the columns of the database.
 */
export const PARTY_TABLES = [
  ['party_role', 'party_id'],
  ['household_payer', 'party_id'],
  ['vehicle', 'owner_id'],
  ['key_holding', 'party_id'],
  ['handover', 'party_id'],
  ['owner_change', 'from_party_id'],
  ['owner_change', 'to_party_id'],
  ['fit_out_permit', 'applicant_id'],
  ['call_log', 'party_id'],
  ['message_delivery', 'party_id'],
] as const
export const HOUSEHOLD_TABLES = [
  ['household_room', 'household_id'],
  ['household_payer', 'household_id'],
  ['household_note', 'household_id'],
  ['charge_assignment', 'household_id'],
  ['bill', 'household_id'],
  ['held_account', 'household_id'],
  ['owner_change', 'from_household_id'],
  ['owner_change', 'to_household_id'],
  ['call_log', 'household_id'],
] as const

/**
 * Takes back what came with roles that are gone.
 * @returns how many people, accounts and stays were changed or used since; then the caller has to roll back
 */
export async function removeBrought(client: Client, roleIds: readonly string[]): Promise<number> {
  const mine = 'origin_role_id = any($1::uuid[])'
  await client.query(`delete from household_room where ${mine} and to_at is null`, [roleIds])
  const used = (alias: string, tables: readonly (readonly [string, string])[]) =>
    tables
      .map(([table, column]) => `exists (select from ${table} t where t.${column} = ${alias}.id)`)
      .join(' or ')
  const { rows } = await client.query<{ used: number }>(
    `select (select count(*) from household_room where ${mine})
       + (select count(*) from household h where ${mine} and (h.version > 1 or ${used('h', HOUSEHOLD_TABLES)}))
       + (select count(*) from party p where ${mine} and (p.version > 1 or ${used('p', PARTY_TABLES)})) as used`,
    [roleIds],
  )
  const count = Number(rows[0]!.used)
  if (count > 0) return count
  await client.query(`delete from household where ${mine}`, [roleIds])
  await client.query(`delete from party where ${mine}`, [roleIds])
  return 0
}
