/** A room goes to another owner: roles, account and payer change at one instant, with what is unpaid decided. */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { OwnerChangePreview, RouteBody } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { opens, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { openBills } from '../charging/index.ts'
import { enterRead } from '../metering/index.ts'
import {
  addRole,
  changeHousehold,
  findHousehold,
  findParty,
  householdOf,
  tellOfRoles,
  roomPlace,
  rolePeriods,
  setPayer,
  type LocatedRoom,
} from '../parties/index.ts'
import { opened } from './access.ts'
import { settlementRefused } from './domain/settlement.ts'
import { handoverErrors } from './errors.ts'
import { metersOfRoom } from './handover.repository.ts'
import { changeHead, endRolesAt, insertOwnerChange, unpaidBills } from './owner-change.repository.ts'
import type { HandoverReason } from './reasons.ts'

type Input = Omit<RouteBody<'POST /api/rooms/:id/owner-change'>, 'reads' | 'reason'> & {
  reads: { meteringPointId: string; index: string }[]
  reason: string | null
}

async function findRoomFor(
  hub: Hub,
  user: CurrentUser,
  roomId: string,
  permission: 'handover.read' | 'handover.write',
) {
  const room = await roomPlace(hub.db.pool, roomId)
  opened(user, room, permission)
  // Who decides about debts has to be allowed to see them
  if (!opens(user, 'charging.read', room!)) {
    throw fail(platformErrors.forbidden, 'Your role may not do this here', { permission: 'charging.read' })
  }
  return room!
}

export async function previewOwnerChange(
  hub: Hub,
  user: CurrentUser,
  roomId: string,
): Promise<OwnerChangePreview> {
  await findRoomFor(hub, user, roomId, 'handover.read')
  const { pool } = hub.db
  const [head, meters] = await Promise.all([changeHead(pool, roomId), metersOfRoom(pool, roomId)])
  const householdId = head.household?.id
  const bills = householdId ? await unpaidBills(pool, householdId) : []
  const open = householdId ? await openBills(pool, [householdId]) : []
  return { ...head, meters, unpaidBills: bills, unpaidAmount: open[0]?.amount ?? '0.00' }
}

/**
 * Reads go to metering first, which takes the same read twice as one: a process that dies before the change leaves
 * true reads only.
 * @throws AppError `owner_change.refused` with the reason, when bills are unpaid and nobody said who pays
 */
export async function changeOwner(
  hub: Hub,
  user: CurrentUser,
  roomId: string,
  input: Input,
  audit: Audit,
): Promise<{ id: string; householdId: string }> {
  const room = await findRoomFor(hub, user, roomId, 'handover.write')
  await findParty(hub, user, input.toPartyId, 'party.read')
  if ('id' in input.account) await findHousehold(hub, user, input.account.id, 'estate.read')
  const at = input.at ? new Date(input.at) : hub.clock.now()
  await decideEarly(hub, room, input)
  const reads = await enterReads(hub, user, room, input.reads, at, audit)
  return hub.db.transaction(async (client) => {
    const id = randomUUID()
    await roomPlace(client, roomId, true)
    const facts = await decide(client, room, input)
    const now = hub.clock.now()
    const householdId = (await householdOf(client, user, room.projectId, input.account, now))!
    const ended = await endRolesAt(client, roomId, at, user.id)
    await tellOfRoles(
      client,
      now,
      ended.map((id) => ({ kind: 'edit', id, projectId: room.projectId, action: 'end', fields: ['to'] })),
    )
    await addRole(
      client,
      user,
      room,
      { partyId: input.toPartyId, role: 'owner', sharePercent: null, from: at },
      now,
    )
    await changeHousehold(client, roomId, householdId, at, now)
    await setPayer(client, householdId, input.toPartyId, at, user.id)
    const change = {
      ...facts,
      at,
      toPartyId: input.toPartyId,
      toHouseholdId: householdId,
      settlement: input.settlement,
    }
    const { projectId, buildingId } = room
    const row = {
      ...change,
      id,
      projectId,
      buildingId,
      roomId,
      reads,
      reason: input.reason,
      userId: user.id,
      now,
    }
    await insertOwnerChange(client, row)
    await audit(client, {
      action: 'room.ownerChange',
      entity: 'room',
      entityId: roomId,
      projectId,
      before: { ownerId: facts.fromPartyId, householdId: facts.fromHouseholdId },
      after: { ...change, reads, reason: input.reason },
    })
    return { id, householdId }
  })
}

/** Before reads are taken, so that a refused change leaves nothing behind; decided again under the lock. */
async function decideEarly(hub: Hub, room: LocatedRoom, input: Input): Promise<void> {
  await hub.db.transaction(async (client) => {
    await decide(client, room, input)
  })
}

async function decide(client: pg.PoolClient, room: LocatedRoom, input: Input) {
  const owner = (await rolePeriods(client, room.id)).find(
    ({ role, toMs }) => role === 'owner' && toMs === null,
  )
  const { household } = await changeHead(client, room.id)
  const open = household ? (await openBills(client, [household.id]))[0] : undefined
  const unpaidAmount = open?.amount ?? '0.00'
  const reason = settlementRefused({
    unpaidAmount,
    seenAmount: input.unpaidAmount,
    settlement: input.settlement,
    sameAccount: 'id' in input.account && input.account.id === household?.id,
    sameOwner: owner?.partyId === input.toPartyId,
  })
  if (reason) {
    throw fail(handoverErrors.ownerChangeRefused, 'The change of owner is refused', {
      issues: [{ path: reason.code === 'ownerChange.same_owner' ? 'toPartyId' : 'settlement', reason }],
      unpaidAmount,
    })
  }
  return {
    fromPartyId: owner?.partyId ?? null,
    fromHouseholdId: household?.id ?? null,
    unpaidBills: open?.bills ?? 0,
    unpaidAmount,
  }
}

async function enterReads(
  hub: Hub,
  user: CurrentUser,
  room: LocatedRoom,
  reads: Input['reads'],
  at: Date,
  audit: Audit,
) {
  const meters = new Map((await metersOfRoom(hub.db.pool, room.id)).map((meter) => [meter.id, meter]))
  const entered: object[] = []
  for (const [i, { meteringPointId, index }] of reads.entries()) {
    const meter = meters.get(meteringPointId)
    const reason: HandoverReason = { code: 'handover.other_meter' }
    if (!meter)
      throw invalidInput('A meter of another room', [{ path: `reads.${i}.meteringPointId`, reason }])
    const note = 'change of owner'
    const read = await enterRead(hub, user, meteringPointId, { at: at.toISOString(), index, note }, audit)
    entered.push({
      meteringPointId,
      name: meter.name,
      serial: read.serial,
      index: read.index,
      unit: meter.unit,
    })
  }
  return entered
}
