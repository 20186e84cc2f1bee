/** Reads what belongs to a room, a person or an account: one or two statements each. */
import type pg from 'pg'
import type {
  HouseholdFile,
  KeyHolding,
  PartyFile,
  PersonInRoom,
  RoomFile,
} from '@courtyard/protocols/contract'

type Client = Pick<pg.ClientBase, 'query'>
/** Rows as JSON builds them: dates are texts of PostgreSQL. */
export const iso = (text: string): string => new Date(text).toISOString()

export interface Located {
  readonly id: string
  readonly projectId: string
}
export interface LocatedRoom extends Located {
  readonly buildingId: string
}

export async function roomPlace(client: Client, id: string, lock = false): Promise<LocatedRoom | null> {
  const { rows } = await client.query<LocatedRoom>(
    `select id, project_id as "projectId", building_id as "buildingId" from room where id = $1
     ${lock ? 'for no key update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

export interface LocatedHousehold extends Located {
  /** Of the rooms that it has now; those it had when it has none. */
  readonly buildingIds: string[]
}

export async function householdPlace(client: Client, id: string): Promise<LocatedHousehold | null> {
  const { rows } = await client.query<LocatedHousehold>(
    `select h.id, h.project_id as "projectId", coalesce((
       select array_agg(distinct r.building_id) from household_room hr join room r on r.id = hr.room_id
       where hr.household_id = h.id and (hr.to_at is null or not exists (
         select from household_room now where now.household_id = h.id and now.to_at is null))), '{}') as "buildingIds"
     from household h where h.id = $1`,
    [id],
  )
  return rows[0] ?? null
}

export interface LocatedParty extends Located {
  readonly buildingIds: string[]
  readonly archived: boolean
  readonly name: string
}

export async function partyPlace(client: Client, id: string): Promise<LocatedParty | null> {
  const { rows } = await client.query<LocatedParty>(
    `select p.id, p.project_id as "projectId", p.name, p.archived_at is not null as archived,
       coalesce((select array_agg(distinct building_id) from party_role where party_id = p.id), '{}') as "buildingIds"
     from party p where p.id = $1`,
    [id],
  )
  return rows[0] ?? null
}

interface PersonRow {
  roleId: string
  partyId: string
  kind: PersonInRoom['party']['kind']
  name: string
  phone: string | null
  secondPhone: string | null
  specialCare: string | null
  preferences: string | null
  birthday: string | null
  roomId: string
  roomCode: string
  buildingId: string
  role: PersonInRoom['role']
  sharePercent: string | null
  from: Date
  to: Date | null
}

/** Whoever is or was something to these rooms; those of now first. `buildingId` says who may see phones. */
export async function peopleOfRooms(
  client: Client,
  roomIds: readonly string[],
): Promise<{ person: PersonInRoom; buildingId: string }[]> {
  const { rows } = await client.query<PersonRow>(
    `select pr.id as "roleId", p.id as "partyId", p.kind, p.name, p.phone, p.second_phone as "secondPhone",
       p.special_care as "specialCare", p.preferences, p.birthday::text, r.id as "roomId", r.code as "roomCode",
       r.building_id as "buildingId", pr.role, trim_scale(pr.share_percent)::text as "sharePercent",
       pr.from_at as "from", pr.to_at as "to"
     from party_role pr join party p on p.id = pr.party_id join room r on r.id = pr.room_id
     where pr.room_id = any($1::uuid[])
     order by pr.to_at desc nulls first,
       array_position(array['owner', 'coOwner', 'tenant', 'family', 'resident', 'contact'], pr.role), pr.from_at, p.name
     limit 300`,
    [roomIds],
  )
  return rows.map((row) => ({ person: personOf(row), buildingId: row.buildingId }))
}

function personOf(row: PersonRow): PersonInRoom {
  const { partyId: id, kind, name, phone, secondPhone, specialCare, preferences, birthday } = row
  return {
    roleId: row.roleId,
    party: { id, kind, name, phone, secondPhone, specialCare, preferences, birthday, masked: false },
    room: { id: row.roomId, code: row.roomCode },
    role: row.role,
    sharePercent: row.sharePercent,
    from: row.from.toISOString(),
    to: row.to?.toISOString() ?? null,
  }
}

type HouseholdRow = Omit<HouseholdFile, 'rooms'> & {
  rooms:
    | (Omit<HouseholdFile['rooms'][number], 'building'> & { buildingId: string; building: string })[]
    | null
}

export async function householdFile(client: Client, id: string): Promise<HouseholdFile | null> {
  const { rows } = await client.query<HouseholdRow>(
    `select h.id, h.project_id as "projectId", h.account_number as "accountNumber", h.name, h.kind, h.version,
       (select json_build_object('id', p.id, 'name', p.name) from household_payer hp join party p on p.id = hp.party_id
         where hp.household_id = h.id and hp.to_at is null) as payer,
       (select json_agg(json_build_object('id', r.id, 'code', r.code, 'buildingId', b.id, 'building', b.name,
           'unit', u.name, 'kind', r.kind, 'floor', r.floor, 'areaM2', trim_scale(r.area_m2)::text,
           'deliveryState', r.delivery_state, 'from', hr.from_at, 'to', hr.to_at)
           order by hr.to_at desc nulls first, hr.from_at desc, r.code)
         from household_room hr join room r on r.id = hr.room_id join building b on b.id = r.building_id
           left join unit u on u.id = r.unit_id where hr.household_id = h.id) as rooms
     from household h where h.id = $1`,
    [id],
  )
  const row = rows[0]
  if (!row) return null
  const rooms = (row.rooms ?? []).map(({ buildingId, building, ...room }) => ({
    ...room,
    building: { id: buildingId, name: building },
    from: iso(room.from),
    to: room.to && iso(room.to),
  }))
  return { ...row, rooms }
}

/** Rooms that the account has now, or had last when it has none. */
export async function roomsOfHousehold(client: Client, id: string): Promise<string[]> {
  const { rows } = await client.query<{ roomId: string; current: boolean }>(
    `select room_id as "roomId", to_at is null as current from household_room where household_id = $1
     order by from_at desc limit 500`,
    [id],
  )
  const now = rows.filter(({ current }) => current)
  return (now.length > 0 ? now : rows).map(({ roomId }) => roomId)
}

export async function keysOfRooms(client: Client, roomIds: readonly string[]): Promise<KeyHolding[]> {
  const { rows } = await client.query<
    Omit<KeyHolding, 'from' | 'to' | 'room'> & {
      from: Date
      to: Date | null
      roomId: string
      roomCode: string
    }
  >(
    `select k.id, r.id as "roomId", r.code as "roomCode", k.kind, k.label, k.quantity, k.holder, k.from_at as "from",
       k.to_at as "to"
     from key_holding k join room r on r.id = k.room_id where k.room_id = any($1::uuid[])
     order by k.to_at desc nulls first, k.from_at desc limit 200`,
    [roomIds],
  )
  return rows.map(({ roomId, roomCode, ...row }) => ({
    ...row,
    room: { id: roomId, code: roomCode },
    from: row.from.toISOString(),
    to: row.to?.toISOString() ?? null,
  }))
}

type RoomRow = Omit<RoomFile, 'people' | 'keys'> & { projectId: string }

export async function roomFile(client: Client, id: string): Promise<RoomRow | null> {
  const { rows } = await client.query<RoomRow>(
    `select r.id, r.project_id as "projectId", r.version, r.code, r.kind, r.floor, trim_scale(r.area_m2)::text as "areaM2",
       trim_scale(r.usable_area_m2)::text as "usableAreaM2", r.delivery_state as "deliveryState",
       r.decoration_state as "decorationState", r.rent_state as "rentState",
       json_build_object('id', b.id, 'name', b.name) as building, u.name as unit,
       coalesce((select json_agg(json_build_object('id', h.id, 'accountNumber', h.account_number, 'name', h.name,
           'from', hr.from_at, 'to', hr.to_at) order by hr.from_at desc)
         from household_room hr join household h on h.id = hr.household_id where hr.room_id = r.id), '[]') as households,
       coalesce((select json_agg(json_build_object('id', c.id, 'at', c.at, 'from', old.name, 'to', new.name,
           'settlement', c.settlement, 'unpaidAmount', c.unpaid_amount::text) order by c.at desc)
         from owner_change c join party new on new.id = c.to_party_id left join party old on old.id = c.from_party_id
         where c.room_id = r.id), '[]') as "ownerChanges"
     from room r join building b on b.id = r.building_id left join unit u on u.id = r.unit_id where r.id = $1`,
    [id],
  )
  const row = rows[0]
  if (!row) return null
  return {
    ...row,
    households: row.households.map((one) => ({ ...one, from: iso(one.from), to: one.to && iso(one.to) })),
    ownerChanges: row.ownerChanges.map((one) => ({ ...one, at: iso(one.at) })),
  }
}

type PartyRoleRow = Omit<PartyFile['roles'][number], 'from' | 'to' | 'room' | 'household'> & {
  from: Date
  to: Date | null
  roomId: string
  roomCode: string
  buildingId: string
  building: string
  unit: string | null
  household: { id: string; accountNumber: string } | null
}

export async function rolesOfParty(client: Client, id: string): Promise<PartyFile['roles']> {
  const { rows } = await client.query<PartyRoleRow>(
    `select pr.id as "roleId", pr.role, trim_scale(pr.share_percent)::text as "sharePercent", pr.from_at as "from",
       pr.to_at as "to", r.id as "roomId", r.code as "roomCode", b.id as "buildingId", b.name as building, u.name as unit,
       case when h.id is null then null
         else json_build_object('id', h.id, 'accountNumber', h.account_number) end as household
     from party_role pr join room r on r.id = pr.room_id join building b on b.id = r.building_id
       left join unit u on u.id = r.unit_id
       left join household_room hr on hr.room_id = r.id and hr.to_at is null left join household h on h.id = hr.household_id
     where pr.party_id = $1 order by pr.to_at desc nulls first, pr.from_at desc limit 200`,
    [id],
  )
  return rows.map(({ roomId, roomCode, buildingId, building, unit, ...row }) => ({
    ...row,
    room: { id: roomId, code: roomCode, building: { id: buildingId, name: building }, unit },
    from: row.from.toISOString(),
    to: row.to?.toISOString() ?? null,
  }))
}
