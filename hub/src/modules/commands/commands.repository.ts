/** Reads commands, and the devices that they are for. */
import type { PoolClient } from 'pg'
import type { CatalogueCommand, CommandKind, CommandState } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import type { CommandRow, StepRow } from './command.types.ts'

type Client = Pick<PoolClient, 'query'>

const COMMAND = `c.id, c.project_id as "projectId", c.gateway_id as "gatewayId", g.name as "gatewayName",
  c.device_id as "deviceId", c.device_key as "deviceKey", c.device_name as "deviceName", c.target,
  c.target_label_zh as "targetLabelZh", c.target_label_en as "targetLabelEn", c.kind, c.body,
  c.content_hash as "contentHash", c.state, c.gateway_step as "gatewayStep", c.uncertain,
  c.settled_by as "settledBy", c.message, c.outcome, c.reason, c.requested_by_id as "requestedById",
  c.requested_by as "requestedBy", c.requested_at as "requestedAt", c.approved_by_id as "approvedById",
  c.approved_by as "approvedBy", c.approved_at as "approvedAt", c.sent_at as "sentAt",
  c.finished_at as "finishedAt", c.expires_at as "expiresAt"`
const FROM = `from command c join gateway g on g.id = c.gateway_id`

/** Whatever its project. */
export async function commandById(client: Client, id: string): Promise<CommandRow | null> {
  const { rows } = await client.query<CommandRow>(`select ${COMMAND} ${FROM} where c.id = $1`, [id])
  return rows[0] ?? null
}

/** Null when there is none within the scope. */
export async function findCommand(client: Client, user: Viewer, id: string): Promise<CommandRow | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<CommandRow>(
    `select ${COMMAND} ${FROM} where c.id = $1 and ${scopeSql(user, 'commands.read', { project: 'c.project_id' }, params)}`,
    params,
  )
  return rows[0] ?? null
}

/** Nobody else changes it until the transaction ends. */
export async function lockCommand(client: Client, id: string): Promise<CommandRow | null> {
  const { rows } = await client.query<CommandRow>(
    `select ${COMMAND} ${FROM} where c.id = $1 for update of c`,
    [id],
  )
  return rows[0] ?? null
}

export interface CommandFilter {
  readonly projectId?: string | undefined
  readonly deviceId?: string | undefined
  readonly gatewayId?: string | undefined
  readonly kind?: CommandKind | undefined
  readonly state?: CommandState | undefined
  /** What comes after this one, newest first. */
  readonly after: { readonly requestedAtMs: number; readonly id: string } | null
  readonly limit: number
}

export async function listCommands(
  client: Client,
  user: Viewer,
  filter: CommandFilter,
): Promise<CommandRow[]> {
  const params: unknown[] = []
  const conditions: string[] = []
  const add = (column: string, type: string, value: string | undefined) => {
    if (value === undefined) return
    params.push(value)
    conditions.push(`${column} = $${params.length}::${type}`)
  }
  add('c.project_id', 'uuid', filter.projectId)
  add('c.device_id', 'uuid', filter.deviceId)
  add('c.gateway_id', 'uuid', filter.gatewayId)
  add('c.kind', 'text', filter.kind)
  add('c.state', 'text', filter.state)
  if (filter.after) {
    params.push(new Date(filter.after.requestedAtMs).toISOString(), filter.after.id)
    conditions.push(`(c.requested_at, c.id) < ($${params.length - 1}::timestamptz, $${params.length}::uuid)`)
  }
  conditions.push(scopeSql(user, 'commands.read', { project: 'c.project_id' }, params))
  params.push(filter.limit)
  const { rows } = await client.query<CommandRow>(
    `select ${COMMAND} ${FROM} where ${conditions.join(' and ')}
     order by c.requested_at desc, c.id desc limit $${params.length}`,
    params,
  )
  return rows
}

/** Oldest first. */
export async function stepsOf(client: Client, commandIds: readonly string[]): Promise<StepRow[]> {
  const { rows } = await client.query<StepRow>(
    `select command_id as "commandId", at, state, by, message, outcome from command_step
     where command_id = any($1::uuid[]) order by id`,
    [commandIds],
  )
  return rows
}

/** A device that may be told to do something. */
export interface CommandDevice {
  readonly id: string
  readonly projectId: string
  readonly gatewayId: string
  readonly key: string
  readonly name: string
  readonly removed: boolean
  readonly revoked: boolean
  readonly commands: readonly CatalogueCommand[]
}

/** Null when there is none within the scope. */
export async function findCommandDevice(
  client: Client,
  user: Viewer,
  id: string,
): Promise<CommandDevice | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<CommandDevice>(
    `select d.id, d.project_id as "projectId", d.gateway_id as "gatewayId", d.key, d.name,
       d.removed_at is not null as removed, g.revoked_at is not null as revoked, d.commands
     from device d join gateway g on g.id = d.gateway_id
     where d.id = $1 and ${scopeSql(user, 'commands.read', { project: 'd.project_id' }, params)}`,
    params,
  )
  return rows[0] ?? null
}
