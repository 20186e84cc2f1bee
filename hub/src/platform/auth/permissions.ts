import type { Permission } from '@courtyard/protocols/contract'
import type { Texts } from '../reasons/reason.ts'
import type { BuiltinRole } from './builtin-roles.ts'

export interface PermissionTexts extends Texts {
  /** Built-in roles that have it from the start, beside the administrator, who has every one. */
  readonly defaults?: readonly BuiltinRole[]
}

export interface PermissionGroup {
  readonly group: Texts
  /** `area.verb` → what it lets a person do. */
  readonly permissions: Readonly<Record<Permission, PermissionTexts>>
}

const groups: PermissionGroup[] = []
const known = new Map<Permission, PermissionTexts>()

/**
 * Makes permissions known; called when a module is loaded. Groups of the same name are shown as one.
 * @throws when a permission has two meanings, or is not written `area.verb`
 */
export function registerPermissions(added: PermissionGroup): void {
  for (const [permission, texts] of Object.entries(added.permissions)) {
    if (!/^[a-z]\w*\.[a-z]\w*$/i.test(permission))
      throw new Error(`permission ${permission} is not area.verb`)
    if (known.has(permission)) throw new Error(`permission ${permission} is registered twice`)
    known.set(permission, texts)
  }
  const same = groups.findIndex(({ group }) => group.en === added.group.en)
  if (same < 0) groups.push(added)
  else
    groups[same] = { group: added.group, permissions: { ...groups[same]!.permissions, ...added.permissions } }
}

/** In the order in which the modules were loaded. */
export function permissionGroups(): readonly PermissionGroup[] {
  return groups
}

export function isPermission(permission: Permission): boolean {
  return known.has(permission)
}

export function allPermissions(): Permission[] {
  return [...known.keys()]
}

/** Permissions that a built-in role has from the start. */
export function defaultsOf(role: BuiltinRole): Permission[] {
  if (role === 'administrator') return allPermissions()
  return [...known].filter(([, { defaults }]) => defaults?.includes(role)).map(([permission]) => permission)
}
