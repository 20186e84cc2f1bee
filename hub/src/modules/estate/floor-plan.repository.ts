import type pg from 'pg'
import type { PlanShape } from '@courtyard/protocols/contract'
import type { KeptPicture } from '../../platform/files/files.ts'

type Client = Pick<pg.ClientBase, 'query'>

export interface PlanRow {
  readonly id: string
  readonly floor: number
  readonly fileHash: string
  readonly mediaType: string
  readonly widthPx: number
  readonly heightPx: number
  readonly shapes: PlanShape[]
  readonly version: number
}

const PLAN = `id, floor, file_hash as "fileHash", media_type as "mediaType", width_px as "widthPx",
  height_px as "heightPx", shapes, version`

export async function planOf(
  client: Client,
  buildingId: string,
  floor: number,
  lock = false,
): Promise<PlanRow | null> {
  const { rows } = await client.query<PlanRow>(
    `select ${PLAN} from floor_plan where building_id = $1 and floor = $2 ${lock ? 'for update' : ''}`,
    [buildingId, floor],
  )
  return rows[0] ?? null
}

export interface PlanChange {
  readonly projectId: string
  readonly buildingId: string
  readonly floor: number
  readonly userId: string
  readonly now: Date
}

export async function savePicture(
  client: Client,
  change: PlanChange,
  picture: KeptPicture,
): Promise<PlanRow> {
  const { rows } = await client.query<PlanRow>(
    `insert into floor_plan as p (project_id, building_id, floor, file_hash, media_type, size_bytes, width_px, height_px,
       created_at, created_by, updated_at, updated_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10)
     on conflict (building_id, floor) do update set file_hash = excluded.file_hash, media_type = excluded.media_type,
       size_bytes = excluded.size_bytes, width_px = excluded.width_px, height_px = excluded.height_px,
       updated_at = excluded.updated_at, updated_by = excluded.updated_by, version = p.version + 1
     returning ${PLAN}`,
    [
      change.projectId,
      change.buildingId,
      change.floor,
      picture.hash,
      picture.mediaType,
      picture.sizeBytes,
      picture.widthPx,
      picture.heightPx,
      change.now,
      change.userId,
    ],
  )
  return rows[0]!
}

export async function saveShapes(
  client: Client,
  change: PlanChange,
  shapes: readonly PlanShape[],
): Promise<PlanRow> {
  const { rows } = await client.query<PlanRow>(
    `update floor_plan set shapes = $3, updated_at = $4, updated_by = $5, version = version + 1
     where building_id = $1 and floor = $2 returning ${PLAN}`,
    [change.buildingId, change.floor, JSON.stringify(shapes), change.now, change.userId],
  )
  return rows[0]!
}

export async function deletePlan(client: Client, id: string): Promise<void> {
  await client.query('delete from floor_plan where id = $1', [id])
}

/** Ids of the floor's rooms. */
export async function roomsOfFloor(client: Client, buildingId: string, floor: number): Promise<Set<string>> {
  const { rows } = await client.query<{ id: string }>(
    'select id from room where building_id = $1 and floor = $2',
    [buildingId, floor],
  )
  return new Set(rows.map(({ id }) => id))
}
