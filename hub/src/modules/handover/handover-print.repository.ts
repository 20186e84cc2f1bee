import type pg from 'pg'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'

type Client = Pick<pg.ClientBase, 'query'>

export async function projectOfHandover(
  client: Client,
  id: string,
): Promise<{ name: string; timeZone: string } | null> {
  const { rows } = await client.query<{ name: string; timeZone: string }>(
    `select p.name, p.time_zone as "timeZone" from handover h join project p on p.id = h.project_id where h.id = $1`,
    [id],
  )
  return rows[0] ?? null
}

/** Rooms that the person may see, newest first; `words` is a part of building and number. */
export async function recentHandovers(
  client: Client,
  user: Viewer,
  projectId: string,
  words: string | undefined,
): Promise<{ id: string; title: string }[]> {
  const params: unknown[] = [projectId, words ?? '']
  const visible = scopeSql(
    user,
    'handover.read',
    { project: 'h.project_id', building: 'h.building_id' },
    params,
  )
  const { rows } = await client.query<{ id: string; title: string }>(
    `select h.id, b.name || ' ' || r.code as title
       from handover h join room r on r.id = h.room_id join building b on b.id = r.building_id
      where h.project_id = $1 and ${visible} and strpos(lower(b.name || ' ' || r.code), lower($2)) > 0
      order by h.updated_at desc, h.id limit 30`,
    params,
  )
  return rows
}
