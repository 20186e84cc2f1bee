import type pg from 'pg'
import type { DefectState } from '@courtyard/protocols/contract'

type Client = Pick<pg.ClientBase, 'query'>

export interface RoomDefect {
  readonly id: string
  readonly title: string
  readonly room: string
  readonly state: DefectState
  readonly at: Date
}

/** Newest first, open ones before settled ones; and how many are open. */
export async function defectsOfRooms(
  client: Client,
  roomIds: readonly string[],
  limit: number,
): Promise<{ open: number; defects: RoomDefect[] }> {
  const { rows } = await client.query<RoomDefect & { open: number }>(
    `select d.id, d.title, r.code as room, d.state, d.created_at as at,
       (count(*) filter (where d.state in ('open', 'fixing', 'fixed')) over ())::int as open
     from defect d join room r on r.id = d.room_id where d.room_id = any($1::uuid[]) and d.archived_at is null
     order by d.state in ('accepted', 'waived'), d.created_at desc, d.id limit $2`,
    [roomIds, limit],
  )
  return { open: rows[0]?.open ?? 0, defects: rows.map(({ open: _, ...defect }) => defect) }
}
