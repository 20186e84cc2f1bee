/** Handing rooms over: plan, notice, appointment, inspection, reads, keys, completion. */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type {
  HandoverBatchDetail,
  HandoverDetail,
  InspectionItem,
  RouteBody,
} from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { notify } from '../../platform/notify/index.ts'
import { findBuilding } from '../estate/index.ts'
import { addRole, findParty, insertKeys, rolePeriods } from '../parties/index.ts'
import { enterRead } from '../metering/index.ts'
import { opened } from './access.ts'
import { canStep, missingForCompletion, type HandoverStep } from './domain/handover-steps.ts'
import { handoverErrors } from './errors.ts'
import {
  batchDetail,
  batchPlace,
  handoverDetail,
  handoverHead,
  insertBatch,
  markNotified,
  metersOfRoom,
  partyName,
  patchHandover,
  saveResults,
  setDelivered,
  type HandoverHead,
  type HandoverPatch,
} from './handover.repository.ts'
import { tellOfDefects, tellOfRooms } from './news.ts'
import type { HandoverReason } from './reasons.ts'
import { noticeTemplate } from './templates.ts'

const invalid = (path: string, reason: HandoverReason) =>
  invalidInput('The handover is refused', [{ path, reason }])

interface BatchInput {
  readonly name: string
  readonly notice: string
  readonly startsOn: string
  readonly endsOn: string
  readonly items: readonly InspectionItem[]
  readonly roomIds: readonly string[] | null
}

export async function planBatch(
  hub: Hub,
  user: CurrentUser,
  buildingId: string,
  input: BatchInput,
  audit: Audit,
): Promise<HandoverBatchDetail> {
  const building = await findBuilding(hub, user, buildingId, 'estate.read')
  const { projectId } = opened(
    user,
    { id: buildingId, projectId: building.projectId, buildingId },
    'handover.write',
  )
  if (input.endsOn < input.startsOn) throw invalid('endsOn', { code: 'handover.end_first' })
  const id = randomUUID()
  await hub.db.transaction(async (client) => {
    const now = hub.clock.now()
    const batch = { ...input, id, projectId, buildingId, userId: user.id, now }
    const { rooms, marked } = await insertBatch(client, batch)
    if (rooms === 0) throw invalid('roomIds', { code: 'handover.no_rooms' })
    await tellOfRooms(client, now, projectId, marked, 'deliveryState')
    await audit(client, {
      action: 'handover.plan',
      entity: 'handoverBatch',
      entityId: id,
      projectId,
      after: { name: input.name, buildingId, rooms, startsOn: input.startsOn, endsOn: input.endsOn },
    })
  })
  return (await batchDetail(hub.db.pool, id))!
}

export async function batchFor(hub: Hub, user: CurrentUser, id: string): Promise<HandoverBatchDetail> {
  opened(user, await batchPlace(hub.db.pool, id), 'handover.read')
  return (await batchDetail(hub.db.pool, id))!
}

/**
 * Owners who are on file get the notice through the outbox, in the transaction that notes it: once each, whatever is
 * killed. The others are told by people; the list shows who has nobody on file.
 */
export async function notifyBatch(
  hub: Hub,
  user: CurrentUser,
  id: string,
  audit: Audit,
): Promise<HandoverBatchDetail> {
  const { projectId } = opened(user, await batchPlace(hub.db.pool, id), 'handover.write')
  await hub.db.transaction(async (client) => {
    const rooms = await markNotified(client, id, user.id, hub.clock.now())
    if (rooms.length === 0) return
    const known = rooms.filter(({ partyId }) => partyId !== null)
    for (const { id: handoverId, partyId, room, startsOn: from, endsOn: to, notice } of known) {
      await notify(hub, client, {
        template: noticeTemplate.key,
        to: [{ kind: 'parties', ids: [partyId!] }],
        variables: { room, from, to, notice },
        projectId,
        dedupeKey: `handover/${handoverId}`,
      })
    }
    await audit(client, {
      action: 'handover.notify',
      entity: 'handoverBatch',
      entityId: id,
      projectId,
      after: { rooms: rooms.length, messages: known.length },
    })
  })
  return (await batchDetail(hub.db.pool, id))!
}

export async function handoverFor(hub: Hub, user: CurrentUser, id: string): Promise<HandoverDetail> {
  opened(user, await handoverHead(hub.db.pool, id), 'handover.read')
  return (await handoverDetail(hub.db.pool, id))!
}

interface Change {
  readonly id: string
  readonly step: HandoverStep
  /** Null: whatever was changed meanwhile. */
  readonly version: number | null
}
type Work = (client: pg.PoolClient, handover: HandoverHead, now: Date) => Promise<HandoverPatch>

/** Locks the handover, checks that the step is due and nobody was quicker, does the work, saves and audits. */
async function change(
  hub: Hub,
  user: CurrentUser,
  { id, step, version }: Change,
  audit: Audit,
  work: Work,
): Promise<HandoverDetail> {
  opened(user, await handoverHead(hub.db.pool, id), 'handover.write')
  await hub.db.transaction(async (client) => {
    const handover = (await handoverHead(client, id, true))!
    if (!canStep(handover.state, step)) {
      throw fail(handoverErrors.wrongState, 'Not in its present state', { state: handover.state, step })
    }
    if (version !== null && handover.version !== version) {
      throw fail(handoverErrors.changed, 'Somebody else changed the handover')
    }
    const now = hub.clock.now()
    const patch = await work(client, handover, now)
    await patchHandover(client, id, patch, user.id, now)
    await audit(client, {
      action: `handover.${step}`,
      entity: 'handover',
      entityId: id,
      projectId: handover.projectId,
      before: { state: handover.state, partyId: handover.partyId },
      after: { ...patch, roomId: handover.roomId },
    })
  })
  return (await handoverDetail(hub.db.pool, id))!
}

export async function appoint(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { version: number; at: string; partyId: string | null },
  audit: Audit,
): Promise<HandoverDetail> {
  if (input.partyId) await findParty(hub, user, input.partyId, 'party.read')
  return change(
    hub,
    user,
    { id, step: 'appoint', version: input.version },
    audit,
    async (_client, handover) => ({
      state: 'appointed',
      appointedFor: new Date(input.at),
      partyId: input.partyId ?? handover.partyId,
    }),
  )
}

export async function inspect(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: {
    version: number
    items: readonly { id: string; result: 'ok' | 'defect' | null; remark: string | null }[]
  },
  audit: Audit,
): Promise<HandoverDetail> {
  return change(
    hub,
    user,
    { id, step: 'inspect', version: input.version },
    audit,
    async (client, handover, now) => {
      const { made, changed } = await saveResults(client, handover, input.items, user.id, now)
      const { projectId } = handover
      const fields = ['title', 'roomId', 'detail', 'state']
      await tellOfDefects(client, now, projectId, made, { kind: 'create', action: 'inspect', fields })
      const news = { kind: 'edit', action: 'inspect', fields: ['detail'] } as const
      await tellOfDefects(client, now, projectId, changed, news)
      return { state: 'inspecting' }
    },
  )
}

type Terms = RouteBody<'PUT /api/handovers/:id/terms'>

export async function setTerms(
  hub: Hub,
  user: CurrentUser,
  id: string,
  { version, ...terms }: Terms,
  audit: Audit,
): Promise<HandoverDetail> {
  if (terms.partyId) await findParty(hub, user, terms.partyId, 'party.read')
  return change(hub, user, { id, step: 'terms', version }, audit, async () => terms)
}

/**
 * The read goes to metering first, which takes the same read twice as one; then the handover keeps a copy. A process
 * that dies in between leaves a true read, and the next try adds the copy.
 */
export async function takeRead(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { meteringPointId: string; index: string },
  audit: Audit,
): Promise<HandoverDetail> {
  const head = opened(user, await handoverHead(hub.db.pool, id), 'handover.write')
  if (!canStep(head.state, 'read')) throw fail(handoverErrors.wrongState, 'Not in its present state')
  const meter = (await metersOfRoom(hub.db.pool, head.roomId)).find((one) => one.id === input.meteringPointId)
  if (!meter) throw invalid('meteringPointId', { code: 'handover.other_meter' })
  const at = hub.clock.now().toISOString()
  const read = await enterRead(hub, user, meter.id, { at, index: input.index, note: `handover ${id}` }, audit)
  return change(hub, user, { id, step: 'read', version: null }, audit, async (_client, handover) => {
    const others = handover.reads.filter((one) => one.meteringPointId !== meter.id)
    const { name, unit } = meter
    const taken = {
      meteringPointId: meter.id,
      name,
      unit,
      serial: read.serial,
      index: read.index,
      at: read.at,
    }
    return { reads: [...others, taken] }
  })
}

/** The room's state, its owner and the keys change at one instant, or not at all. */
export async function complete(
  hub: Hub,
  user: CurrentUser,
  id: string,
  version: number,
  audit: Audit,
): Promise<HandoverDetail> {
  return change(hub, user, { id, step: 'complete', version }, audit, async (client, handover, now) => {
    const detail = (await handoverDetail(client, id))!
    const missing = missingForCompletion({
      partyId: handover.partyId,
      results: detail.items.map(({ result }) => result),
      meterIds: detail.meters.map((meter) => meter.id),
      readIds: detail.reads.map((read) => read.meteringPointId),
    })
    if (missing.length > 0) throw refused(missing)
    await beginOwner(client, user, handover, now)
    await handKeys(client, user, handover, detail.party!, now)
    await setDelivered(client, handover.roomId, user.id, now)
    await tellOfRooms(client, now, handover.projectId, [handover.roomId], 'deliveryState')
    return { state: 'completed', completedAt: now, completedBy: user.id }
  })
}

const refused = (reasons: readonly HandoverReason[]) =>
  fail(handoverErrors.refused, 'Something is missing before the room can be handed over', {
    issues: reasons.map((reason) => ({ path: '', reason })),
  })

async function beginOwner(
  client: pg.PoolClient,
  user: CurrentUser,
  handover: HandoverHead,
  now: Date,
): Promise<void> {
  const { roomId, projectId, buildingId, partyId } = handover
  const owner = (await rolePeriods(client, roomId)).find(
    ({ role, toMs }) => role === 'owner' && toMs === null,
  )
  if (owner?.partyId === partyId) return
  if (owner) {
    throw refused([{ code: 'handover.other_owner', name: await partyName(client, owner.partyId) }])
  }
  const room = { id: roomId, projectId, buildingId }
  await addRole(client, user, room, { partyId: partyId!, role: 'owner', sharePercent: null, from: now }, now)
}

async function handKeys(
  client: pg.PoolClient,
  user: CurrentUser,
  handover: HandoverHead,
  party: { id: string; name: string },
  now: Date,
): Promise<void> {
  const { projectId, buildingId, roomId } = handover
  for (const keys of handover.keys) {
    const holder = { partyId: party.id, holder: party.name, from: now, userId: user.id }
    await insertKeys(client, { ...keys, ...holder, projectId, buildingId, roomId })
  }
}

export async function cancel(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { version: number; remark: string },
  audit: Audit,
): Promise<HandoverDetail> {
  return change(hub, user, { id, step: 'cancel', version: input.version }, audit, async () => ({
    state: 'cancelled',
    remark: input.remark,
  }))
}
