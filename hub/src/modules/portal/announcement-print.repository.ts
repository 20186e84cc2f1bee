import type pg from 'pg'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'

type Client = Pick<pg.ClientBase, 'query'>

const visibleTo = (user: Viewer, params: unknown[]) =>
  scopeSql(user, 'announcement.read', { project: 'a.project_id', building: 'a.building_id' }, params)

interface PrintedAnnouncement {
  readonly projectId: string
  readonly projectName: string
  readonly timeZone: string
  readonly office: string | null
  readonly telephone: string | null
  readonly title: string
  readonly text: string
  readonly important: boolean
  readonly building: string | null
  readonly from: Date
  readonly to: Date | null
}

/** Null when there is none that the person may see. */
export async function printedAnnouncement(
  client: Client,
  user: Viewer,
  id: string,
): Promise<PrintedAnnouncement | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<PrintedAnnouncement>(
    `select a.project_id as "projectId", p.name as "projectName", p.time_zone as "timeZone", o.name as office,
       o.telephone, a.title, a.text, a.important, b.name as building, a.shown_from as "from", a.shown_to as "to"
     from announcement a join project p on p.id = a.project_id left join building b on b.id = a.building_id
       left join lateral (select name, telephone from office_contact where project_id = a.project_id
         and archived_at is null order by created_at limit 1) o on true
     where a.id = $1 and ${visibleTo(user, params)}`,
    params,
  )
  return rows[0] ?? null
}

/** Newest first. */
export async function recentAnnouncements(
  client: Client,
  user: Viewer,
  projectId: string,
  words: string | undefined,
): Promise<{ id: string; title: string }[]> {
  const params: unknown[] = [projectId, words ?? '']
  const { rows } = await client.query<{ id: string; title: string }>(
    `select a.id, a.title from announcement a where a.project_id = $1 and a.archived_at is null
       and ${visibleTo(user, params)} and strpos(lower(a.title), lower($2)) > 0
     order by a.shown_from desc, a.id limit 30`,
    params,
  )
  return rows
}
