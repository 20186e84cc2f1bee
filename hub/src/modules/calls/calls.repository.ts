import type pg from 'pg'
import type { CallCard } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'

type Client = Pick<pg.ClientBase, 'query'>

/** Id of whoever is meant by a username or sits at an extension. */
export async function agentNamed(client: Client, agent: string): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `select u.id from app_user u where u.disabled_at is null and (u.username = $1
       or u.id = (select user_id from agent_extension where extension = $1))
     order by (u.username = $1) limit 1`,
    [agent],
  )
  return rows[0]?.id ?? null
}

export interface CallerRow {
  readonly partyId: string
  readonly projectId: string
  readonly roomId: string | null
  readonly householdId: string | null
  /** How many people have this number. */
  readonly people: number
}

/**
 * Whose number it is, in what the agent may see: first who has a role now, owners and tenants before others. With the
 * room of that role and the account that lives there.
 */
export async function callerByPhone(client: Client, agent: Viewer, phone: string): Promise<CallerRow | null> {
  const params: unknown[] = [phone]
  const scope = scopeSql(
    agent,
    'party.read',
    {
      project: 'p.project_id',
      building: (ids) =>
        `exists (select from party_role s where s.party_id = p.id and s.building_id = any(${ids}))`,
    },
    params,
  )
  const { rows } = await client.query<CallerRow>(
    `with alike as (
       select p.id, p.project_id from party p where p.archived_at is null and phone_digits($1) <> ''
         and (phone_digits(p.phone) = phone_digits($1) or phone_digits(p.second_phone) = phone_digits($1)) and ${scope})
     select a.id as "partyId", a.project_id as "projectId", pr.room_id as "roomId", hr.household_id as "householdId",
       (select count(*)::int from alike) as people
     from alike a left join party_role pr on pr.party_id = a.id and pr.to_at is null
       left join household_room hr on hr.room_id = pr.room_id and hr.to_at is null
     order by pr.room_id is null, array_position(array['owner', 'tenant', 'coOwner', 'family', 'resident', 'contact'], pr.role),
       pr.from_at desc limit 1`,
    params,
  )
  return rows[0] ?? null
}

/** The project of a caller who is not on file: that of the agent when there is only one. */
export async function onlyProject(client: Client, agent: Viewer): Promise<string | null> {
  const params: unknown[] = []
  const scope = scopeSql(agent, 'cti.call', { project: 'project.id', anyPart: true }, params)
  const { rows } = await client.query<{ id: string }>(`select id from project where ${scope} limit 2`, params)
  return rows.length === 1 ? rows[0]!.id : null
}

export interface NewCall {
  readonly projectId: string | null
  readonly phone: string
  readonly direction: 'inbound' | 'outbound'
  readonly at: Date
  readonly agentId: string
  readonly caller: CallerRow | null
  readonly userId: string
  readonly now: Date
}

export async function insertCall(client: Client, call: NewCall): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `insert into call_log (project_id, phone, direction, at, agent_id, party_id, household_id, room_id, created_at,
       created_by, updated_at, updated_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9, $10) returning id`,
    [
      call.projectId,
      call.phone,
      call.direction,
      call.at,
      call.agentId,
      call.caller?.partyId ?? null,
      call.caller?.householdId ?? null,
      call.caller?.roomId ?? null,
      call.now,
      call.userId,
    ],
  )
  return rows[0]!.id
}

export interface CallRow {
  readonly id: string
  readonly projectId: string | null
  readonly agentId: string
  readonly phone: string
  readonly direction: CallCard['direction']
  readonly at: Date
  readonly note: string | null
  readonly partyId: string | null
  readonly householdId: string | null
}

export async function callById(client: Client, id: string, lock = false): Promise<CallRow | null> {
  const { rows } = await client.query<CallRow>(
    `select id, project_id as "projectId", agent_id as "agentId", phone, direction, at, note, party_id as "partyId",
       household_id as "householdId" from call_log where id = $1 ${lock ? 'for update' : ''}`,
    [id],
  )
  return rows[0] ?? null
}

export interface HouseholdCall {
  readonly id: string
  readonly at: Date
  readonly direction: CallCard['direction']
  readonly note: string | null
  readonly agent: string | null
}

/** Newest first, of those that the reader may see. */
export async function callsOfHousehold(
  client: Client,
  user: Viewer,
  householdId: string,
  limit: number,
): Promise<HouseholdCall[]> {
  const params: unknown[] = [householdId, limit]
  const scope = scopeSql(user, 'call.read', { project: 'c.project_id', owner: 'c.agent_id' }, params)
  const { rows } = await client.query<HouseholdCall>(
    `select c.id, c.at, c.direction, c.note, (select display_name from app_user u where u.id = c.agent_id) as agent
     from call_log c where c.household_id = $1 and c.archived_at is null and ${scope}
     order by c.at desc, c.id limit $2`,
    params,
  )
  return rows
}

type Person = Pick<CallCard, 'party' | 'samePhone' | 'household' | 'openDefects' | 'openPermits'> & {
  rooms: (CallCard['rooms'][number] & { buildingId: string })[]
}

export async function personOfCall(client: Client, call: CallRow): Promise<Person> {
  const { rows } = await client.query<Person>(
    `with rooms as (
       select r.id, b.name || ' ' || r.code as name, pr.role, r.building_id from party_role pr
         join room r on r.id = pr.room_id join building b on b.id = r.building_id
       where pr.party_id = $1 and pr.to_at is null order by b.code, r.code limit 20)
     select (select json_build_object('id', p.id, 'name', p.name, 'specialCare', p.special_care) from party p
         where p.id = $1) as party,
       (select count(*)::int from party p where p.project_id = $3 and p.archived_at is null
         and (phone_digits(p.phone) = phone_digits($4) or phone_digits(p.second_phone) = phone_digits($4))) as "samePhone",
       coalesce((select json_agg(json_build_object('id', id, 'name', name, 'role', role, 'buildingId', building_id))
         from rooms), '[]') as rooms,
       (select json_build_object('id', h.id, 'accountNumber', h.account_number, 'name', h.name) from household h
         where h.id = $2) as household,
       (select count(*)::int from defect where room_id in (select id from rooms)
         and state in ('open', 'fixing', 'fixed')) as "openDefects",
       (select count(*)::int from fit_out_permit where room_id in (select id from rooms)
         and state not in ('closed', 'cancelled', 'rejected')) as "openPermits"`,
    [call.partyId, call.householdId, call.projectId, call.phone],
  )
  return rows[0]!
}

export async function saveNote(client: Client, id: string, note: string | null, userId: string, now: Date) {
  await client.query(
    'update call_log set note = $2, updated_by = $3, updated_at = $4, version = version + 1 where id = $1',
    [id, note, userId, now],
  )
}

export async function extensionOf(client: Client, userId: string): Promise<string | null> {
  const { rows } = await client.query<{ extension: string }>(
    'select extension from agent_extension where user_id = $1',
    [userId],
  )
  return rows[0]?.extension ?? null
}

/** False when somebody else sits there. */
export async function saveExtension(
  client: Client,
  userId: string,
  extension: string | null,
): Promise<boolean> {
  await client.query('delete from agent_extension where user_id = $1', [userId])
  if (extension === null) return true
  const { rowCount } = await client.query(
    'insert into agent_extension (extension, user_id) values ($1, $2) on conflict (extension) do nothing',
    [extension, userId],
  )
  return rowCount === 1
}
