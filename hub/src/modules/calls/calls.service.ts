/** A call begins: who is it, and onto whose screen. */
import type { CallCard, RouteBody } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { loadUser } from '../../platform/auth/load-user.repository.ts'
import { maskPhone, maySeeSensitive } from '../../platform/auth/sensitive.ts'
import { hasPermission, opens, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { openBills } from '../charging/index.ts'
import {
  agentNamed,
  callById,
  callerByPhone,
  extensionOf,
  insertCall,
  onlyProject,
  personOfCall,
  saveExtension,
  saveNote,
  type CallRow,
} from './calls.repository.ts'
import { callErrors } from './errors.ts'

/**
 * Looks the number up in what the agent may see, writes the call down and shows it to the agent.
 * @throws AppError `call.unknown_agent` for a name or extension that nobody has, or who gets no calls
 */
export async function callBegins(
  hub: Hub,
  user: CurrentUser,
  input: RouteBody<'POST /api/cti/calls'>,
  audit: Audit,
): Promise<{ id: string; partyId: string | null; householdId: string | null }> {
  const now = hub.clock.now()
  const agentId = await agentNamed(hub.db.pool, input.agent)
  const agent = agentId && (await loadUser(hub.db.pool, agentId, now))
  if (!agent || !hasPermission(agent, 'cti.call')) {
    throw fail(callErrors.unknownAgent, 'Nobody who takes calls has this name or extension', {
      agent: input.agent,
    })
  }
  const caller = hasPermission(agent, 'party.read')
    ? await callerByPhone(hub.db.pool, agent, input.phone)
    : null
  const projectId = caller?.projectId ?? (await onlyProject(hub.db.pool, agent))
  const id = await hub.db.transaction(async (client) => {
    const call = {
      phone: input.phone,
      direction: input.direction ?? 'inbound',
      at: input.at ? new Date(input.at) : now,
      agentId: agent.id,
      caller,
      projectId,
      userId: user.id,
      now,
    } as const
    const made = await insertCall(client, call)
    await audit(client, {
      action: 'call.begin',
      entity: 'call',
      entityId: made,
      projectId,
      after: { agent: agent.username, direction: call.direction, partyId: caller?.partyId ?? null },
    })
    return made
  })
  hub.live.publish('call', { id }, { projectId: null, userId: agent.id })
  // Whose number it is concerns the agent: a telephone system that may not read people learns nothing
  const told =
    caller && hasPermission(user, 'party.read') && opens(user, 'party.read', { projectId: caller.projectId })
  return { id, partyId: told ? caller.partyId : null, householdId: told ? caller.householdId : null }
}

/** Calls are seen by their agent, and by those who read the log of the whole project. */
async function findCall(hub: Hub, user: CurrentUser, id: string): Promise<CallRow> {
  const call = await callById(hub.db.pool, id)
  const own = call?.agentId === user.id
  if (!call || (!own && !(call.projectId && opens(user, 'call.read', { projectId: call.projectId })))) {
    throw fail(platformErrors.notFound, 'There is no such call')
  }
  return call
}

export async function cardOf(hub: Hub, user: CurrentUser, id: string): Promise<CallCard> {
  const call = await findCall(hub, user, id)
  const { projectId } = call
  const person = await personOfCall(hub.db.pool, call)
  const places = projectId
    ? [{ projectId }, ...person.rooms.map(({ buildingId }) => ({ projectId, buildingId }))]
    : []
  const maySee = (permission: string) => places.some((place) => opens(user, permission, place))
  const shown = maySee('party.read')
  const open =
    call.householdId && maySee('charging.read') ? await openBills(hub.db.pool, [call.householdId]) : null
  return {
    id,
    projectId,
    // The agent hears the number anyway; afterwards it is masked like every other
    phone:
      call.agentId === user.id || places.some((place) => maySeeSensitive(user, place))
        ? call.phone
        : maskPhone(call.phone),
    direction: call.direction,
    at: call.at.toISOString(),
    note: call.note,
    party: shown ? person.party : null,
    samePhone: shown ? person.samePhone : 0,
    rooms: person.rooms
      .filter(({ buildingId }) => opens(user, 'party.read', { projectId: projectId!, buildingId }))
      .map(({ buildingId: _, ...room }) => room),
    household: shown && maySee('estate.read') ? person.household : null,
    openAmount: open && (open[0]?.amount ?? '0.00'),
    openDefects: shown && maySee('handover.read') ? person.openDefects : 0,
    openPermits: shown && maySee('handover.read') ? person.openPermits : 0,
  }
}

export async function noteCall(
  hub: Hub,
  user: CurrentUser,
  id: string,
  note: string,
  audit: Audit,
): Promise<{ ok: true }> {
  const call = await findCall(hub, user, id)
  if (call.agentId !== user.id) throw fail(platformErrors.forbidden, 'This call is somebody else’s')
  await hub.db.transaction(async (client) => {
    const before = (await callById(client, id, true))!
    await saveNote(client, id, note || null, user.id, hub.clock.now())
    await audit(client, {
      action: 'call.note',
      entity: 'call',
      entityId: id,
      projectId: call.projectId,
      before: { note: before.note },
      after: { note: note || null },
    })
  })
  return { ok: true }
}

export async function sitAt(
  hub: Hub,
  user: CurrentUser,
  extension: string | null,
  audit: Audit,
): Promise<{ ok: true }> {
  await hub.db.transaction(async (client) => {
    const before = await extensionOf(client, user.id)
    if (!(await saveExtension(client, user.id, extension))) {
      throw fail(callErrors.extensionTaken, 'Somebody else sits at this extension', { extension })
    }
    await audit(client, {
      action: 'call.extension',
      entity: 'user',
      entityId: user.id,
      before: { extension: before },
      after: { extension },
    })
  })
  return { ok: true }
}
