import type pg from 'pg'
import type { PortalPlace } from '@courtyard/protocols/contract'
import { inOrder, PORTAL_ROLES, type Place, type Side } from './domain/place.ts'

type Client = Pick<pg.ClientBase, 'query'>

interface PlaceRow {
  id: string
  role: PortalPlace['role']
  invitedBy: string | null
  partyId: string
  partyName: string
  partyRoleId: string
  side: Side
  seesBills: boolean
  seesEnergy: boolean
  since: Date
  roomId: string
  roomCode: string
  roomKind: string
  areaM2: string | null
  buildingId: string
  buildingName: string
  projectId: string
  projectName: string
  timeZone: string
}

/** Whether a role goes on at `$2`. */
const isCurrent = 'pr.from_at <= $2 and (pr.to_at is null or pr.to_at > $2)'

const COLUMNS = `pr.party_id as "partyId", pr.id as "partyRoleId",
  case when pr.role = 'tenant' then 'tenant' else 'owner' end as side, pr.from_at as since, room.id as "roomId",
  room.code as "roomCode", room.kind as "roomKind", trim_scale(room.area_m2)::text as "areaM2",
  building.id as "buildingId", building.name as "buildingName", project.id as "projectId",
  project.name as "projectName", project.time_zone as "timeZone"`
const TABLES = `join room on room.id = pr.room_id join building on building.id = room.building_id
  join project on project.id = room.project_id`

/** Those of a role on file, and those that somebody with such a role opened to this phone. */
const PLACES = `
  select pr.id, pr.role, null as "invitedBy", party.name as "partyName", true as "seesBills", true as "seesEnergy",
    ${COLUMNS}
  from party join party_role pr on pr.party_id = party.id ${TABLES}
  where phone_digits(party.phone) = $1 and party.archived_at is null and room.archived_at is null
    and pr.role = any($3) and ${isCurrent}
  union all
  select family.id, 'invited', party.name, family.name, family.sees_bills, family.sees_energy, ${COLUMNS}
  from portal_family family join party_role pr on pr.id = family.party_role_id
    join party on party.id = pr.party_id ${TABLES}
  where family.phone = $1 and family.ended_at is null and party.archived_at is null and room.archived_at is null
    and ${isCurrent}`

/** Rooms that a phone (as `phoneDigits` gives it) opens at this instant. */
export async function placesOf(client: Client, phone: string, now: Date): Promise<Place[]> {
  // Without digits it would find everybody whose number holds none
  if (phone === '') return []
  const { rows } = await client.query<PlaceRow>(PLACES, [phone, now, [...PORTAL_ROLES]])
  return inOrder(rows.map(placeOf))
}

function placeOf(row: PlaceRow): Place {
  return {
    id: row.id,
    role: row.role,
    invitedBy: row.invitedBy,
    room: { id: row.roomId, code: row.roomCode, kind: row.roomKind, areaM2: row.areaM2 },
    building: { id: row.buildingId, name: row.buildingName },
    project: { id: row.projectId, name: row.projectName, timeZone: row.timeZone },
    since: row.since.toISOString(),
    sees: { bills: row.seesBills, energy: row.seesEnergy },
    invites: row.role === 'owner' || row.role === 'coOwner' || row.role === 'tenant',
    side: row.side,
    partyId: row.partyId,
    partyName: row.partyName,
    partyRoleId: row.partyRoleId,
  }
}

/** A number as numbers are compared; see sql/parties.sql. */
export async function phoneDigits(client: Client, phone: string): Promise<string> {
  const { rows } = await client.query<{ digits: string | null }>('select phone_digits($1) as digits', [phone])
  return rows[0]!.digits ?? ''
}
