import type pg from 'pg'
import type { PortalUsage } from '@courtyard/protocols/contract'
import type { Place } from './domain/place.ts'
import type { UsageSum } from './domain/usage-bars.ts'

type Client = Pick<pg.ClientBase, 'query'>
type Medium = PortalUsage['medium']

/** First day that lies in the person's time from its very beginning. */
export async function firstDayOf(client: Client, { since, project }: Place): Promise<string> {
  const { rows } = await client.query<{ day: string }>(
    `select to_char(day + case when day::timestamp at time zone $2 < $1::timestamptz then 1 else 0 end, 'YYYY-MM-DD') as day
     from (select ($1::timestamptz at time zone $2)::date as day) as begin`,
    [since, project.timeZone],
  )
  return rows[0]!.day
}

/** Meters of the room itself, by what they measure. Those in one unit are added up; the unit of most meters counts. */
export async function mediaOf(
  client: Client,
  place: Place,
): Promise<{ medium: Medium; unit: string; ids: string[] }[]> {
  const { rows } = await client.query<{ medium: Medium; unit: string; ids: string[] }>(
    `select distinct on (medium) medium, unit, array_agg(id::text) as ids from metering_point
     where room_id = $1 and role in ('household', 'shop') group by medium, unit
     order by medium, count(*) desc, unit`,
    [place.room.id],
  )
  return rows
}

/** Whether somebody rented the room on that day: how he lives is nobody else's business. */
const wasLet = `exists (select from party_role pr where pr.room_id = $5 and pr.role = 'tenant'
  and pr.from_at < (u.day + 1)::timestamp at time zone $6
  and (pr.to_at is null or pr.to_at > u.day::timestamp at time zone $6))`

/** Sums by day or by month of the days of a span that are the person's own; what is not known is left out. */
export async function ownUsage(
  client: Client,
  place: Place,
  wanted: { ids: readonly string[]; firstDay: string; lastDay: string; by: 'day' | 'month' },
): Promise<Map<string, UsageSum>> {
  const { rows } = await client.query<UsageSum>(
    `select to_char(u.day, $1) as at, trim_scale(sum(u.usage))::text as usage, sum(u.known_slots)::int as known,
       sum(cardinality(u.slot_usage))::int as slots, bool_or(u.estimated_bits <> 0) as estimated,
       count(distinct u.day)::int as days
     from usage_day u
     where u.metering_point_id = any($2::uuid[]) and u.day between $3::date and $4::date and u.known_slots > 0
       and ($7 = 'tenant' or not ${wasLet})
     group by 1`,
    [
      wanted.by === 'day' ? 'YYYY-MM-DD' : 'YYYY-MM',
      wanted.ids,
      wanted.firstDay,
      wanted.lastDay,
      place.room.id,
      place.project.timeZone,
      place.side,
    ],
  )
  return new Map(rows.map((row) => [row.at, row]))
}
