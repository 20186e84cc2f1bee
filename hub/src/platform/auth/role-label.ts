import { builtinRoles, isBuiltinRole } from './builtin-roles.ts'
import type { Texts } from '../reasons/reason.ts'

/** What a role is called: by the name that it was given, else (built-in ones) in the reader's language. */
export function roleLabel({ code, name }: { code: string; name: string | null }): Texts {
  if (name !== null) return { zh: name, en: name }
  return isBuiltinRole(code) ? builtinRoles[code] : { zh: code, en: code }
}

export interface RoleRow {
  readonly id: string
  readonly code: string
  readonly name: string | null
}

export function roleRef(role: RoleRow): { id: string; code: string; label: { zh: string; en: string } } {
  return { id: role.id, code: role.code, label: { ...roleLabel(role) } }
}
