/** Who can be asked: people by role, by department, by name. */
import type { Candidate } from '@courtyard/protocols/contract'
import { ADMINISTRATOR } from '../auth/builtin-roles.ts'
import { rowsOf, type WorkflowClient, type WorkflowReader } from './client.ts'

export interface CandidateContext {
  readonly projectId: string | null
  readonly starterId: string
  readonly now: Date
}

/** People who may sign in and fit one of the candidates; ids in the order of their names. */
export async function peopleFor(
  client: WorkflowClient,
  candidates: readonly Candidate[],
  context: CandidateContext,
): Promise<string[]> {
  const ids = new Set<string>()
  for (const candidate of candidates) {
    for (const id of await idsOf(client, candidate, context)) ids.add(id)
  }
  return activeInOrder(client, [...ids])
}

/** The last resort when nobody fits. */
export function administrators(client: WorkflowClient, context: CandidateContext): Promise<string[]> {
  return peopleFor(client, [{ kind: 'role', role: ADMINISTRATOR }], context)
}

function idsOf(client: WorkflowClient, candidate: Candidate, context: CandidateContext): Promise<string[]> {
  switch (candidate.kind) {
    case 'people':
      return Promise.resolve(candidate.ids)
    case 'starter':
      return Promise.resolve([context.starterId])
    case 'role':
      return withRole(client, candidate.role, context)
    case 'departmentHead':
      return headOf(client, context.starterId)
  }
}

/** Only with the whole project: a part of it is not what the process is about. */
async function withRole(
  client: WorkflowClient,
  role: string,
  { projectId, now }: CandidateContext,
): Promise<string[]> {
  const rows = await rowsOf<{ id: string }>(
    client,
    `select distinct a.user_id as id from role_assignment a join role r on r.id = a.role_id
     where r.code = $1 and r.archived_at is null and (a.until_at is null or a.until_at > $2::timestamptz)
       and a.records <> 'own' and (a.all_projects or $3::uuid = any(a.project_ids))`,
    [role, now.toISOString(), projectId],
  )
  return rows.map(({ id }) => id)
}

/** Of the own department; who leads it himself asks the head of the one above. */
async function headOf(client: WorkflowClient, userId: string): Promise<string[]> {
  const rows = await rowsOf<{ id: string }>(
    client,
    `with recursive above(id, parent_id, leader_id, level) as (
       select d.id, d.parent_id, d.leader_id, 0 from department d join app_user u on u.department_id = d.id
       where u.id = $1::uuid
       union all
       select d.id, d.parent_id, d.leader_id, a.level + 1 from department d join above a on d.id = a.parent_id
       where a.level < 30)
     select leader_id as id from above join app_user l on l.id = leader_id
     where leader_id <> $1::uuid and l.disabled_at is null order by level limit 1`,
    [userId],
  )
  return rows.map(({ id }) => id)
}

async function activeInOrder(client: WorkflowReader, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await rowsOf<{ id: string }>(
    client,
    `select id from app_user where id = any($1::uuid[]) and disabled_at is null order by display_name, id`,
    [ids],
  )
  return rows.map(({ id }) => id)
}

/** Codes of the roles that can be asked. */
export async function knownRoles(client: WorkflowReader): Promise<{ code: string; name: string | null }[]> {
  return rowsOf(
    client,
    `select code, name from role where archived_at is null order by builtin desc, name, code`,
  )
}

/** Also of roles that were archived. */
export async function roleNames(
  client: WorkflowReader,
  codes: readonly string[],
): Promise<{ code: string; name: string | null }[]> {
  return rowsOf(client, `select code, name from role where code = any($1::text[])`, [codes])
}

/** Id → name, also of people who can no longer sign in. */
export async function namesOf(
  client: WorkflowReader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await rowsOf<{ id: string; name: string }>(
    client,
    `select id, display_name as name from app_user where id = any($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}

export async function activePeople(
  client: WorkflowReader,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  return new Set(await activeInOrder(client, ids))
}

/** Whether somebody stands in for somebody else now. */
export async function isDelegated(
  client: WorkflowClient,
  fromId: string,
  toId: string,
  now: Date,
): Promise<boolean> {
  const rows = await rowsOf(
    client,
    `select 1 as one from task_delegation where from_id = $1::uuid and to_id = $2::uuid
       and from_at <= $3::timestamptz and until_at > $3::timestamptz limit 1`,
    [fromId, toId, now.toISOString()],
  )
  return rows.length > 0
}

/** Who stands in for each of these people now. */
export async function deputiesOf(
  client: WorkflowClient,
  ids: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await rowsOf<{ fromId: string; toId: string }>(
    client,
    `select from_id as "fromId", to_id as "toId" from task_delegation
     where from_id = any($1::uuid[]) and from_at <= $2::timestamptz and until_at > $2::timestamptz`,
    [ids, now.toISOString()],
  )
  const deputies = new Map<string, string[]>()
  for (const { fromId, toId } of rows) deputies.set(fromId, [...(deputies.get(fromId) ?? []), toId])
  return deputies
}
