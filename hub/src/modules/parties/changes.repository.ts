/** Writes who is what to a room, who lives there, who holds keys. Every function runs inside a transaction. */
import type pg from 'pg'
import type { HouseholdKind } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import type { Period, RolePeriod } from './domain/periods.ts'

type Client = Pick<pg.ClientBase, 'query'>

export async function rolePeriods(client: Client, roomId: string): Promise<(RolePeriod & { id: string })[]> {
  const { rows } = await client.query<{
    id: string
    partyId: string
    role: RolePeriod['role']
    from: Date
    to: Date | null
  }>(
    `select id, party_id as "partyId", role, from_at as "from", to_at as "to" from party_role where room_id = $1`,
    [roomId],
  )
  return rows.map(({ from, to, ...row }) => ({ ...row, fromMs: from.getTime(), toMs: to?.getTime() ?? null }))
}

export interface RoleRow {
  readonly projectId: string
  readonly buildingId: string
  readonly roomId: string
  readonly partyId: string
  readonly role: RolePeriod['role']
  readonly sharePercent: string | null
  readonly from: Date
  readonly userId: string
}

/** @returns its id */
export async function insertRole(client: Client, row: RoleRow): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into party_role (project_id, building_id, room_id, party_id, role, share_percent, from_at, created_by,
       updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $8) returning id`,
    [
      row.projectId,
      row.buildingId,
      row.roomId,
      row.partyId,
      row.role,
      row.sharePercent,
      row.from,
      row.userId,
    ],
  )
  return rows[0]!.id
}

export interface RolePlace extends Period {
  readonly projectId: string
  readonly buildingId: string
  readonly roomId: string
  readonly partyId: string
  readonly role: RolePeriod['role']
}

export async function rolePlace(client: Client, id: string, lock = false): Promise<RolePlace | null> {
  const { rows } = await client.query<Omit<RolePlace, 'fromMs' | 'toMs'> & { from: Date; to: Date | null }>(
    `select project_id as "projectId", building_id as "buildingId", room_id as "roomId", party_id as "partyId", role,
       from_at as "from", to_at as "to" from party_role where id = $1 ${lock ? 'for update' : ''}`,
    [id],
  )
  const row = rows[0]
  return row ? { ...row, fromMs: row.from.getTime(), toMs: row.to?.getTime() ?? null } : null
}

export async function endRole(client: Client, id: string, at: Date, userId: string): Promise<void> {
  await client.query(
    `update party_role set to_at = $2, ended_by = $3, version = version + 1, updated_at = now(), updated_by = $3
     where id = $1`,
    [id, at, userId],
  )
}

export interface Stay extends Period {
  readonly householdId: string
}

export async function staysOf(client: Client, roomId: string): Promise<Stay[]> {
  const { rows } = await client.query<{ householdId: string; from: Date; to: Date | null }>(
    `select household_id as "householdId", from_at as "from", to_at as "to" from household_room where room_id = $1`,
    [roomId],
  )
  return rows.map(({ householdId, from, to }) => ({
    householdId,
    fromMs: from.getTime(),
    toMs: to?.getTime() ?? null,
  }))
}

/** Ends the stay that there is and begins the next one, at the same instant. */
export async function moveHousehold(
  client: Client,
  roomId: string,
  householdId: string | null,
  at: Date,
): Promise<void> {
  await client.query('update household_room set to_at = $2 where room_id = $1 and to_at is null', [
    roomId,
    at,
  ])
  if (householdId === null) return
  await client.query('insert into household_room (room_id, household_id, from_at) values ($1, $2, $3)', [
    roomId,
    householdId,
    at,
  ])
}

export interface NewHousehold {
  readonly projectId: string
  readonly accountNumber: string
  readonly name: string
  readonly kind: z.infer<typeof HouseholdKind>
  readonly userId: string
  readonly now: Date
}

/** Null when the number is taken. */
export async function insertHousehold(client: Client, row: NewHousehold): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `insert into household (project_id, account_number, name, kind, created_by, updated_by, created_at, updated_at)
     values ($1, $2, $3, $4::"HouseholdKind", $5, $5, $6, $6)
     on conflict (project_id, account_number) do nothing returning id`,
    [row.projectId, row.accountNumber, row.name, row.kind, row.userId, row.now],
  )
  return rows[0]?.id ?? null
}

export async function householdProject(client: Client, id: string): Promise<string | null> {
  const { rows } = await client.query<{ projectId: string }>(
    'select project_id as "projectId" from household where id = $1',
    [id],
  )
  return rows[0]?.projectId ?? null
}

export interface HouseholdState {
  readonly version: number
  readonly name: string
  readonly kind: string
  readonly payerId: string | null
}

export async function lockHousehold(client: Client, id: string): Promise<HouseholdState> {
  const { rows } = await client.query<HouseholdState>(
    `select version, name, kind, (select party_id from household_payer hp where hp.household_id = h.id and hp.to_at is null)
       as "payerId" from household h where id = $1 for no key update`,
    [id],
  )
  return rows[0]!
}

export async function updateHousehold(
  client: Client,
  id: string,
  { name, kind }: Pick<HouseholdState, 'name' | 'kind'>,
  userId: string,
  now: Date,
): Promise<void> {
  await client.query(
    `update household set name = $2, kind = $3::"HouseholdKind", updated_by = $4, updated_at = $5, version = version + 1
     where id = $1`,
    [id, name, kind, userId, now],
  )
}

/** Ends the payer that there is; a period that would be empty is taken away. */
export async function setPayer(
  client: Client,
  householdId: string,
  partyId: string | null,
  at: Date,
  userId: string,
): Promise<void> {
  await client.query(
    'delete from household_payer where household_id = $1 and to_at is null and from_at >= $2',
    [householdId, at],
  )
  await client.query('update household_payer set to_at = $2 where household_id = $1 and to_at is null', [
    householdId,
    at,
  ])
  if (partyId === null) return
  await client.query(
    'insert into household_payer (household_id, party_id, from_at, created_by) values ($1, $2, $3, $4)',
    [householdId, partyId, at, userId],
  )
}

export interface NewKeys {
  readonly projectId: string
  readonly buildingId: string
  readonly roomId: string
  readonly kind: string
  readonly label: string
  readonly quantity: number
  readonly partyId: string | null
  readonly holder: string
  readonly from: Date
  readonly userId: string
}

export async function insertKeys(client: Client, row: NewKeys): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into key_holding (project_id, building_id, room_id, kind, label, quantity, party_id, holder, from_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id`,
    [
      row.projectId,
      row.buildingId,
      row.roomId,
      row.kind,
      row.label,
      row.quantity,
      row.partyId,
      row.holder,
      row.from,
      row.userId,
    ],
  )
  return rows[0]!.id
}

export interface KeysPlace {
  readonly projectId: string
  readonly buildingId: string
  readonly roomId: string
  readonly from: Date
  readonly to: Date | null
}

export async function keysPlace(client: Client, id: string, lock = false): Promise<KeysPlace | null> {
  const { rows } = await client.query<KeysPlace>(
    `select project_id as "projectId", building_id as "buildingId", room_id as "roomId", from_at as "from", to_at as "to"
     from key_holding where id = $1 ${lock ? 'for update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

export async function returnKeys(client: Client, id: string, at: Date, userId: string): Promise<void> {
  await client.query(
    `update key_holding set to_at = greatest($2::timestamptz, from_at + interval '1 millisecond'), ended_by = $3 where id = $1`,
    [id, at, userId],
  )
}
