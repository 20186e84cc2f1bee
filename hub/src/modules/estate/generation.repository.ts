/** Writes and takes back what the wizard makes; set-based, for twenty thousand rooms at once. */
import type pg from 'pg'
import type { Generation, GenerationPlan } from '@courtyard/protocols/contract'
import type { PlannedBuilding } from './domain/generation.ts'

type Client = Pick<pg.ClientBase, 'query'>

/** What stands already, by code. */
export interface Standing {
  readonly zoneId: string | null
  readonly buildings: ReadonlyMap<string, string>
  /** By building code, then by unit code. */
  readonly units: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly rooms: ReadonlyMap<string, ReadonlySet<string>>
}

export async function standing(
  client: Client,
  projectId: string,
  zoneCode: string | null,
  codes: readonly string[],
): Promise<Standing> {
  const zone = await client.query<{ id: string }>('select id from zone where project_id = $1 and code = $2', [
    projectId,
    zoneCode,
  ])
  const buildings = await client.query<{ id: string; code: string }>(
    'select id, code from building where project_id = $1 and code = any($2::text[])',
    [projectId, codes],
  )
  const ids = buildings.rows.map(({ id }) => id)
  const codeOf = new Map(buildings.rows.map(({ id, code }) => [id, code]))
  const units = await client.query<{ id: string; code: string; building: string }>(
    'select id, code, building_id as building from unit where building_id = any($1::uuid[])',
    [ids],
  )
  const rooms = await client.query<{ code: string; building: string }>(
    'select code, building_id as building from room where building_id = any($1::uuid[])',
    [ids],
  )
  const byBuilding = Map.groupBy(units.rows, (row) => codeOf.get(row.building)!)
  const roomsBy = Map.groupBy(rooms.rows, (row) => codeOf.get(row.building)!)
  return {
    zoneId: zone.rows[0]?.id ?? null,
    buildings: new Map(buildings.rows.map(({ id, code }) => [code, id])),
    units: new Map(
      [...byBuilding].map(([code, list]) => [code, new Map(list.map((one) => [one.code, one.id]))]),
    ),
    rooms: new Map([...roomsBy].map(([code, list]) => [code, new Set(list.map((one) => one.code))])),
  }
}

export interface NewGeneration {
  readonly id: string
  readonly projectId: string
  readonly plan: GenerationPlan
  readonly buildings: readonly PlannedBuilding[]
  readonly userId: string
  readonly now: Date
}

type Made = Pick<Generation, 'zones' | 'buildings' | 'units' | 'rooms'>

/** What exists stays as it is: found by its code, it is passed over. */
export async function insertGeneration(client: pg.PoolClient, input: NewGeneration): Promise<Made> {
  const zone = await insertZone(client, input)
  const buildings = await insertBuildings(client, input, zone.id)
  const units = await insertUnits(client, input)
  const rooms = await insertRooms(client, input)
  const made = { zones: zone.made, buildings, units, rooms }
  await client.query(
    `insert into room_generation (id, project_id, plan, zones, buildings, units, rooms, created_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      input.id,
      input.projectId,
      JSON.stringify(input.plan),
      made.zones,
      made.buildings,
      made.units,
      made.rooms,
      input.now,
      input.userId,
    ],
  )
  return made
}

async function insertZone(
  client: Client,
  input: NewGeneration,
): Promise<{ id: string | null; made: number }> {
  const { zone } = input.plan
  if (!zone) return { id: null, made: 0 }
  const made = await client.query(
    `insert into zone (project_id, code, name, generation_id, created_by, updated_by, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $5, $6, $6) on conflict (project_id, code) do nothing`,
    [input.projectId, zone.code, zone.name, input.id, input.userId, input.now],
  )
  const { rows } = await client.query<{ id: string }>(
    'select id from zone where project_id = $1 and code = $2',
    [input.projectId, zone.code],
  )
  return { id: rows[0]!.id, made: made.rowCount ?? 0 }
}

async function insertBuildings(client: Client, input: NewGeneration, zoneId: string | null): Promise<number> {
  const { rowCount } = await client.query(
    `insert into building (project_id, zone_id, code, name, kind, position, generation_id, created_by, updated_by,
       created_at, updated_at)
     select $1, $2, code, name, $3, position, $4, $5, $5, $6, $6
     from unnest($7::text[], $8::text[], $9::int[]) as new (code, name, position)
     on conflict (project_id, code) do nothing`,
    [
      input.projectId,
      zoneId,
      input.plan.buildings.kind,
      input.id,
      input.userId,
      input.now,
      input.buildings.map(({ code }) => code),
      input.buildings.map(({ name }) => name),
      input.buildings.map(({ position }) => position),
    ],
  )
  return rowCount ?? 0
}

async function insertUnits(client: Client, input: NewGeneration): Promise<number> {
  const units = input.buildings.flatMap(({ code: building, units }) =>
    units.map((unit, position) => ({ building, position, ...unit })),
  )
  const { rowCount } = await client.query(
    `insert into unit (project_id, building_id, code, name, position, generation_id, created_by, updated_by, created_at,
       updated_at)
     select $1, b.id, new.code, new.name, new.position, $2, $3, $3, $4, $4
     from unnest($5::text[], $6::text[], $7::text[], $8::int[]) as new (building, code, name, position)
       join building b on b.project_id = $1 and b.code = new.building
     on conflict (building_id, code) do nothing`,
    [
      input.projectId,
      input.id,
      input.userId,
      input.now,
      units.map(({ building }) => building),
      units.map(({ code }) => code),
      units.map(({ name }) => name),
      units.map(({ position }) => position),
    ],
  )
  return rowCount ?? 0
}

async function insertRooms(client: Client, input: NewGeneration): Promise<number> {
  const rooms = input.buildings.flatMap(({ code: building, units, rooms }) =>
    rooms.map((room) => ({
      ...room,
      building,
      unitCode: room.unit === null ? null : units[room.unit]!.code,
    })),
  )
  const { rowCount } = await client.query(
    `insert into room (project_id, building_id, unit_id, code, kind, floor, area_m2, usable_area_m2, delivery_state,
       decoration_state, generation_id, created_by, updated_by, created_at, updated_at)
     select $1, b.id, u.id, new.code, new.kind, new.floor, new.area, new.usable, $2,
       case $2 when 'handedOver' then 'decorated' else 'bare' end, $3, $4, $4, $5, $5
     from unnest($6::text[], $7::text[], $8::text[], $9::text[], $10::int[], $11::numeric[], $12::numeric[])
         as new (building, unit, code, kind, floor, area, usable)
       join building b on b.project_id = $1 and b.code = new.building
       left join unit u on u.building_id = b.id and u.code = new.unit
     on conflict (building_id, code) do nothing`,
    [
      input.projectId,
      input.plan.deliveryState,
      input.id,
      input.userId,
      input.now,
      rooms.map(({ building }) => building),
      rooms.map(({ unitCode }) => unitCode),
      rooms.map(({ code }) => code),
      rooms.map(({ kind }) => kind),
      rooms.map(({ floor }) => floor),
      rooms.map(({ areaM2 }) => areaM2),
      rooms.map(({ usableAreaM2 }) => usableAreaM2),
    ],
  )
  return rowCount ?? 0
}

/** Ids of what a run made, by table. */
export async function generatedIds(
  client: Client,
  generationId: string,
): Promise<Record<'zone' | 'building' | 'unit' | 'room', string[]>> {
  const idsOf = async (table: string) => {
    const { rows } = await client.query<{ id: string }>(
      `select id from ${table} where generation_id = $1 order by id`,
      [generationId],
    )
    return rows.map(({ id }) => id)
  }
  return {
    zone: await idsOf('zone'),
    building: await idsOf('building'),
    unit: await idsOf('unit'),
    room: await idsOf('room'),
  }
}

interface GenerationRow extends Made {
  readonly id: string
  readonly projectId: string
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly undoneAt: Date | null
}

const GENERATION = `g.id, g.project_id as "projectId", g.zones, g.buildings, g.units, g.rooms,
  g.created_at as "createdAt", u.display_name as "createdBy", g.undone_at as "undoneAt"`
const FROM = 'from room_generation g left join app_user u on u.id = g.created_by'

export async function generationsOf(client: Client, projectId: string): Promise<GenerationRow[]> {
  const { rows } = await client.query<GenerationRow>(
    `select ${GENERATION} ${FROM} where g.project_id = $1 order by g.created_at desc, g.id limit 50`,
    [projectId],
  )
  return rows
}

/** Locked until the transaction ends when it is asked for inside one. */
export async function generationById(
  client: Client,
  id: string,
  lock = false,
): Promise<GenerationRow | null> {
  const { rows } = await client.query<GenerationRow>(
    `select ${GENERATION} ${FROM} where g.id = $1 ${lock ? 'for update of g' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

/**
 * Tables that name a room or a building; a run with rows in one of them stays. Reading across modules is ADR 0009; a
 * test compares this list with the columns of the database.
 */
export const ROOM_TABLES = [
  ['household_room', 'room_id'],
  ['party_role', 'room_id'],
  ['metering_point', 'room_id'],
  ['key_holding', 'room_id'],
  ['vehicle', 'parking_room_id'],
  ['handover', 'room_id'],
  ['defect', 'room_id'],
  ['owner_change', 'room_id'],
  ['fit_out_permit', 'room_id'],
  ['call_log', 'room_id'],
  ['lost_item', 'place_id'],
] as const
export const BUILDING_TABLES = [
  ['metering_point', 'building_id'],
  ['floor_plan', 'building_id'],
  ['handover_batch', 'building_id'],
  ['announcement', 'building_id'],
] as const

/** Name of a table → rows that hang on what the run made; empty when it can be taken back. */
export async function hangingOn(client: Client, generationId: string): Promise<Record<string, number>> {
  const rooms = ROOM_TABLES.map(
    ([table, column]) =>
      `select '${table}' as what, count(*) as n from ${table} t join room r on r.id = t.${column} where r.generation_id = $1`,
  )
  const buildings = BUILDING_TABLES.map(
    ([table, column]) =>
      `select '${table}', count(*) from ${table} t join building b on b.id = t.${column} where b.generation_id = $1`,
  )
  const others = [
    `select 'changedRooms', count(*) from room where generation_id = $1 and version > 1`,
    `select 'otherRooms', count(*) from room r left join building b on b.id = r.building_id
       left join unit u on u.id = r.unit_id
     where r.generation_id is distinct from $1 and (b.generation_id = $1 or u.generation_id = $1)`,
    `select 'otherBuildings', count(*) from building b join zone z on z.id = b.zone_id
     where z.generation_id = $1 and b.generation_id is distinct from $1`,
    `select 'otherUnits', count(*) from unit u join building b on b.id = u.building_id
     where b.generation_id = $1 and u.generation_id is distinct from $1`,
    `select 'roleAssignments', count(*) from role_assignment ra
     where exists (select from building b where b.generation_id = $1 and b.id = any(ra.building_ids))`,
  ]
  const { rows } = await client.query<{ what: string; n: number }>(
    `select what, sum(n)::int as n from (${[...rooms, ...buildings, ...others].join('\nunion all\n')}) as t
     where n > 0 group by what`,
    [generationId],
  )
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]))
}

export async function removeGenerated(
  client: Client,
  generationId: string,
  userId: string,
  now: Date,
): Promise<void> {
  for (const table of ['room', 'unit', 'building', 'zone']) {
    await client.query(`delete from ${table} where generation_id = $1`, [generationId])
  }
  await client.query('update room_generation set undone_at = $2, undone_by = $3 where id = $1', [
    generationId,
    now,
    userId,
  ])
}
