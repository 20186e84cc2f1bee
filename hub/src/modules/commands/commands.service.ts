/** What people do with commands: ask, approve, reject, take back. */
import { createHash } from 'node:crypto'
import type { CommandBody, CommandKind, Permission } from '@courtyard/protocols/contract'
import { cutsOff } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { hasPermission, inWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { changeCommand, tellOf, type ChangeNotes } from './change.ts'
import { insertCommand } from './command-changes.repository.ts'
import type { CommandRow } from './command.types.ts'
import { commandById, findCommand, findCommandDevice, type CommandDevice } from './commands.repository.ts'
import { checkCommand, priorityOf } from './domain/check-command.ts'
import { contentText, isStorable, withoutPins } from './domain/content.ts'
import type { Action, Refusal } from './domain/state-machine.ts'
import { commandErrors } from './errors.ts'

type Actor = { readonly user: CurrentUser; readonly audit: Audit }

export interface CommandRequest {
  readonly id: string
  readonly target: string
  readonly body: CommandBody
  readonly reason: string
  readonly expiresInSeconds: number
}

/** Devices lie in a project, not in a building: who keeps a part of one switches none of them. */
export function mayCommand(user: CurrentUser, kind: CommandKind, projectId: string): boolean {
  return inWholeProject(user, projectId, `commands.${kind}`)
}

/**
 * Takes a request in, once: the same id with the same content is answered with what became of it.
 * @throws AppError `auth.forbidden`, `device.not_found`, `command.id_taken`, `command.device_removed`,
 *   `command.gateway_revoked`, `input.invalid`
 */
export async function requestCommand(
  hub: Hub,
  { user, audit }: Actor,
  deviceId: string,
  request: CommandRequest,
): Promise<CommandRow> {
  const { kind } = request.body
  if (!hasPermission(user, `commands.${kind}`)) throw forbidden(`commands.${kind}`)
  const device = await findCommandDevice(hub.db.pool, user, deviceId)
  if (!device) throw fail(commandErrors.deviceNotFound, 'There is no such device', { id: deviceId })
  if (!mayCommand(user, kind, device.projectId)) throw forbidden(`commands.${kind}`)
  requireStorable(request)
  const contentHash = hashOf(deviceId, request)
  const known = await commandById(hub.db.pool, request.id)
  if (known) return sameOrConflict(known, user, contentHash)
  requireAble(device, request)
  const inserted = await insertAudited(hub, { user, audit }, device, request, contentHash)
  // Somebody was faster: the same press of a button, or another command with this id
  const stored = (await commandById(hub.db.pool, request.id))!
  if (!inserted) return sameOrConflict(stored, user, contentHash)
  tellOf(hub, stored, stored.state)
  return stored
}

function hashOf(deviceId: string, { target, body, reason, expiresInSeconds }: CommandRequest): Buffer {
  const text = contentText({ deviceId, target, body, reason, expiresInSeconds })
  return createHash('sha256').update(text).digest()
}

function requireStorable({ body, reason, target }: CommandRequest): void {
  const parts = { 'body.reason': reason, 'body.target': target, 'body.body': body }
  const issues = Object.entries(parts)
    .filter(([, part]) => !isStorable(part))
    .map(([path]) => ({ path, reason: { code: 'command.unstorable' } }))
  if (issues.length > 0) throw invalidInput('The input can not be kept', issues)
}

function sameOrConflict(command: CommandRow, user: CurrentUser, contentHash: Buffer): CommandRow {
  if (command.requestedById === user.id && command.contentHash.equals(contentHash)) return command
  throw fail(commandErrors.idTaken, 'Another command has this id', { id: command.id })
}

function requireAble(device: CommandDevice, request: CommandRequest): void {
  const { id } = device
  if (device.removed)
    throw fail(commandErrors.deviceRemoved, 'The gateway no longer lists the device', { id })
  if (device.revoked) throw fail(commandErrors.gatewayRevoked, 'The gateway is revoked', { id })
  const faults = checkCommand(device.commands, request)
  if (faults.length > 0) throw invalidInput('The device can not do that', faults)
}

async function insertAudited(
  hub: Hub,
  { user, audit }: Actor,
  device: CommandDevice,
  request: CommandRequest,
  contentHash: Buffer,
): Promise<boolean> {
  const { id, target, body, reason } = request
  const now = hub.clock.now()
  const expiresAt = new Date(now.getTime() + request.expiresInSeconds * 1_000)
  const state = cutsOff(body) ? 'awaitingApproval' : 'queued'
  const { projectId, gatewayId, id: deviceId, key: deviceKey, name: deviceName } = device
  const { label } = device.commands.find(({ key }) => key === target)!
  return hub.db.transaction(async (client) => {
    const inserted = await insertCommand(client, {
      ...{ id, projectId, gatewayId, deviceId, deviceKey, deviceName, target, label, body, contentHash },
      ...{ kind: body.kind, priority: priorityOf(body.kind), state, reason, requestedAt: now, expiresAt },
      requestedById: user.id,
      requestedBy: user.username,
    })
    if (!inserted) return false
    await audit(client, {
      action: 'command.request',
      entity: 'command',
      entityId: id,
      projectId,
      after: { device: deviceName, target, body: withoutPins(body), reason, state, expiresAt },
    })
    return true
  })
}

/**
 * @throws AppError `command.not_found`, `auth.forbidden`, `command.own_request`, `command.not_awaiting`,
 *   `command.too_late`
 */
export async function approveCommand(hub: Hub, actor: Actor, id: string): Promise<CommandRow> {
  await requireApprover(hub, actor.user, id)
  const byId = actor.user.id
  return act(hub, actor, id, (nowMs) => ({ kind: 'approve', byId, nowMs }), { verb: 'approve' })
}

/** @throws AppError `command.not_found`, `auth.forbidden`, `command.own_request`, `command.not_awaiting` */
export async function rejectCommand(hub: Hub, actor: Actor, id: string, reason: string): Promise<CommandRow> {
  await requireApprover(hub, actor.user, id)
  if (!isStorable(reason)) {
    throw invalidInput('The input can not be kept', [
      { path: 'body.reason', reason: { code: 'command.unstorable' } },
    ])
  }
  const byId = actor.user.id
  const notes = { verb: 'reject', message: reason }
  return act(hub, actor, id, (nowMs) => ({ kind: 'reject', byId, nowMs }), notes)
}

/**
 * For who asked, and for who might have asked.
 * @throws AppError `command.not_found`, `auth.forbidden`, `command.already_sent`
 */
export async function cancelCommand(hub: Hub, actor: Actor, id: string): Promise<CommandRow> {
  const command = await findVisible(hub, actor.user, id)
  if (!ownsOrMay(actor.user, command)) throw forbidden(`commands.${command.kind}`)
  return act(hub, actor, id, (nowMs) => ({ kind: 'cancel', nowMs }), { verb: 'cancel' })
}

export function ownsOrMay(user: CurrentUser, { requestedById, kind, projectId }: CommandRow): boolean {
  return requestedById === user.id || mayCommand(user, kind, projectId)
}

export function mayApprove(user: CurrentUser, projectId: string): boolean {
  return inWholeProject(user, projectId, 'commands.approve')
}

async function requireApprover(hub: Hub, user: CurrentUser, id: string): Promise<void> {
  const { projectId } = await findVisible(hub, user, id)
  if (!mayApprove(user, projectId)) throw forbidden('commands.approve')
}

/** @throws AppError `command.not_found` */
export async function findVisible(hub: Hub, user: CurrentUser, id: string): Promise<CommandRow> {
  const command = await findCommand(hub.db.pool, user, id)
  if (!command) throw fail(commandErrors.notFound, 'There is no such command', { id })
  return command
}

async function act(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  actionAt: (nowMs: number) => Action,
  notes: Pick<ChangeNotes, 'verb' | 'message'>,
): Promise<CommandRow> {
  await findVisible(hub, user, id)
  const change = await hub.db.transaction(async (client) => {
    const at = hub.clock.now()
    return changeCommand(client, id, actionAt(at.getTime()), { ...notes, at, by: user.username, audit })
  })
  const { before, decision } = change!
  if (decision.kind === 'refused') throw refusal(decision.why, before)
  const after = (await commandById(hub.db.pool, id))!
  if (decision.kind === 'changed') tellOf(hub, after, decision.standing.state)
  return after
}

const refusals: Readonly<Record<Exclude<Refusal, 'notQueued'>, string>> = {
  ownRequest: 'A second person has to decide',
  notAwaiting: 'It does not wait for an approval',
  alreadySent: 'It was sent or has ended',
  tooLate: 'Its time is over',
}

function refusal(why: Refusal, { id, state }: CommandRow) {
  // People never send
  const known = why === 'notQueued' ? 'notAwaiting' : why
  return fail(commandErrors[known], refusals[known], { id, state })
}

function forbidden(permission: Permission) {
  return fail(platformErrors.forbidden, 'Your role may not do this', { permission })
}
