import type pg from 'pg'
import type { BuildingRecord, Estate, HouseholdRecord, ImportPlan, RoomRecord } from './domain/room-import.ts'
import { plainDecimal } from './domain/room-import.ts'

/** Before anything that a household was known from. */
const ALWAYS = new Date(0)

/** Two imports of a project follow one another. */
export async function lockEstate(client: pg.ClientBase, projectId: string): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('estate/' || $1::text, 0))`, [projectId])
}

export async function loadEstate(client: pg.ClientBase, projectId: string): Promise<Estate> {
  const buildings = await client.query<BuildingRecord>(
    'SELECT id, code, name FROM building WHERE project_id = $1',
    [projectId],
  )
  const rooms = await client.query<RoomRecord>(
    `SELECT id, building_id AS "buildingId", code, kind, floor, area_m2 AS "areaM2" FROM room WHERE project_id = $1`,
    [projectId],
  )
  const households = await client.query<HouseholdRecord>(
    `SELECT id, account_number AS "accountNumber", name, kind FROM household WHERE project_id = $1`,
    [projectId],
  )
  const stays = await client.query<{ room: string; household: string; current: boolean }>(
    `SELECT stay.room_id AS room, stay.household_id AS household, stay.to_at IS NULL AS current
     FROM household_room stay JOIN room ON room.id = stay.room_id WHERE room.project_id = $1`,
    [projectId],
  )
  return {
    buildings: buildings.rows,
    rooms: rooms.rows.map((room) => ({
      ...room,
      areaM2: room.areaM2 === null ? null : plainDecimal(room.areaM2),
    })),
    households: households.rows,
    occupants: new Map(stays.rows.filter((stay) => stay.current).map((stay) => [stay.room, stay.household])),
    everOccupied: new Set(stays.rows.map((stay) => stay.room)),
  }
}

export async function applyImport(
  client: pg.ClientBase,
  projectId: string,
  plan: ImportPlan,
  now: Date,
): Promise<void> {
  await saveBuildings(client, projectId, [...plan.buildings.created, ...plan.buildings.changed])
  await saveRooms(client, projectId, [...plan.rooms.created, ...plan.rooms.changed])
  await saveHouseholds(client, projectId, [...plan.households.created, ...plan.households.changed])
  await client.query(
    `UPDATE household_room SET to_at = greatest($2::timestamptz, from_at + interval '1 millisecond')
     WHERE room_id = any($1::uuid[]) AND to_at IS NULL`,
    [plan.movedOut.map((move) => move.roomId), now],
  )
  await client.query(
    `INSERT INTO household_room (room_id, household_id, from_at)
     SELECT room, household, CASE WHEN always THEN $4::timestamptz ELSE greatest($5::timestamptz, (
       SELECT max(earlier.to_at) FROM household_room earlier WHERE earlier.room_id = room)) END
     FROM unnest($1::uuid[], $2::uuid[], $3::boolean[]) AS new (room, household, always)`,
    [
      plan.movedIn.map((move) => move.roomId),
      plan.movedIn.map((move) => move.householdId),
      plan.movedIn.map((move) => move.since === 'always'),
      ALWAYS,
      now,
    ],
  )
}

async function saveBuildings(
  client: pg.ClientBase,
  projectId: string,
  records: BuildingRecord[],
): Promise<void> {
  await client.query(
    `INSERT INTO building (id, project_id, code, name)
     SELECT id, $1, code, name FROM unnest($2::uuid[], $3::text[], $4::text[]) AS new (id, code, name)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = building.version + 1, updated_at = now()`,
    [projectId, ...columns(records, ['id', 'code', 'name'])],
  )
}

async function saveRooms(client: pg.ClientBase, projectId: string, records: RoomRecord[]): Promise<void> {
  await client.query(
    `INSERT INTO room (id, project_id, building_id, code, kind, floor, area_m2)
     SELECT id, $1, building, code, kind, floor, area
     FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::numeric[])
       AS new (id, building, code, kind, floor, area)
     ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, floor = excluded.floor, area_m2 = excluded.area_m2,
       version = room.version + 1, updated_at = now()`,
    [projectId, ...columns(records, ['id', 'buildingId', 'code', 'kind', 'floor', 'areaM2'])],
  )
}

async function saveHouseholds(
  client: pg.ClientBase,
  projectId: string,
  records: HouseholdRecord[],
): Promise<void> {
  await client.query(
    `INSERT INTO household (id, project_id, account_number, name, kind)
     SELECT id, $1, account, name, kind::"HouseholdKind"
     FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS new (id, account, name, kind)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, version = household.version + 1,
       updated_at = now()`,
    [projectId, ...columns(records, ['id', 'accountNumber', 'name', 'kind'])],
  )
}

/** Records turned into one array per column, as `unnest` takes them. */
function columns<T>(records: readonly T[], names: readonly (keyof T)[]): T[keyof T][][] {
  return names.map((name) => records.map((record) => record[name]))
}
