/** One change of a command: lock, decide, save, tell. Everything that changes one goes through here. */
import type { PoolClient } from 'pg'
import { auditAsSystem, type Audit } from '../../platform/audit/audit.ts'
import type { Hub } from '../../platform/module.ts'
import { say, type Reason } from '../../platform/reasons/reason.ts'
import { emitEvent } from '../../platform/webhooks/index.ts'
import { saveStanding } from './command-changes.repository.ts'
import { standingOf, type CommandRow } from './command.types.ts'
import { lockCommand } from './commands.repository.ts'
import { decide, type Action, type Decision, type Standing } from './domain/state-machine.ts'

/** Of the index that lets one command of a device and target be on its way. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === '23505'
}

export interface ChangeNotes {
  /** By the hub's clock. */
  readonly at: Date
  readonly gatewayAt?: Date | null
  /** The person who did it. */
  readonly by?: string
  /** What the gateway or the person said. */
  readonly message?: string | null
  /** Why the hub did it, by what it has come to. */
  readonly outcomeOf?: (standing: Standing, before: CommandRow) => Reason | null
  /** Verb of the audit, such as `approve`; absent: only what ends a command is audited, as `finish`. */
  readonly verb?: string
  readonly audit?: Audit
  /** Commands of other gateways are as if they weren't there. */
  readonly gatewayId?: string
}

export interface Change {
  readonly before: CommandRow
  readonly decision: Decision
}

/** @returns null when there is no such command */
export async function changeCommand(
  client: PoolClient,
  id: string,
  action: Action,
  notes: ChangeNotes,
): Promise<Change | null> {
  const before = await lockCommand(client, id)
  if (!before || (notes.gatewayId ?? before.gatewayId) !== before.gatewayId) return null
  const decision = decide(standingOf(before), action)
  if (decision.kind === 'changed') await save(client, before, decision.standing, action, notes)
  return { before, decision }
}

async function save(
  client: PoolClient,
  before: CommandRow,
  standing: Standing,
  action: Action,
  notes: ChangeNotes,
): Promise<void> {
  const { at, by, message = null } = notes
  const outcome = notes.outcomeOf?.(standing, before) ?? null
  // Of the gateway's steps on the way the history says more than the state does
  const underWay = action.kind === 'report' && standing.settledBy === null
  const state = underWay ? action.step : standing.state
  const gatewayAt = notes.gatewayAt ?? null
  await saveStanding(client, standing, {
    commandId: before.id,
    at,
    gatewayAt,
    state,
    by: by ?? null,
    message,
    outcome,
  })
  if (!notes.verb && standing.settledBy === null) return
  const audit =
    notes.audit ?? auditAsSystem(action.kind === 'report' ? `gateway ${before.gatewayName}` : 'commands')
  await audit(client, {
    action: `command.${notes.verb ?? 'finish'}`,
    entity: 'command',
    entityId: before.id,
    projectId: before.projectId,
    before: { state: before.state },
    after: {
      state: standing.state,
      ...(standing.uncertain ? { uncertain: true } : {}),
      ...(message === null ? {} : { message }),
      ...(outcome ? { outcome: say(outcome, 'en') } : {}),
    },
  })
  if (standing.settledBy !== null) await tellOthers(client, before, standing, at)
}

/** What was told to the device stays here: lists of people may be in it. */
function tellOthers(client: PoolClient, before: CommandRow, standing: Standing, at: Date): Promise<void> {
  const { id: commandId, gatewayId, deviceId, deviceKey, target, kind } = before
  const { state, uncertain, settledBy } = standing
  const data = { commandId, gatewayId, deviceId, deviceKey, target, kind, state, uncertain, settledBy }
  return emitEvent(client, at, { type: 'command.finished', projectId: before.projectId, data })
}

/** To be called after the commit. */
export function tellOf(
  hub: Pick<Hub, 'live'>,
  command: { readonly id: string; readonly deviceId: string; readonly projectId: string },
  state: string,
): void {
  const { id, deviceId, projectId } = command
  hub.live.publish('command', { id, deviceId, state }, { projectId })
}
