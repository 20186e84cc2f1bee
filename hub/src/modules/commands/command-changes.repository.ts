/** Writes commands: the row says where it stands, its steps how it came there. Always within a transaction. */
import type { PoolClient } from 'pg'
import type { CommandBody, CommandKind, CommandState } from '@courtyard/protocols/contract'
import { storedReason, type Reason } from '../../platform/reasons/reason.ts'
import type { Standing } from './domain/state-machine.ts'

type Client = Pick<PoolClient, 'query'>

export interface NewCommand {
  readonly id: string
  readonly projectId: string
  readonly gatewayId: string
  readonly deviceId: string
  readonly deviceKey: string
  readonly deviceName: string
  readonly target: string
  readonly label: { readonly zh: string; readonly en: string }
  readonly kind: CommandKind
  readonly body: CommandBody
  readonly contentHash: Buffer
  readonly priority: number
  readonly state: CommandState
  readonly reason: string
  readonly requestedById: string
  readonly requestedBy: string
  readonly requestedAt: Date
  readonly expiresAt: Date
}

/** @returns false when the id is taken */
export async function insertCommand(client: Client, command: NewCommand): Promise<boolean> {
  const { label, requestedAt, state } = command
  const { rowCount } = await client.query(
    `insert into command (id, project_id, gateway_id, device_id, device_key, device_name, target, target_label_zh,
       target_label_en, kind, body, content_hash, priority, state, reason, requested_by_id, requested_by,
       requested_at, expires_at, queue_number)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
       case when $14 = 'queued' then nextval('command_queue') end)
     on conflict (id) do nothing`,
    [
      command.id,
      command.projectId,
      command.gatewayId,
      command.deviceId,
      command.deviceKey,
      command.deviceName,
      command.target,
      label.zh,
      label.en,
      command.kind,
      JSON.stringify(command.body),
      command.contentHash,
      command.priority,
      state,
      command.reason,
      command.requestedById,
      command.requestedBy,
      requestedAt,
      command.expiresAt,
    ],
  )
  if (rowCount !== 1) return false
  await insertStep(client, { commandId: command.id, at: requestedAt, state, by: command.requestedBy })
  return true
}

export interface NewStep {
  readonly commandId: string
  /** By the hub's clock. */
  readonly at: Date
  readonly gatewayAt?: Date | null
  /** A CommandState, or a step of the gateway that doesn't change it. */
  readonly state: string
  /** The person; absent: the hub or the gateway. */
  readonly by?: string | null
  /** What the gateway or a person said. */
  readonly message?: string | null
  /** Why the hub did it. */
  readonly outcome?: Reason | null
}

export async function insertStep(client: Client, step: NewStep): Promise<void> {
  await client.query(
    `insert into command_step (command_id, at, gateway_at, state, by, message, outcome)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      step.commandId,
      step.at,
      step.gatewayAt ?? null,
      step.state,
      step.by ?? null,
      step.message ?? null,
      step.outcome ? storedReason(step.outcome) : null,
    ],
  )
}

/** PINs are needed until the terminal has them, and not afterwards. */
const WITHOUT_PINS = `jsonb_set(body, '{people}', (select jsonb_agg(p - 'pin') from jsonb_array_elements(body->'people') p))`

/** Saves where it stands now, together with the step that led there. */
export async function saveStanding(client: Client, standing: Standing, step: NewStep): Promise<void> {
  const { state, gatewayStep, uncertain, settledBy, approvedById } = standing
  await client.query(
    `update command set state = $2, gateway_step = $3, uncertain = $4, settled_by = $5,
       approved_by = case when $6::uuid is distinct from approved_by_id then $8 else approved_by end,
       approved_at = case when $6::uuid is distinct from approved_by_id then $7::timestamptz else approved_at end,
       approved_by_id = $6::uuid,
       queue_number = case when $2 = 'queued' then nextval('command_queue') else queue_number end,
       sent_at = case when $2 = 'sent' then coalesce(sent_at, $7::timestamptz) else sent_at end,
       last_sent_at = case when $2 = 'sent' then coalesce(last_sent_at, $7::timestamptz) else last_sent_at end,
       finished_at = case when $5::text is null then null else $7::timestamptz end,
       message = case when $5::text is null then null else $9 end,
       outcome = case when $5::text is null then null else $10::jsonb end,
       body = case when $5::text is not null and kind = 'people' then ${WITHOUT_PINS} else body end
     where id = $1`,
    [
      step.commandId,
      state,
      gatewayStep,
      uncertain,
      settledBy,
      approvedById,
      step.at,
      step.by ?? null,
      step.message ?? null,
      step.outcome ? storedReason(step.outcome) : null,
    ],
  )
  await insertStep(client, step)
}
