import type { PermissionGroup, Role } from '@courtyard/protocols/contract'
import { SvelteSet } from 'svelte/reactivity'

export interface RoleDiff {
  readonly role: Role
  readonly add: readonly string[]
  readonly remove: readonly string[]
}

/** Roles and what they allow, with the boxes that were turned over and not saved yet. */
export class RoleMatrix {
  roles = $state.raw<readonly Role[]>([])
  groups = $state.raw<readonly PermissionGroup[]>([])
  readonly #turned = new SvelteSet<string>()

  /** What was turned stays, unless the roles say so by now. */
  take(roles: readonly Role[], groups: readonly PermissionGroup[]): void {
    this.roles = roles
    this.groups = groups
    for (const key of this.#turned) {
      if (!roles.some((role) => key.startsWith(role.id))) this.#turned.delete(key)
    }
  }

  get changed(): number {
    return this.#turned.size
  }
  isTurned(role: Role, permission: string): boolean {
    return this.#turned.has(keyOf(role, permission))
  }
  isOn(role: Role, permission: string): boolean {
    return role.permissions.includes(permission) !== this.isTurned(role, permission)
  }
  turn(role: Role, permission: string): void {
    const key = keyOf(role, permission)
    if (!this.#turned.delete(key)) this.#turned.add(key)
  }
  discard(): void {
    this.#turned.clear()
  }

  /** Role by role, in the order of the columns. */
  get diff(): RoleDiff[] {
    const all = this.groups.flatMap(({ permissions }) => permissions.map(({ id }) => id))
    return this.roles
      .map((role) => {
        const turned = all.filter((permission) => this.isTurned(role, permission))
        return {
          role,
          add: turned.filter((permission) => !role.permissions.includes(permission)),
          remove: turned.filter((permission) => role.permissions.includes(permission)),
        }
      })
      .filter(({ add, remove }) => add.length + remove.length > 0)
  }
}

const keyOf = (role: Role, permission: string): string => `${role.id} ${permission}`
