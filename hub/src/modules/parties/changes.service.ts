/** Who is what to a room, who lives there, who pays, who holds keys. One change of a room at a time. */
import type pg from 'pg'
import type { HouseholdFile, KeyKind, Reference, RouteBody } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import type { RecordContext } from '../../platform/resource/context.ts'
import { emitRecordEvents, type RecordNews } from '../../platform/resource/record-events.ts'
import { createRecord } from '../../platform/resource/records.service.ts'
import { resourceNamed } from '../../platform/resource/resource.ts'
import { findHousehold, findRoom, opensAny } from './access.ts'
import {
  endRole,
  householdProject,
  insertHousehold,
  insertKeys,
  insertRole,
  keysPlace,
  lockHousehold,
  moveHousehold,
  returnKeys,
  rolePeriods,
  rolePlace,
  setPayer,
  staysOf,
  updateHousehold,
} from './changes.repository.ts'
import { endRefused, moveRefused, roleRefused, type NewRole } from './domain/periods.ts'
import { partyErrors } from './errors.ts'
import { partyPlace, roomPlace, type LocatedRoom } from './files.repository.ts'
import { householdFor } from './files.service.ts'
import type { PartyReason } from './reasons.ts'

export const refuse = (path: string, reason: PartyReason) =>
  invalidInput('The change is refused', [{ path, reason }])

/** A person of the room's project whom the user may see: else his name could be read off a foreign room. */
async function requireParty(client: pg.ClientBase, user: CurrentUser, projectId: string, partyId: string) {
  const party = await partyPlace(client, partyId)
  if (!party || party.projectId !== projectId || !opensAny(user, 'party.read', party)) {
    throw refuse('partyId', { code: 'party.unknown' })
  }
  if (party.archived) throw refuse('partyId', { code: 'party.archived' })
  return party
}

interface NewPerson {
  readonly name: string
  readonly kind: 'person' | 'organisation'
  readonly phone: string | null
}
interface RoleInput {
  readonly partyId?: string | undefined
  /** In place of `partyId`: somebody who is not on file. */
  readonly person?: NewPerson | undefined
  readonly role: NewRole['role']
  readonly sharePercent: string | null
  readonly from?: string | undefined
}

/** As the form of the list does it: somebody who is on file by name and phone is not put on file again. */
export async function beginRole(
  context: RecordContext,
  roomId: string,
  input: RoleInput,
): Promise<{ id: string; partyId: string }> {
  const { hub, user } = context
  const { projectId } = await findRoom(hub, user, roomId, 'party.write')
  const { person, partyId, role, sharePercent, from = hub.clock.now().toISOString() } = input
  const who = person ? { name: person.name, partyKind: person.kind, phone: person.phone } : { partyId }
  const values = { projectId, roomId, ...who, role, sharePercent, from }
  const record = await createRecord(context, resourceNamed('partyRole'), values)
  return { id: record.id, partyId: (record.partyId as Reference).id }
}

interface RoleBegin {
  readonly partyId: string
  readonly role: NewRole['role']
  readonly sharePercent: string | null
  readonly from: Date
}

/** Inside a transaction; the room is locked. @throws AppError `input.invalid` when periods would overlap */
export async function addRole(
  client: pg.ClientBase,
  user: CurrentUser,
  room: LocatedRoom,
  begin: RoleBegin,
  now: Date,
): Promise<string> {
  await roomPlace(client, room.id, true)
  const wanted = { partyId: begin.partyId, role: begin.role, fromMs: begin.from.getTime() }
  const refused = roleRefused(await rolePeriods(client, room.id), wanted, now.getTime())
  if (refused) throw refuse(refused.code.startsWith('role.') ? 'role' : 'from', refused)
  const id = await insertRole(client, {
    projectId: room.projectId,
    buildingId: room.buildingId,
    roomId: room.id,
    partyId: begin.partyId,
    role: begin.role,
    sharePercent: begin.sharePercent,
    from: begin.from,
    userId: user.id,
  })
  const fields = ['roomId', 'partyId', 'role', 'from']
  await tellOfRoles(client, now, [
    { kind: 'create', id, projectId: room.projectId, action: 'create', fields },
  ])
  return id
}

/** Other systems learn of roles that are not made or changed by their form. */
export function tellOfRoles(client: pg.ClientBase, now: Date, news: readonly RecordNews[]): Promise<void> {
  return emitRecordEvents(client, now, resourceNamed('partyRole'), news)
}

export async function finishRole(
  hub: Hub,
  user: CurrentUser,
  id: string,
  at: string | undefined,
  audit: Audit,
): Promise<{ ok: true }> {
  const place = await rolePlace(hub.db.pool, id)
  if (!place) throw fail(platformErrors.notFound, 'There is no such role')
  await findRoom(hub, user, place.roomId, 'party.write')
  const now = hub.clock.now()
  const end = at ? new Date(at) : now
  await hub.db.transaction(async (client) => {
    const role = (await rolePlace(client, id, true))!
    const refused = endRefused(role, end.getTime(), now.getTime())
    if (refused) throw refuse('at', refused)
    await endRole(client, id, end, user.id)
    const news = { kind: 'edit', id, projectId: role.projectId, action: 'end', fields: ['to'] } as const
    await tellOfRoles(client, now, [news])
    await audit(client, {
      action: 'partyRole.end',
      entity: 'room',
      entityId: role.roomId,
      projectId: role.projectId,
      before: { roleId: id, partyId: role.partyId, role: role.role },
      after: { to: end },
    })
  })
  return { ok: true }
}

type MoveInput = {
  household: RouteBody<'POST /api/rooms/:id/household'>['household']
  at?: string | undefined
}

export async function moveIn(
  hub: Hub,
  user: CurrentUser,
  roomId: string,
  input: MoveInput,
  audit: Audit,
): Promise<{ householdId: string | null }> {
  const room = await findRoom(hub, user, roomId, 'estate.write')
  const now = hub.clock.now()
  const at = input.at ? new Date(input.at) : now
  if (input.household && 'id' in input.household)
    await findHousehold(hub, user, input.household.id, 'estate.read')
  return hub.db.transaction(async (client) => {
    await roomPlace(client, room.id, true)
    const householdId = await householdOf(client, user, room.projectId, input.household, now)
    const before = await changeHousehold(client, room.id, householdId, at, now)
    await audit(client, {
      action: 'room.household',
      entity: 'room',
      entityId: room.id,
      projectId: room.projectId,
      before: { householdId: before },
      after: { householdId, at },
    })
    return { householdId }
  })
}

/** The account that is meant, made when it is new. @throws AppError `household.account_taken` */
export async function householdOf(
  client: pg.ClientBase,
  user: CurrentUser,
  projectId: string,
  meant: MoveInput['household'],
  now: Date,
): Promise<string | null> {
  if (meant === null) return null
  if ('id' in meant) {
    if ((await householdProject(client, meant.id)) === projectId) return meant.id
    throw refuse('household', { code: 'household.unknown' })
  }
  const id = await insertHousehold(client, { ...meant, projectId, userId: user.id, now })
  if (id) {
    const fields = ['accountNumber', 'name', 'kind']
    const news = { kind: 'create', id, projectId, action: 'create', fields } as const
    await emitRecordEvents(client, now, resourceNamed('household'), [news])
    return id
  }
  throw fail(partyErrors.accountTaken, 'The account number is taken', { accountNumber: meant.accountNumber })
}

/** Inside a transaction that holds the room. @returns who lived there before */
export async function changeHousehold(
  client: pg.ClientBase,
  roomId: string,
  householdId: string | null,
  at: Date,
  now: Date,
): Promise<string | null> {
  const stays = await staysOf(client, roomId)
  const current = stays.find(({ toMs }) => toMs === null)?.householdId ?? null
  if (current === householdId) return current
  const refused = moveRefused(stays, at.getTime(), now.getTime())
  if (refused) throw refuse('at', refused)
  await moveHousehold(client, roomId, householdId, at)
  return current
}

type HouseholdEdit = RouteBody<'PATCH /api/households/:id'>

/** @throws AppError `household.changed` when somebody was quicker */
export async function editHousehold(
  hub: Hub,
  user: CurrentUser,
  id: string,
  edit: HouseholdEdit,
  audit: Audit,
): Promise<HouseholdFile> {
  const { projectId } = await findHousehold(hub, user, id, 'estate.write')
  const now = hub.clock.now()
  await hub.db.transaction(async (client) => {
    const before = await lockHousehold(client, id)
    if (before.version !== edit.version) throw fail(partyErrors.changed, 'Somebody else changed the account')
    const payerId = edit.payerId === undefined ? before.payerId : edit.payerId
    const after = { name: edit.name ?? before.name, kind: edit.kind ?? before.kind, payerId }
    if (payerId !== before.payerId) {
      if (payerId) await requireParty(client, user, projectId, payerId)
      await setPayer(client, id, payerId, now, user.id)
    }
    await updateHousehold(client, id, after, user.id, now)
    const fields = (['name', 'kind'] as const).filter((name) => before[name] !== after[name])
    const news = { kind: 'edit', id, projectId, action: 'edit', fields } as const
    await emitRecordEvents(client, now, resourceNamed('household'), [news])
    await audit(client, {
      action: 'household.edit',
      entity: 'household',
      entityId: id,
      projectId,
      before,
      after,
    })
  })
  return householdFor(hub, user, id)
}

interface KeysInput {
  readonly kind: KeyKind
  readonly label: string
  readonly quantity: number
  readonly partyId: string | null
  readonly holder: string
}

export async function giveKeys(
  hub: Hub,
  user: CurrentUser,
  roomId: string,
  input: KeysInput,
  audit: Audit,
): Promise<{ id: string }> {
  const { projectId, buildingId } = await findRoom(hub, user, roomId, 'party.write')
  return hub.db.transaction(async (client) => {
    const party = input.partyId ? await requireParty(client, user, projectId, input.partyId) : null
    const holder = party?.name ?? input.holder
    if (holder === '') throw refuse('holder', { code: 'key.no_holder' })
    const row = { ...input, projectId, buildingId, roomId, holder, from: hub.clock.now(), userId: user.id }
    const id = await insertKeys(client, row)
    const { kind, label, quantity } = input
    await audit(client, {
      action: 'keys.give',
      entity: 'room',
      entityId: roomId,
      projectId,
      after: { id, kind, label, quantity, holder },
    })
    return { id }
  })
}

export async function takeKeysBack(
  hub: Hub,
  user: CurrentUser,
  id: string,
  audit: Audit,
): Promise<{ ok: true }> {
  const place = await keysPlace(hub.db.pool, id)
  if (!place) throw fail(platformErrors.notFound, 'There are no such keys')
  await findRoom(hub, user, place.roomId, 'party.write')
  await hub.db.transaction(async (client) => {
    const keys = (await keysPlace(client, id, true))!
    if (keys.to) return
    const at = hub.clock.now()
    await returnKeys(client, id, at, user.id)
    await audit(client, {
      action: 'keys.return',
      entity: 'room',
      entityId: keys.roomId,
      projectId: keys.projectId,
      after: { id, at },
    })
  })
  return { ok: true }
}
