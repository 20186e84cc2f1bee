/**
 * Roles as the kit makes and changes them, from a form or from a file of twenty thousand rows: people and accounts are
 * looked up, periods and shares judged, and what is new made, set by set.
 */
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { PartyRoleKind } from '@courtyard/protocols/contract'
import { auditManyAs } from '../../platform/audit/audit-many.ts'
import { maskIdentityNumber, maskPhone } from '../../platform/auth/sensitive.ts'
import { opens } from '../../platform/auth/user.ts'
import { inputFault } from '../../platform/resource/change.service.ts'
import type { RecordContext } from '../../platform/resource/context.ts'
import type { Values } from '../../platform/resource/field.ts'
import { changedNames } from '../../platform/resource/read-values.ts'
import { emitRecordEvents } from '../../platform/resource/record-events.ts'
import {
  resourceNamed,
  type Fault,
  type RecordChange,
  type ResourceImporting,
} from '../../platform/resource/resource.ts'
import { judgeRoles, overlap, type RoleState } from './domain/role-changes.ts'
import { planStays, type StayPlan } from './domain/stay-plan.ts'
import { soughtOf, peopleMeant, textOf, type KnownPeople, type Meant } from './role-people.ts'
import {
  buildingsOf,
  insertPeople,
  insertStays,
  keepPeriods,
  lockPeople,
  removeBrought,
  rolesOfRooms,
  setEndedBy,
  staysOfRooms,
  type KeptPeriod,
  type NewPerson,
} from './role-records.repository.ts'

type Client = Pick<pg.Pool, 'query'>

/** A role that is new or changes, as it would be. */
interface RoleChange {
  readonly id: string
  readonly row: number | null
  readonly before: Values | null
  readonly after: Values
}

/** What rows above have made of rooms that they name. Lives as long as a file is read. */
interface Memory {
  readonly people: KnownPeople
  readonly roles: Map<string, readonly RoleState[]>
  /** Accounts by room. */
  readonly accounts: Map<string, string>
}

interface Judged {
  readonly faults: readonly (readonly Fault[])[]
  readonly meant: readonly Meant[]
  readonly states: readonly RoleState[]
  readonly buildings: ReadonlyMap<string, string>
  readonly stays: StayPlan['stays']
}

const ALWAYS_MS = 0

const newMemory = (): Memory => ({ people: new Map(), roles: new Map(), accounts: new Map() })

async function judge(
  client: Client,
  context: RecordContext,
  projectId: string,
  changes: readonly RoleChange[],
  memory: Memory,
): Promise<Judged> {
  const { user, hub } = context
  const nowMs = hub.clock.now().getTime()
  const roomIds = [...new Set(changes.map(({ after }) => String(after.roomId)))]
  const afters = changes.map(({ after }) => after)
  const buildings = await buildingsOf(client, roomIds, false)
  const meant = await peopleMeant(client, user, projectId, afters, memory.people)
  const known = await knownRoles(client, roomIds, memory)
  const states = changes.map((change, at) => stateOf(change, meant[at]!.who, known, nowMs))
  const judged = judgeRoles(known, states, nowMs)
  for (const [roomId, roles] of Map.groupBy(judged.after, ({ roomId }) => roomId))
    memory.roles.set(roomId, roles)
  const accounts = changes.map(({ before, after }, at) => {
    const wanted = before === null && states[at]!.toMs === null && judged.faults[at]!.length === 0
    return wanted ? accountOf(after, states[at]!) : null
  })
  const mayOpen = (roomId: string) =>
    opens(user, 'estate.write', { projectId, buildingId: buildings.get(roomId)! })
  const plan = planStays(await staysOfRooms(client, roomIds), accounts, memory.accounts, mayOpen, nowMs)
  const faults = changes.map((_, at) => [
    ...(meant[at]!.fault ? [meant[at]!.fault] : []),
    ...judged.faults[at]!,
    ...plan.faults[at]!,
  ])
  return { faults, meant, states, buildings, stays: plan.stays }
}

async function knownRoles(
  client: Client,
  roomIds: readonly string[],
  { roles }: Memory,
): Promise<RoleState[]> {
  const fresh = roomIds.filter((id) => !roles.has(id))
  return [...(await rolesOfRooms(client, fresh)), ...roomIds.flatMap((id) => roles.get(id) ?? [])]
}

/** Without a date the first owner known of a room is its owner always; everybody else begins now. */
function stateOf(
  { id, row, after }: RoleChange,
  who: string,
  known: readonly RoleState[],
  nowMs: number,
): RoleState {
  const role = after.role as PartyRoleKind
  const roomId = String(after.roomId)
  const isOwned = known.some((one) => one.roomId === roomId && one.role === 'owner' && one.row === null)
  const isFirst = (role === 'owner' || role === 'coOwner') && !isOwned
  const from = textOf(after, 'from')
  const to = textOf(after, 'to')
  return {
    ...{ id, roomId, who, role, row },
    sharePercent: textOf(after, 'sharePercent'),
    fromMs: from === null ? (isFirst ? ALWAYS_MS : nowMs) : Date.parse(from),
    toMs: to === null ? null : Date.parse(to),
  }
}

function accountOf(after: Values, { id, roomId, fromMs }: RoleState) {
  const accountNumber = textOf(after, 'accountNumber')
  if (accountNumber === null) return null
  const isKnown = textOf(after, 'from') !== null
  return {
    ...{ roomId, accountNumber, roleId: id, fromMs: isKnown ? fromMs : null },
    name: textOf(after, 'accountName') ?? textOf(after, 'name'),
    kind: textOf(after, 'accountKind') ?? 'residential',
  }
}

/** Hook of the resource: see `ResourceHooks.prepare`. */
export async function prepareRoles(
  tx: pg.ClientBase,
  context: RecordContext,
  changes: readonly RecordChange[],
): Promise<Values[]> {
  const more = new Map<string, Values>()
  for (const [projectId, own] of Map.groupBy(changes, (change) => change.projectId!)) {
    const rooms = [...new Set(own.map(({ after }) => String(after.roomId)))]
    await lockPeople(tx, projectId)
    // One change of a room at a time: what is judged now stays true until the transaction ends
    await buildingsOf(tx, rooms, true)
    const roleChanges = own.map(({ id, before, after }) => ({ id, before, after, row: null }))
    const judged = await judge(tx, context, projectId, roleChanges, newMemory())
    const faults = judged.faults.flat()
    if (faults.length > 0) throw inputFault(faults)
    await bringPeople(tx, context, projectId, own, judged)
    await bringAccounts(tx, context, projectId, judged)
    await keepHistory(tx, context, own)
    for (const [at, { id, before, after }] of own.entries())
      more.set(id, before === null ? madeOf(after, judged, at) : {})
  }
  return changes.map(({ id }) => more.get(id)!)
}

function madeOf(after: Values, { meant, states, buildings }: Judged, at: number): Values {
  return {
    partyId: meant[at]!.who,
    buildingId: buildings.get(String(after.roomId))!,
    from: new Date(states[at]!.fromMs).toISOString(),
  }
}

async function bringPeople(
  tx: pg.ClientBase,
  { hub, user, actor }: RecordContext,
  projectId: string,
  changes: readonly RecordChange[],
  { meant }: Judged,
): Promise<void> {
  const people = new Map<string, NewPerson>()
  for (const [at, { id: roleId, after }] of changes.entries()) {
    const { who, isNew } = meant[at]!
    if (!isNew || people.has(who)) continue
    const { roomId: _, ...sought } = soughtOf(after)
    const kind = textOf(after, 'partyKind') ?? 'person'
    people.set(who, { ...sought, id: who, kind, identityKind: textOf(after, 'identityKind'), roleId })
  }
  const now = hub.clock.now()
  const made = [...people.values()]
  await insertPeople(tx, projectId, made, user.id, now)
  await auditManyAs(actor)(
    tx,
    made.map(({ id, kind, name, phone, identityNumber }) => ({
      ...{ action: 'party.create', entity: 'party', entityId: id, projectId },
      after: {
        ...{ kind, name, phone: phone && maskPhone(phone) },
        identityNumber: identityNumber && maskIdentityNumber(identityNumber),
      },
    })),
  )
  const fields = ['kind', 'name', 'phone', 'identityKind', 'identityNumber'] as const
  await emitRecordEvents(
    tx,
    now,
    resourceNamed('party'),
    made.map((person) => ({
      ...{ kind: 'create', id: person.id, projectId, action: 'create' },
      fields: fields.filter((name) => person[name] !== null),
    })),
  )
}

async function bringAccounts(
  tx: pg.ClientBase,
  { hub, user, actor }: RecordContext,
  projectId: string,
  { stays }: Judged,
): Promise<void> {
  const now = hub.clock.now()
  const rows = stays.map(({ fromMs, ...stay }) => ({ ...stay, from: new Date(fromMs) }))
  const opened = await insertStays(tx, projectId, rows, user.id, now)
  const byNumber = new Map(stays.map((stay) => [stay.accountNumber, stay]))
  await auditManyAs(actor)(tx, [
    ...opened.map(({ id, accountNumber }) => ({
      ...{ action: 'household.create', entity: 'household', entityId: id, projectId },
      after: { accountNumber, name: byNumber.get(accountNumber)!.name },
    })),
    ...rows.map(({ roomId, accountNumber, from }) => ({
      ...{ action: 'room.household', entity: 'room', entityId: roomId, projectId },
      after: { accountNumber, at: from },
    })),
  ])
  await emitRecordEvents(
    tx,
    now,
    resourceNamed('household'),
    opened.map(({ id }) => ({
      ...{ kind: 'create', id, projectId, action: 'create' },
      fields: ['accountNumber', 'name', 'kind'],
    })),
  )
}

/**
 * A role or share that is another one from a later day on: what was until then stays as a period of its own. Without a
 * later beginning the change is a correction, and the audit trail alone knows what stood there.
 */
async function keepHistory(
  tx: pg.ClientBase,
  { hub, user, actor }: RecordContext,
  changes: readonly RecordChange[],
): Promise<void> {
  const now = hub.clock.now()
  const edits = changes.filter(({ before }) => before !== null)
  const followed = edits.filter(
    ({ before, after }) =>
      changedNames(before, after).some((name) => name === 'role' || name === 'sharePercent') &&
      Date.parse(String(after.from)) > Date.parse(String(before!.from)),
  )
  const kept = followed.map(({ id, after }): KeptPeriod => ({
    id: randomUUID(),
    roleId: id,
    to: new Date(String(after.from)),
  }))
  await keepPeriods(tx, kept, user.id, now)
  await auditManyAs(actor)(
    tx,
    followed.map(({ projectId, before, after }, at) => ({
      ...{ action: 'partyRole.create', entity: 'partyRole', entityId: kept[at]!.id, projectId },
      after: { role: before!.role, sharePercent: before!.sharePercent, from: before!.from, to: after.from },
    })),
  )
  await emitRecordEvents(
    tx,
    now,
    resourceNamed('partyRole'),
    followed.map(({ projectId }, at) => ({
      ...{ kind: 'create', id: kept[at]!.id, projectId, action: 'create' },
      fields: ['role', 'sharePercent', 'from', 'to'],
    })),
  )
  const ended = edits.filter(({ before, after }) => before!.to === null && after.to !== null)
  const goesOn = edits.filter(({ before, after }) => before!.to !== null && after.to === null)
  const ids = (list: readonly RecordChange[]) => list.map(({ id }) => id)
  await setEndedBy(tx, ids(ended), user.id)
  await setEndedBy(tx, ids(goesOn), null)
}

/** Roles in files: a row is one person in one room. */
export const roleImporting: ResourceImporting = {
  async recognise(db, { context, projectId }, rows) {
    const records = rows.map(({ values }) => values)
    const usable = records.filter((values) => textOf(values, 'roomId') !== null)
    const meant = await peopleMeant(db, context.user, projectId!, usable, new Map())
    const roles = await rolesOfRooms(db, [...new Set(usable.map(({ roomId }) => String(roomId)))])
    const byRoom = Map.groupBy(roles, ({ roomId }) => roomId)
    const nowMs = context.hub.clock.now().getTime()
    const whoOf = new Map(usable.map((values, at) => [values, meant[at]!.who]))
    return records.map((values) => sameRole(byRoom.get(String(values.roomId)) ?? [], values, whoOf, nowMs))
  },
  async check(db, { context, projectId }, rows, memory) {
    const own = (memory.get('roles') as Memory | undefined) ?? newMemory()
    memory.set('roles', own)
    return (await judge(db, context, projectId!, rows, own)).faults
  },
  async undone(tx, _context, ids) {
    return removeBrought(tx, ids)
  },
}

/** The role of that person in that room at that time; without a date the one that he has now. */
function sameRole(
  inRoom: readonly RoleState[],
  values: Values,
  whoOf: ReadonlyMap<Values, string>,
  nowMs: number,
): string | null {
  const from = textOf(values, 'from')
  const to = textOf(values, 'to')
  const period = {
    fromMs: from === null ? nowMs : Date.parse(from),
    toMs: to === null ? null : Date.parse(to),
  }
  const same = inRoom.find(
    (one) => one.who === whoOf.get(values) && one.role === values.role && overlap(one, period),
  )
  return same?.id ?? null
}
