/** Parts of the page of an account, one or two statements each; reading across modules is ADR 0009. */
import type pg from 'pg'
import type {
  HouseholdBelongings,
  HouseholdEvent,
  HouseholdMeter,
  HouseholdMoney,
} from '@courtyard/protocols/contract'
import { iso } from './files.repository.ts'

type Client = Pick<pg.ClientBase, 'query'>

interface MeterRow extends Omit<HouseholdMeter, 'lastRead' | 'days'> {
  lastReadAt: Date | null
  lastIndex: string | null
  days: { day: string; usage: string | null }[]
}

const DAYS_SHOWN = 31

/** Meters of rooms with usage of this month, of the last one, and day by day. `today` is the project's. */
export async function metersOfRooms(
  client: Client,
  roomIds: readonly string[],
  today: string,
): Promise<HouseholdMeter[]> {
  const { rows } = await client.query<MeterRow>(
    `select mp.id, mp.code, mp.name, mp.medium, mp.unit, m.serial, s.last_read_at as "lastReadAt",
       round(s.last_index, s.scale)::text as "lastIndex",
       (select trim_scale(usage)::text from usage_month um
         where um.metering_point_id = mp.id and um.month = date_trunc('month', $2::date)) as "usageThisMonth",
       (select trim_scale(usage)::text from usage_month um
         where um.metering_point_id = mp.id and um.month = date_trunc('month', $2::date) - interval '1 month')
         as "usageLastMonth",
       (select json_agg(json_build_object('day', d::date, 'usage',
           case when ud.known_slots > 0 then trim_scale(ud.usage)::text end) order by d)
         from generate_series($2::date - ${DAYS_SHOWN - 1}, $2::date, interval '1 day') as d
           left join usage_day ud on ud.metering_point_id = mp.id and ud.day = d) as days
     from metering_point mp left join metering_point_state s on s.metering_point_id = mp.id
       left join installation i on i.metering_point_id = mp.id and i.to_at is null left join meter m on m.id = i.meter_id
     where mp.room_id = any($1::uuid[])
     order by array_position(array['electricity', 'water', 'gas', 'heat'], mp.medium), mp.code limit 60`,
    [roomIds, today],
  )
  return rows.map(({ lastReadAt, lastIndex, ...row }) => ({
    ...row,
    lastRead: lastReadAt && lastIndex ? { at: lastReadAt.toISOString(), index: lastIndex } : null,
  }))
}

type BillRow = Omit<HouseholdMoney['bills'][number], 'item' | 'issuedAt'> & {
  zh: string
  en: string
  issuedAt: Date | null
}

export async function billsOfHousehold(client: Client, id: string): Promise<HouseholdMoney['bills']> {
  const { rows } = await client.query<BillRow>(
    `select b.id, b.number, to_char(b.month, 'YYYY-MM') as month, i.label_zh as zh, i.label_en as en,
       trim_scale(b.quantity)::text as quantity, i.unit, b.amount::text, b.estimated, b.issued_at as "issuedAt"
     from bill b join charge_item i on i.id = b.item_id where b.household_id = $1 and b.status = 'issued'
     order by b.month desc, i.code limit 12`,
    [id],
  )
  return rows.map(({ zh, en, ...row }) => ({
    ...row,
    item: { zh, en },
    issuedAt: row.issuedAt?.toISOString() ?? null,
  }))
}

type BelongingsRow = Omit<HouseholdBelongings, 'keys'>

/** Vehicles of the rooms' people, and of their parking spaces; handovers, defects and permits of the rooms. */
export async function belongingsOf(client: Client, roomIds: readonly string[]): Promise<BelongingsRow> {
  const { rows } = await client.query<BelongingsRow>(
    `select
       coalesce((select json_agg(json_build_object('id', v.id, 'plate', v.plate, 'kind', v.kind,
           'description', v.description, 'owner', json_build_object('id', p.id, 'name', p.name),
           'parking', pb.name || ' ' || ps.code, 'from', v.from_day, 'to', v.to_day)
           order by v.to_day desc nulls first, v.from_day desc)
         from vehicle v join party p on p.id = v.owner_id left join room ps on ps.id = v.parking_room_id
           left join building pb on pb.id = ps.building_id
         where v.archived_at is null and (v.parking_room_id = any($1::uuid[])
           or v.owner_id in (select party_id from party_role where room_id = any($1::uuid[]) and to_at is null))), '[]')
         as vehicles,
       coalesce((select json_agg(json_build_object('id', h.id, 'batchId', hb.id, 'batch', hb.name, 'room', r.code,
           'state', h.state, 'at', coalesce(h.completed_at, h.appointed_for)) order by h.created_at desc)
         from handover h join handover_batch hb on hb.id = h.batch_id join room r on r.id = h.room_id
         where h.room_id = any($1::uuid[])), '[]') as handovers,
       (select count(*)::int from defect where room_id = any($1::uuid[]) and state in ('open', 'fixing', 'fixed'))
         as "openDefects",
       coalesce((select json_agg(json_build_object('id', f.id, 'number', f.number, 'room', r.code, 'company', f.company,
           'state', f.state, 'startsOn', f.starts_on, 'endsOn', f.ends_on) order by f.created_at desc)
         from fit_out_permit f join room r on r.id = f.room_id where f.room_id = any($1::uuid[])), '[]') as permits`,
    [roomIds],
  )
  const row = rows[0]!
  return { ...row, handovers: row.handovers.map((one) => ({ ...one, at: one.at && iso(one.at) })) }
}

type EventRow = Omit<HouseholdEvent, 'at'> & { at: Date }

const actor = (column: string) => `(select display_name from app_user where id = ${column})`

/** Each with (at, kind, subject, detail, actor). $1 account, $2 its rooms. */
const EVENTS = [
  `select hr.from_at, 'movedIn', h.name, r.code, null from household_room hr join room r on r.id = hr.room_id
     join household h on h.id = hr.household_id where hr.household_id = $1 and hr.from_at > 'epoch'`,
  `select hr.to_at, 'movedOut', h.name, r.code, null from household_room hr join room r on r.id = hr.room_id
     join household h on h.id = hr.household_id where hr.household_id = $1 and hr.to_at is not null`,
  `select pr.from_at, 'roleBegan', p.name, pr.role, ${actor('pr.created_by')} from party_role pr
     join party p on p.id = pr.party_id where pr.room_id = any($2::uuid[]) and pr.from_at > 'epoch'`,
  `select pr.to_at, 'roleEnded', p.name, pr.role, ${actor('pr.ended_by')} from party_role pr
     join party p on p.id = pr.party_id where pr.room_id = any($2::uuid[]) and pr.to_at is not null`,
  `select c.at, 'ownerChanged', p.name, c.settlement, ${actor('c.created_by')} from owner_change c
     join party p on p.id = c.to_party_id where c.room_id = any($2::uuid[])`,
  `select h.completed_at, 'handedOver', p.name, r.code, ${actor('h.completed_by')} from handover h
     join room r on r.id = h.room_id left join party p on p.id = h.party_id
     where h.room_id = any($2::uuid[]) and h.completed_at is not null`,
  `select k.from_at, 'keysGiven', k.holder, k.label || ' × ' || k.quantity, ${actor('k.created_by')} from key_holding k
     where k.room_id = any($2::uuid[])`,
  `select k.to_at, 'keysReturned', k.holder, k.label || ' × ' || k.quantity, ${actor('k.ended_by')} from key_holding k
     where k.room_id = any($2::uuid[]) and k.to_at is not null`,
  `select v.created_at, 'vehicleRegistered', p.name, v.plate, ${actor('v.created_by')} from vehicle v
     join party p on p.id = v.owner_id where v.owner_id in (
       select party_id from party_role where room_id = any($2::uuid[]) and to_at is null)`,
  `select n.created_at, 'note', null, n.text, ${actor('n.created_by')} from household_note n
     where n.household_id = $1 and n.archived_at is null`,
  `select c.at, 'call', p.name, c.note, ${actor('c.agent_id')} from call_log c left join party p on p.id = c.party_id
     where c.household_id = $1`,
  `select a.at, 'edited', null, a.action, a.actor from audit_entry a
     where a.entity = 'household' and a.entity_id = $1::uuid::text and a.action = 'household.edit'`,
]

export async function eventsOf(
  client: Client,
  householdId: string,
  roomIds: readonly string[],
  most: number,
): Promise<HouseholdEvent[]> {
  const parts = EVENTS.map(
    (sql) => `(select * from (${sql}) as t (at, kind, subject, detail, actor)
    order by at desc limit ${most})`,
  )
  const { rows } = await client.query<EventRow>(
    `select * from (${parts.join('\nunion all\n')}) as all_events order by at desc limit ${most}`,
    [householdId, roomIds],
  )
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}
