import { randomBytes } from 'node:crypto'
import type { Permission, PermissionGroup, Role } from '@courtyard/protocols/contract'
import { ADMINISTRATOR, builtinRoleCodes, type BuiltinRole } from '../../platform/auth/builtin-roles.ts'
import { allPermissions, isPermission, permissionGroups } from '../../platform/auth/permissions.ts'
import { roleLabel } from '../../platform/auth/role-label.ts'
import { hasEverywhere } from '../../platform/auth/user.ts'
import type { PrismaTransaction } from '../../platform/database/database.ts'
import { fail, invalidInput, type InputFault } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { requireEverywhere, type Actor } from './actor.ts'
import { changed, organisationErrors } from './errors.ts'
import type { OrganisationReason } from './reasons.ts'
import { roleRepository, type RoleWithPeople } from './roles.repository.ts'

/** Everything that a role can allow, as modules have registered it. */
export function permissionCatalogue(): PermissionGroup[] {
  return permissionGroups().map(({ group, permissions }) => ({
    label: { zh: group.zh, en: group.en },
    permissions: Object.entries(permissions).map(([id, { zh, en }]) => ({ id, label: { zh, en } })),
  }))
}

/** Built-in ones first, in their order. */
export async function listRoles(hub: Hub): Promise<Role[]> {
  const rows = await roleRepository.list(hub.db.prisma, hub.clock.now())
  const place = ({ code }: RoleWithPeople) => {
    const index = builtinRoleCodes.indexOf(code as BuiltinRole)
    return index < 0 ? builtinRoleCodes.length : index
  }
  return rows.sort((a, b) => place(a) - place(b)).map(roleOf)
}

/** @throws AppError `role.name_taken`, `input.invalid` for permissions that there are not, or that one lacks */
export async function createRole(
  hub: Hub,
  actor: Actor,
  input: { name: string; description: string; permissions: readonly Permission[] },
): Promise<Role> {
  requireEverywhere(actor, 'roles.manage')
  requireOwned(actor, input.permissions, 'permissions')
  return hub.db.prismaTransaction(async (tx) => {
    await roleRepository.lock(tx)
    await requireFreeName(tx, input.name, null)
    const code = `role-${randomBytes(4).toString('hex')}`
    const permissions = [...new Set(input.permissions)].sort()
    const row = await roleRepository.insert(tx, { ...input, permissions, code })
    await actor.audit(tx, {
      action: 'role.create',
      entity: 'role',
      entityId: row.id,
      after: { name: row.name, description: row.description, permissions },
    })
    return roleOf({ ...row, people: 0 })
  })
}

/** @throws AppError `role.not_found`, `role.name_taken`, `organisation.changed` */
export async function renameRole(
  hub: Hub,
  actor: Actor,
  id: string,
  patch: { version: number; name?: string | null | undefined; description?: string | undefined },
): Promise<Role> {
  requireEverywhere(actor, 'roles.manage')
  return hub.db.prismaTransaction(async (tx) => {
    await roleRepository.lock(tx)
    const before = await requireRole(tx, id)
    // Only a built-in role has a name of its own
    const name = patch.name === null && !before.builtin ? undefined : patch.name
    if (typeof name === 'string') await requireFreeName(tx, name, id)
    const data = {
      ...(name === undefined ? {} : { name }),
      ...(patch.description === undefined ? {} : { description: patch.description }),
    }
    if (!(await roleRepository.update(tx, id, patch.version, data))) throw changed()
    await actor.audit(tx, {
      action: 'role.rename',
      entity: 'role',
      entityId: id,
      before: { name: before.name, description: before.description },
      after: data,
    })
    return present(hub, tx, id)
  })
}

export interface PermissionChange {
  readonly id: string
  readonly version: number
  readonly add: readonly Permission[]
  readonly remove: readonly Permission[]
}

/**
 * All changes or none. They count at once, in the next request of everybody who has the role.
 * @throws AppError `role.not_found`, `role.fixed` for the administrator, `organisation.changed`, `input.invalid`
 */
export async function changePermissions(
  hub: Hub,
  actor: Actor,
  changes: readonly PermissionChange[],
): Promise<Role[]> {
  requireEverywhere(actor, 'roles.manage')
  for (const [index, { add }] of changes.entries()) requireOwned(actor, add, `changes.${index}.add`)
  return hub.db.prismaTransaction(async (tx) => {
    await roleRepository.lock(tx)
    for (const { id, version, add, remove } of changes) {
      const before = await requireRole(tx, id)
      if (before.code === ADMINISTRATOR) {
        throw fail(organisationErrors.roleFixed, 'The administrator has every permission, always')
      }
      const kept = new Set([...before.permissions, ...add])
      for (const permission of remove) kept.delete(permission)
      const permissions = [...kept].sort()
      if (!(await roleRepository.update(tx, id, version, { permissions }))) throw changed()
      const role = roleLabel(before).en
      await actor.audit(tx, {
        action: 'role.change',
        entity: 'role',
        entityId: id,
        before: { role, permissions: before.permissions },
        after: { role, permissions, added: add, removed: remove },
      })
    }
    const ids = new Set(changes.map(({ id }) => id))
    const rows = await roleRepository.list(tx, hub.clock.now())
    return rows.filter(({ id }) => ids.has(id)).map(roleOf)
  })
}

/** @throws AppError `role.not_found`, `role.fixed` for built-in ones, `role.in_use`, `organisation.changed` */
export async function archiveRole(hub: Hub, actor: Actor, id: string, version: number): Promise<Role> {
  requireEverywhere(actor, 'roles.manage')
  return hub.db.prismaTransaction(async (tx) => {
    await roleRepository.lock(tx)
    const before = await requireRole(tx, id)
    if (before.builtin) throw fail(organisationErrors.roleFixed, 'Built-in roles stay')
    const assignments = await roleRepository.countAssignments(tx, id)
    if (assignments > 0)
      throw fail(organisationErrors.roleInUse, 'Somebody still has this role', { assignments })
    const archivedAt = hub.clock.now()
    if (!(await roleRepository.update(tx, id, version, { archivedAt }))) throw changed()
    const { name, permissions } = before
    await actor.audit(tx, {
      action: 'role.archive',
      entity: 'role',
      entityId: id,
      before: { name, permissions },
    })
    return roleOf({ ...before, people: 0 })
  })
}

async function present(hub: Hub, tx: PrismaTransaction, id: string): Promise<Role> {
  const rows = await roleRepository.list(tx, hub.clock.now())
  return roleOf(rows.find((row) => row.id === id)!)
}

async function requireRole(tx: PrismaTransaction, id: string) {
  const row = await roleRepository.find(tx, id)
  if (!row) throw fail(organisationErrors.roleNotFound, 'There is no such role', { id })
  return row
}

async function requireFreeName(tx: PrismaTransaction, name: string, except: string | null): Promise<void> {
  if (!(await roleRepository.nameTaken(tx, name, except))) return
  throw fail(organisationErrors.roleNameTaken, `There is a role named ${name} already`, { name })
}

/** Nobody gives more than he has: otherwise who edits roles could make himself everything. */
function requireOwned({ user }: Actor, permissions: readonly Permission[], path: string): void {
  const faults = permissions.flatMap((permission): InputFault[] => {
    const refuse = (reason: OrganisationReason) => [{ path, reason }]
    if (!isPermission(permission)) return refuse({ code: 'role.unknown_permission', permission })
    return hasEverywhere(user, permission) ? [] : refuse({ code: 'role.foreign_permission', permission })
  })
  if (faults.length > 0) throw invalidInput('The input is not valid', faults)
}

function roleOf(row: RoleWithPeople): Role {
  const { id, code, name, description, builtin, version, people } = row
  const hasAll = code === ADMINISTRATOR
  return {
    id,
    code,
    label: { ...roleLabel(row) },
    name,
    description,
    builtin,
    hasAll,
    permissions: hasAll ? allPermissions() : row.permissions.filter(isPermission),
    people,
    version,
  }
}
