/** What the office tells: announcements, messages to a person, and where it is reached. */
import type pg from 'pg'
import type { PortalAnnouncement, PortalHome, PortalMessage } from '@courtyard/protocols/contract'
import type { Place } from './domain/place.ts'

type Client = Pick<pg.ClientBase, 'query'>

const MOST = 100

/** Those that are shown now, important ones first, then the newest. */
export async function announcementsFor(
  client: Client,
  place: Place,
  now: Date,
  limit = MOST,
): Promise<PortalAnnouncement[]> {
  const { rows } = await client.query<Omit<PortalAnnouncement, 'from'> & { from: Date }>(
    `select a.id, a.title, a.text, a.important, b.name as building, a.shown_from as "from"
     from announcement a left join building b on b.id = a.building_id
     where a.project_id = $1 and a.archived_at is null and a.shown_from <= $3
       and (a.shown_to is null or a.shown_to > $3) and (a.audience = 'all' or a.building_id = $2)
     order by a.important desc, a.shown_from desc, a.id limit $4`,
    [place.project.id, place.building.id, now, limit],
  )
  return rows.map((row) => ({ ...row, from: row.from.toISOString() }))
}

/** The oldest one. */
export async function officeOf(client: Client, projectId: string): Promise<PortalHome['office']> {
  const { rows } = await client.query<NonNullable<PortalHome['office']>>(
    `select name, telephone, hours, address from office_contact
     where project_id = $1 and archived_at is null order by created_at, id limit 1`,
    [projectId],
  )
  return rows[0] ?? null
}

const MINE = `from message_delivery d join message m on m.id = d.message_id
  where d.party_id = any($1::uuid[]) and d.channel = 'inApp' and d.body is not null`

interface MessageRow extends Omit<PortalMessage, 'createdAt' | 'readAt'> {
  createdAt: Date
  readAt: Date | null
}

export async function messagesOf(client: Client, partyIds: readonly string[]): Promise<PortalMessage[]> {
  const { rows } = await client.query<MessageRow>(
    `select d.id, d.subject, d.body, (select name from project where id = m.project_id) as project,
       d.created_at as "createdAt", d.read_at as "readAt"
     ${MINE} order by d.created_at desc, d.id desc limit ${MOST}`,
    [partyIds],
  )
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    readAt: row.readAt?.toISOString() ?? null,
  }))
}

export async function unreadOf(client: Client, partyIds: readonly string[]): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::int as n ${MINE} and d.read_at is null`,
    [partyIds],
  )
  return rows[0]!.n
}
