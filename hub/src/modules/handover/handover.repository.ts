/** Reads and writes handovers. */
import type pg from 'pg'
import type {
  HandoverBatch,
  HandoverBatchDetail,
  HandoverDetail,
  HandoverState,
  InspectionItem,
} from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'

type Client = Pick<pg.ClientBase, 'query'>

const scope = (alias: string) => ({ project: `${alias}.project_id`, building: `${alias}.building_id` })

export interface Place {
  readonly id: string
  readonly projectId: string
  readonly buildingId: string
}

const BATCH = `hb.id, json_build_object('id', b.id, 'name', b.name) as building, hb.name, hb.notice,
  hb.starts_on::text as "startsOn", hb.ends_on::text as "endsOn",
  (select count(*)::int from handover h where h.batch_id = hb.id and h.state <> 'cancelled') as total,
  (select count(*)::int from handover h where h.batch_id = hb.id and h.state = 'completed') as completed,
  (select count(*)::int from handover h where h.batch_id = hb.id and h.state = 'appointed') as appointed,
  (select count(*)::int from defect d join handover h on h.id = d.handover_id
    where h.batch_id = hb.id and d.state in ('open', 'fixing', 'fixed')) as "openDefects"`
const FROM_BATCH = 'from handover_batch hb join building b on b.id = hb.building_id'

export async function batchesOf(client: Client, user: Viewer, projectId: string): Promise<HandoverBatch[]> {
  const params: unknown[] = [projectId]
  const { rows } = await client.query<HandoverBatch>(
    `select ${BATCH} ${FROM_BATCH} where hb.project_id = $1 and ${scopeSql(user, 'handover.read', scope('hb'), params)}
     order by hb.created_at desc limit 200`,
    params,
  )
  return rows
}

export async function batchPlace(client: Client, id: string): Promise<Place | null> {
  const { rows } = await client.query<Place>(
    `select id, project_id as "projectId", building_id as "buildingId" from handover_batch where id = $1`,
    [id],
  )
  return rows[0] ?? null
}

type LineRow = Omit<HandoverBatchDetail['handovers'][number], 'appointedFor' | 'completedAt'> & {
  appointedFor: Date | null
  completedAt: Date | null
}

export async function batchDetail(client: Client, id: string): Promise<HandoverBatchDetail | null> {
  const batch = await client.query<HandoverBatch & { items: InspectionItem[] }>(
    `select ${BATCH}, hb.items ${FROM_BATCH} where hb.id = $1`,
    [id],
  )
  const lines = await client.query<LineRow>(
    `select h.id, json_build_object('id', r.id, 'code', r.code) as room, h.state,
       case when p.id is null then null else json_build_object('id', p.id, 'name', p.name) end as party,
       h.appointed_for as "appointedFor", h.completed_at as "completedAt", i.looked, i.items, i.defects
     from handover h join room r on r.id = h.room_id left join party p on p.id = h.party_id
       left join lateral (select count(*)::int as items, count(result)::int as looked,
         count(*) filter (where result = 'defect')::int as defects from handover_item where handover_id = h.id) i on true
     where h.batch_id = $1 order by r.floor nulls last, length(r.code), r.code`,
    [id],
  )
  const row = batch.rows[0]
  if (!row) return null
  const handovers = lines.rows.map((line) => ({
    ...line,
    appointedFor: line.appointedFor?.toISOString() ?? null,
    completedAt: line.completedAt?.toISOString() ?? null,
  }))
  return { ...row, handovers }
}

export interface NewBatch extends Place {
  readonly name: string
  readonly notice: string
  readonly startsOn: string
  readonly endsOn: string
  readonly items: readonly InspectionItem[]
  readonly roomIds: readonly string[] | null
  readonly userId: string
  readonly now: Date
}

/**
 * @returns how many rooms wait to be handed over in it, those that are in another open handover are passed over; and
 * which of them are said to wait now
 */
export async function insertBatch(
  client: Client,
  batch: NewBatch,
): Promise<{ rooms: number; marked: string[] }> {
  const { id, projectId, buildingId, userId, now } = batch
  await client.query(
    `insert into handover_batch (id, project_id, building_id, name, notice, starts_on, ends_on, items, created_at,
       created_by, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10)`,
    [
      id,
      projectId,
      buildingId,
      batch.name,
      batch.notice,
      batch.startsOn,
      batch.endsOn,
      JSON.stringify(batch.items),
      now,
      userId,
    ],
  )
  const made = await client.query<{ id: string }>(
    `insert into handover (project_id, building_id, batch_id, room_id, party_id, created_at, created_by, updated_at,
       updated_by)
     select $1, $2, $3, r.id, (select party_id from party_role pr where pr.room_id = r.id and pr.role = 'owner'
         and pr.to_at is null), $4, $5, $4, $5
     from room r where r.building_id = $2 and r.archived_at is null and r.delivery_state <> 'handedOver'
       and r.kind in ('flat', 'shop', 'office') and ($6::uuid[] is null or r.id = any($6::uuid[]))
     on conflict (room_id) where state not in ('completed', 'cancelled') do nothing returning id`,
    [projectId, buildingId, id, now, userId, batch.roomIds],
  )
  await client.query(
    `insert into handover_item (handover_id, position, area, text)
     select h.id, i.position, i.area, i.text from unnest($1::uuid[]) as h (id),
       unnest($2::text[], $3::text[]) with ordinality as i (area, text, position)`,
    [
      made.rows.map((row) => row.id),
      batch.items.map(({ area }) => area),
      batch.items.map(({ text }) => text),
    ],
  )
  const marked = await client.query<{ id: string }>(
    `update room set delivery_state = 'toHandOver', version = version + 1, updated_at = $2, updated_by = $3
     where delivery_state = 'unsold' and id in (select room_id from handover where id = any($1::uuid[]))
     returning id`,
    [made.rows.map((row) => row.id), now, userId],
  )
  return { rooms: made.rows.length, marked: marked.rows.map(({ id }) => id) }
}

export interface NotifiedRoom {
  readonly id: string
  /** Building and number. */
  readonly room: string
  readonly partyId: string | null
  readonly startsOn: string
  readonly endsOn: string
  readonly notice: string
}

/** @returns those that had no notice yet */
export async function markNotified(
  client: Client,
  batchId: string,
  userId: string,
  now: Date,
): Promise<NotifiedRoom[]> {
  const { rows } = await client.query<NotifiedRoom>(
    `update handover h set state = 'notified', notified_at = $2, updated_at = $2, updated_by = $3, version = h.version + 1
     from handover_batch hb, room r, building b
     where h.batch_id = $1 and h.state = 'planned' and hb.id = h.batch_id and r.id = h.room_id and b.id = r.building_id
     returning h.id, b.name || ' ' || r.code as room, h.party_id as "partyId", hb.starts_on::text as "startsOn",
       hb.ends_on::text as "endsOn", hb.notice`,
    [batchId, now, userId],
  )
  return rows
}

export interface HandoverHead extends Place {
  readonly roomId: string
  readonly version: number
  readonly state: HandoverState
  readonly partyId: string | null
  readonly keys: HandoverDetail['keys']
  readonly reads: HandoverDetail['reads']
}

export async function handoverHead(client: Client, id: string, lock = false): Promise<HandoverHead | null> {
  const { rows } = await client.query<HandoverHead>(
    `select id, project_id as "projectId", building_id as "buildingId", room_id as "roomId", version, state,
       party_id as "partyId", keys, reads from handover where id = $1 ${lock ? 'for update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

type DetailRow = Omit<
  HandoverDetail,
  'notifiedAt' | 'appointedFor' | 'completedAt' | 'defects' | 'meters'
> & {
  notifiedAt: Date | null
  appointedFor: Date | null
  completedAt: Date | null
}

export async function handoverDetail(client: Client, id: string): Promise<HandoverDetail | null> {
  const [head, defects] = await Promise.all([
    client.query<DetailRow>(
      `select h.id, h.project_id as "projectId", h.version, h.state, h.remark, h.keys, h.charges, h.reads,
         json_build_object('id', hb.id, 'name', hb.name, 'notice', hb.notice) as batch,
         json_build_object('id', r.id, 'code', r.code, 'unit', u.name,
           'building', json_build_object('id', b.id, 'name', b.name)) as room,
         case when p.id is null then null else json_build_object('id', p.id, 'name', p.name) end as party,
         h.notified_at as "notifiedAt", h.appointed_for as "appointedFor", h.completed_at as "completedAt",
         coalesce((select json_agg(json_build_object('id', i.id, 'area', i.area, 'text', i.text, 'result', i.result,
             'remark', i.remark, 'hasPhoto', i.photo_hash is not null) order by i.position)
           from handover_item i where i.handover_id = h.id), '[]') as items
       from handover h join handover_batch hb on hb.id = h.batch_id join room r on r.id = h.room_id
         join building b on b.id = r.building_id left join unit u on u.id = r.unit_id left join party p on p.id = h.party_id
       where h.id = $1`,
      [id],
    ),
    client.query<HandoverDetail['defects'][number]>(
      `select id, item_id as "itemId", title, detail, state, version from defect where handover_id = $1 order by created_at, id`,
      [id],
    ),
  ])
  const row = head.rows[0]
  if (!row) return null
  return {
    ...row,
    notifiedAt: row.notifiedAt?.toISOString() ?? null,
    appointedFor: row.appointedFor?.toISOString() ?? null,
    completedAt: row.completedAt?.toISOString() ?? null,
    defects: defects.rows,
    meters: await metersOfRoom(client, row.room.id),
  }
}

export async function metersOfRoom(client: Client, roomId: string): Promise<HandoverDetail['meters']> {
  const { rows } = await client.query<HandoverDetail['meters'][number]>(
    `select mp.id, mp.name, m.serial, mp.unit, round(s.last_index, s.scale)::text as "lastIndex"
     from metering_point mp join installation i on i.metering_point_id = mp.id and i.to_at is null
       join meter m on m.id = i.meter_id left join metering_point_state s on s.metering_point_id = mp.id
     where mp.room_id = $1 order by mp.medium, mp.code`,
    [roomId],
  )
  return rows
}

export interface HandoverPatch {
  readonly state?: HandoverState
  readonly partyId?: string | null
  readonly appointedFor?: Date
  readonly completedAt?: Date
  readonly completedBy?: string
  readonly remark?: string | null
  readonly keys?: HandoverDetail['keys']
  readonly charges?: HandoverDetail['charges']
  readonly reads?: HandoverDetail['reads']
}

const columns: Readonly<Record<keyof HandoverPatch, string>> = {
  state: 'state',
  partyId: 'party_id',
  appointedFor: 'appointed_for',
  completedAt: 'completed_at',
  completedBy: 'completed_by',
  remark: 'remark',
  keys: 'keys',
  charges: 'charges',
  reads: 'reads',
}

export async function patchHandover(
  client: Client,
  id: string,
  patch: HandoverPatch,
  userId: string,
  now: Date,
): Promise<void> {
  const entries = Object.entries(patch) as [keyof HandoverPatch, unknown][]
  const sets = entries.map(([name], i) => `${columns[name]} = $${i + 4}`)
  const values = entries.map(([, value]) => (Array.isArray(value) ? JSON.stringify(value) : value))
  await client.query(
    `update handover set ${[...sets, 'version = version + 1', 'updated_at = $2', 'updated_by = $3'].join(', ')} where id = $1`,
    [id, now, userId, ...values],
  )
}

export interface ItemResult {
  readonly id: string
  readonly result: 'ok' | 'defect' | null
  readonly remark: string | null
}

/**
 * Results of items; one that turns out to be a defect gets a row of its own, and loses it while nobody touched it.
 * @returns ids of defects
 */
export async function saveResults(
  client: Client,
  handover: HandoverHead,
  results: readonly ItemResult[],
  userId: string,
  now: Date,
): Promise<{ made: string[]; changed: string[] }> {
  await client.query(
    `update handover_item i set result = new.result, remark = new.remark
     from unnest($2::uuid[], $3::text[], $4::text[]) as new (id, result, remark)
     where i.handover_id = $1 and i.id = new.id`,
    [
      handover.id,
      results.map(({ id }) => id),
      results.map(({ result }) => result),
      results.map(({ remark }) => remark),
    ],
  )
  const { rows } = await client.query<{ id: string; made: boolean }>(
    `insert into defect (project_id, building_id, room_id, handover_id, item_id, title, detail, created_at, created_by,
       updated_at, updated_by)
     select $2, $3, $4, $1, i.id, i.area || ' ' || i.text, i.remark, $5, $6, $5, $6 from handover_item i
     where i.handover_id = $1 and i.result = 'defect'
     on conflict (item_id) do update set detail = excluded.detail, updated_at = $5, updated_by = $6,
       version = defect.version + 1 where defect.detail is distinct from excluded.detail
     returning id, xmax = 0 as made`,
    [handover.id, handover.projectId, handover.buildingId, handover.roomId, now, userId],
  )
  await client.query(
    `delete from defect d using handover_item i where d.handover_id = $1 and i.id = d.item_id and d.state = 'open'
       and i.result is distinct from 'defect'`,
    [handover.id],
  )
  const idsOf = (wanted: boolean) => rows.filter(({ made }) => made === wanted).map(({ id }) => id)
  return { made: idsOf(true), changed: idsOf(false) }
}

export async function setPhoto(
  client: Client,
  handoverId: string,
  itemId: string,
  photo: { hash: string; mediaType: string },
): Promise<boolean> {
  const { rowCount } = await client.query(
    'update handover_item set photo_hash = $3, photo_type = $4 where handover_id = $1 and id = $2',
    [handoverId, itemId, photo.hash, photo.mediaType],
  )
  return rowCount === 1
}

export async function photoOf(client: Client, handoverId: string, itemId: string) {
  const { rows } = await client.query<{ hash: string | null; mediaType: string | null }>(
    `select photo_hash as hash, photo_type as "mediaType" from handover_item where handover_id = $1 and id = $2`,
    [handoverId, itemId],
  )
  const row = rows[0]
  return row?.hash && row.mediaType ? { hash: row.hash, mediaType: row.mediaType } : null
}

export async function setDelivered(client: Client, roomId: string, userId: string, now: Date): Promise<void> {
  await client.query(
    `update room set delivery_state = 'handedOver', version = version + 1, updated_at = $2, updated_by = $3 where id = $1`,
    [roomId, now, userId],
  )
}

export interface DefectHead extends Place {
  readonly roomId: string
  readonly version: number
  readonly state: HandoverDetail['defects'][number]['state']
}

export async function defectHead(client: Client, id: string, lock = false): Promise<DefectHead | null> {
  const { rows } = await client.query<DefectHead>(
    `select id, project_id as "projectId", building_id as "buildingId", room_id as "roomId", version, state
     from defect where id = $1 ${lock ? 'for update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

export async function setDefectState(
  client: Client,
  id: string,
  state: string,
  userId: string,
  now: Date,
): Promise<void> {
  await client.query(
    `update defect set state = $2, settled_at = case when $2 in ('accepted', 'waived') then $3::timestamptz end,
       version = version + 1, updated_at = $3, updated_by = $4 where id = $1`,
    [id, state, now, userId],
  )
}

export async function partyName(client: Client, id: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select name from party where id = $1', [id])
  return rows[0]!.name
}
