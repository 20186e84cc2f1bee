/** Keys as people make, change and end them: nobody gives a key more than he has himself. */
import type { PoolClient } from 'pg'
import type { ApiKey, RouteBody, ShownApiKey } from '@courtyard/protocols/contract'
import { missingFor, narrowGrants, type KeyScope } from '../../../platform/api-keys/key-grants.ts'
import { newKey } from '../../../platform/api-keys/key-text.ts'
import type { Audit } from '../../../platform/audit/audit.ts'
import type { Grant, Place } from '../../../platform/auth/grant.ts'
import { loadUser } from '../../../platform/auth/load-user.repository.ts'
import { isPermission, permissionGroups } from '../../../platform/auth/permissions.ts'
import { hasEverywhere, hasPermission, type CurrentUser } from '../../../platform/auth/user.ts'
import { fail, invalidInput, type InputFault } from '../../../platform/errors.ts'
import type { Hub } from '../../../platform/module.ts'
import { HOUR_MS } from '../../../platform/retry.ts'
import { integrationErrors } from '../errors.ts'
import type { IntegrationReason } from '../reasons.ts'
import {
  allKeys,
  endKey,
  exchangeSecret,
  insertKey,
  keyById,
  knownPlaces,
  setOwner,
  updateKey,
  type StoredKey,
} from './api-keys.repository.ts'

const MANAGE = 'apiKeys.manage'

export interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

/** Keys that are the person's own, and those for which he has all rights himself. */
export async function listKeys(hub: Hub, user: CurrentUser): Promise<ApiKey[]> {
  const keys = (await allKeys(hub.db.pool)).filter((key) => maySee(user, key))
  const owners = new Map<string, CurrentUser | null>()
  for (const { ownerId } of keys) {
    if (!owners.has(ownerId)) owners.set(ownerId, await loadUser(hub.db.pool, ownerId, hub.clock.now()))
  }
  return keys.map((key) => viewOf(key, owners.get(key.ownerId) ?? null, user, hub.clock.now()))
}

/** @throws AppError `apiKey.not_found` */
export async function getKey(hub: Hub, user: CurrentUser, id: string): Promise<ApiKey> {
  const key = await keyById(hub.db.pool, id)
  if (!key || !maySee(user, key)) throw notFound(id)
  return viewOf(key, await loadUser(hub.db.pool, key.ownerId, hub.clock.now()), user, hub.clock.now())
}

type KeyInput = RouteBody<'POST /api/api-keys'>

/** @throws AppError `input.invalid`, `apiKey.name_taken` */
export async function createKey(
  hub: Hub,
  { user, audit }: Actor,
  input: KeyInput & { perMinute: number },
): Promise<ShownApiKey> {
  const { secret, prefix, hash } = newKey()
  const id = await hub.db.transaction(async (tx) => {
    const now = hub.clock.now()
    const expiresAt = instantOf(input.expiresAt)
    const place = await checkedPlace(tx, input.place)
    requireAllowed(user, { permissions: input.permissions, place }, expiresAt, now)
    const { name, permissions, perMinute } = input
    const row = {
      name,
      prefix,
      hash,
      ownerId: user.id,
      permissions: sorted(permissions),
      place,
      perMinute,
      expiresAt,
      now,
    }
    const made = await insertKey(tx, row)
    if (made === null) throw nameTaken(name)
    const after = { name, prefix, permissions, place, perMinute, expiresAt }
    await audit(tx, { action: 'apiKey.create', entity: 'apiKey', entityId: made, after })
    return made
  })
  return { key: await getKey(hub, user, id), secret }
}

/** @throws AppError `apiKey.not_found`, `apiKey.changed`, `apiKey.revoked`, `input.invalid` */
export async function editKey(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  { version, ...input }: RouteBody<'PATCH /api/api-keys/:id'>,
): Promise<ApiKey> {
  await hub.db.transaction(async (tx) => {
    const before = await lockKey(tx, user, id, version)
    const place = input.place ? await checkedPlace(tx, input.place) : before.place
    const expiresAt = input.expiresAt === undefined ? before.expiresAt : instantOf(input.expiresAt)
    const after = {
      name: input.name ?? before.name,
      permissions: sorted(input.permissions ?? before.permissions),
      perMinute: input.perMinute ?? before.perMinute,
      ...{ place, expiresAt },
    }
    const grows =
      input.permissions !== undefined || input.place !== undefined || input.expiresAt !== undefined
    if (grows) requireAllowed(user, after, input.expiresAt === undefined ? null : expiresAt, hub.clock.now())
    if (!(await updateKey(tx, id, after))) throw nameTaken(after.name)
    const { name, permissions, perMinute } = before
    await audit(tx, {
      ...{ action: 'apiKey.change', entity: 'apiKey', entityId: id },
      before: { name, permissions, place: before.place, perMinute, expiresAt: before.expiresAt },
      after,
    })
  })
  return getKey(hub, user, id)
}

/** The old secret goes on for some hours, so that programs can be told the new one meanwhile. */
export async function rotateKey(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  { version, graceHours }: { version: number; graceHours: number },
): Promise<ShownApiKey> {
  const { secret, prefix, hash } = newKey()
  await hub.db.transaction(async (tx) => {
    const before = await lockKey(tx, user, id, version)
    const until = graceHours === 0 ? null : new Date(hub.clock.now().getTime() + graceHours * HOUR_MS)
    await exchangeSecret(tx, id, { prefix, hash, until })
    await audit(tx, {
      ...{ action: 'apiKey.rotate', entity: 'apiKey', entityId: id },
      before: { prefix: before.prefix },
      after: { prefix, graceHours },
    })
  })
  return { key: await getKey(hub, user, id), secret }
}

/** From now on the key can do what this person can, and ends with his account. */
export async function takeOverKey(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  version: number,
): Promise<ApiKey> {
  await hub.db.transaction(async (tx) => {
    const before = await lockKey(tx, user, id, version)
    requireAllowed(user, before, null, hub.clock.now())
    await setOwner(tx, id, user.id)
    await audit(tx, {
      ...{ action: 'apiKey.takeOver', entity: 'apiKey', entityId: id },
      before: { owner: before.ownerName },
      after: { owner: user.displayName },
    })
  })
  return getKey(hub, user, id)
}

/** Ending it twice changes nothing. @throws AppError `apiKey.not_found` */
export async function revokeKey(hub: Hub, { user, audit }: Actor, id: string): Promise<void> {
  await hub.db.transaction(async (tx) => {
    const key = await keyById(tx, id, true)
    if (!key || !maySee(user, key)) throw notFound(id)
    if (key.revokedAt) return
    await endKey(tx, id, hub.clock.now())
    const before = { name: key.name, prefix: key.prefix }
    await audit(tx, { action: 'apiKey.revoke', entity: 'apiKey', entityId: id, before })
  })
}

/** What the person could give to a key, in the groups of the role matrix. */
export function givablePermissions(user: CurrentUser) {
  return permissionGroups()
    .map(({ group, permissions }) => ({
      group: { zh: group.zh, en: group.en },
      permissions: Object.entries(permissions)
        .filter(([id]) => hasPermission(user, id))
        .map(([id, { zh, en }]) => ({ id, label: { zh, en } })),
    }))
    .filter(({ permissions }) => permissions.length > 0)
}

/** The row, locked, as the person saw it. */
async function lockKey(tx: PoolClient, user: CurrentUser, id: string, version: number): Promise<StoredKey> {
  const key = await keyById(tx, id, true)
  if (!key || !maySee(user, key)) throw notFound(id)
  if (key.revokedAt) throw fail(integrationErrors.keyRevoked, 'The key has ended; make a new one')
  if (key.version !== version) {
    throw fail(integrationErrors.keyChanged, 'Somebody has changed this key meanwhile; look at it again')
  }
  return key
}

function maySee(user: CurrentUser, key: StoredKey): boolean {
  if (key.ownerId === user.id) return true
  // One for nowhere, its projects being gone, concerns who keeps everything
  if (isNowhere(key.place)) return hasEverywhere(user, MANAGE)
  return missingFor(user.grants, key, MANAGE).length === 0
}

const isNowhere = (place: Place) => !place.all && place.projectIds.length + place.buildings.length === 0

/** @throws AppError `input.invalid` for a key that could do more than the person */
function requireAllowed(user: CurrentUser, scope: KeyScope, expiresAt: Date | null, now: Date): void {
  const faults: InputFault[] = []
  const refuse = (path: string, reason: IntegrationReason) => faults.push({ path, reason })
  const unknown = scope.permissions.filter((permission) => !isPermission(permission))
  if (unknown.length > 0)
    refuse('permissions', { code: 'apiKey.unknown_permission', permissions: listed(unknown) })
  else {
    const missing = missingFor(user.grants, scope, MANAGE)
    if (missing.length > 0) refuse('place', { code: 'apiKey.beyond', permissions: listed(missing) })
  }
  if (expiresAt && expiresAt <= now) refuse('expiresAt', { code: 'apiKey.expiry_past' })
  if (faults.length > 0) throw invalidInput('The key is not possible', faults)
}

const listed = (names: readonly string[]) => names.slice(0, 5).join(', ') + (names.length > 5 ? ' …' : '')
const sorted = (names: readonly string[]) => [...new Set(names)].sort()

/** @throws AppError `input.invalid` for a place that is empty or not there */
async function checkedPlace(tx: PoolClient, given: KeyInput['place']): Promise<Place> {
  if (given.all) return given
  const [projectIds, buildingIds] = [
    [...new Set(given.projectIds ?? [])],
    [...new Set(given.buildingIds ?? [])],
  ]
  const fault = (reason: IntegrationReason) =>
    invalidInput('The place is not possible', [{ path: 'place', reason }])
  if (projectIds.length + buildingIds.length === 0) throw fault({ code: 'apiKey.no_place' })
  const known = await knownPlaces(tx, projectIds, buildingIds)
  if (known.projectIds.length < projectIds.length || known.buildings.length < buildingIds.length) {
    throw fault({ code: 'apiKey.unknown_place' })
  }
  return { all: false, projectIds, buildings: known.buildings }
}

const instantOf = (text: string | null): Date | null => (text === null ? null : new Date(text))

function viewOf(key: StoredKey, owner: CurrentUser | null, user: CurrentUser, now: Date): ApiKey {
  const { id, name, prefix, permissions, place, perMinute, version, lastUsedIp } = key
  const text = (at: Date | null) => at?.toISOString() ?? null
  const previous = key.previousUntil && key.previousUntil > now ? key.previousUntil : null
  return {
    ...{ id, name, prefix, perMinute, version, lastUsedIp },
    owner: { id: key.ownerId, displayName: key.ownerName },
    permissions: [...permissions],
    without: withoutEffect(owner?.grants ?? [], key),
    place: place.all
      ? place
      : {
          all: false,
          projectIds: [...place.projectIds],
          buildings: place.buildings.map((one) => ({ ...one })),
        },
    state: stateOf(key, owner, now),
    expiresAt: text(key.expiresAt),
    previousUntil: text(previous),
    lastUsedAt: text(key.lastUsedAt),
    createdAt: key.createdAt.toISOString(),
    isMine: key.ownerId === user.id,
  }
}

function withoutEffect(grants: readonly Grant[], key: StoredKey): string[] {
  const effective = new Set(narrowGrants(grants, key).flatMap((grant) => [...grant.permissions]))
  return key.permissions.filter((permission) => !effective.has(permission))
}

function stateOf(key: StoredKey, owner: CurrentUser | null, now: Date): ApiKey['state'] {
  if (key.revokedAt) return 'revoked'
  if (key.expiresAt && key.expiresAt <= now) return 'expired'
  return owner ? 'active' : 'ownerDisabled'
}

function notFound(id: string) {
  return fail(integrationErrors.keyNotFound, 'There is no such key', { id })
}
function nameTaken(name: string) {
  return fail(integrationErrors.keyNameTaken, 'There is a key of that name already', { name })
}
