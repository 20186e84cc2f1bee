/** Reads how a project is built. */
import type pg from 'pg'
import type { Building, ProjectStructure, RoomHit } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import { roomScope } from './scope.ts'

type Client = Pick<pg.ClientBase, 'query'>

type BuildingRow = ProjectStructure['buildings'][number]

export async function structureOf(
  client: Client,
  user: Viewer,
  projectId: string,
): Promise<ProjectStructure> {
  const params: unknown[] = [projectId]
  const seen = scopeSql(user, 'estate.read', { project: 'b.project_id', building: 'b.id' }, params)
  const buildings = await client.query<BuildingRow>(
    `select b.id, b.zone_id as "zoneId", b.code, b.name, b.kind, coalesce(r.rooms, 0)::int as rooms,
       coalesce(r.occupied, 0)::int as occupied
     from building b left join lateral (
       select count(*) as rooms, count(hr.room_id) as occupied
       from room r left join household_room hr on hr.room_id = r.id and hr.to_at is null
       where r.building_id = b.id and r.archived_at is null) r on true
     where b.project_id = $1 and b.archived_at is null and ${seen}
     order by b.position, length(b.code), b.code`,
    params,
  )
  const zones = await client.query<ProjectStructure['zones'][number]>(
    `select id, code, name from zone where project_id = $1 and archived_at is null
       and (not $2 or id = any($3::uuid[])) order by position, length(code), code`,
    [projectId, seen !== 'true', buildings.rows.map(({ zoneId }) => zoneId).filter((id) => id !== null)],
  )
  return { zones: zones.rows, buildings: buildings.rows }
}

interface HitRow {
  id: string
  code: string
  kind: Building['rooms'][number]['kind']
  buildingId: string
  building: string
  unit: string | null
  floor: number | null
  householdId: string | null
  accountNumber: string | null
  household: string | null
}

/** Each word has to occur in the number, the building, the account number or the name of who lives there. */
export async function searchRooms(
  client: Client,
  user: Viewer,
  projectId: string,
  words: readonly string[],
  most: number,
): Promise<RoomHit[]> {
  const params: unknown[] = [projectId, words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`)]
  const { rows } = await client.query<HitRow>(
    `select r.id, r.code, r.kind, b.id as "buildingId", b.name as building, u.name as unit, r.floor,
       h.id as "householdId", h.account_number as "accountNumber", h.name as household
     from room r join building b on b.id = r.building_id left join unit u on u.id = r.unit_id
       left join household_room hr on hr.room_id = r.id and hr.to_at is null left join household h on h.id = hr.household_id
     where r.project_id = $1 and r.archived_at is null and ${scopeSql(user, 'estate.read', roomScope('r'), params)}
       and concat_ws(' ', b.name, u.name, r.code, h.account_number, h.name) ilike all ($2::text[])
     order by length(r.code), r.code, b.code limit ${most}`,
    params,
  )
  return rows.map((row) => ({
    id: row.id,
    code: row.code,
    kind: row.kind,
    building: { id: row.buildingId, name: row.building },
    unit: row.unit,
    floor: row.floor,
    household: row.householdId
      ? { id: row.householdId, accountNumber: row.accountNumber!, name: row.household! }
      : null,
  }))
}

export interface BuildingPlace {
  readonly id: string
  readonly projectId: string
  readonly code: string
  readonly name: string
}

/** Whatever its project: who asks has to be checked. */
export async function buildingById(client: Client, id: string): Promise<BuildingPlace | null> {
  const { rows } = await client.query<BuildingPlace>(
    'select id, project_id as "projectId", code, name from building where id = $1',
    [id],
  )
  return rows[0] ?? null
}
