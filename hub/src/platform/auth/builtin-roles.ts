import type { Texts } from '../reasons/reason.ts'

/** Roles that every installation starts with. All but the administrator's permissions can be edited. */
export const builtinRoles = {
  administrator: { zh: '系统管理员', en: 'Administrator' },
  manager: { zh: '项目经理', en: 'Manager' },
  engineer: { zh: '工程师', en: 'Engineer' },
  billingClerk: { zh: '收费员', en: 'Billing clerk' },
  serviceAgent: { zh: '客服', en: 'Service agent' },
} as const satisfies Record<string, Texts>

export type BuiltinRole = keyof typeof builtinRoles

export const builtinRoleCodes = Object.keys(builtinRoles) as BuiltinRole[]

/** Has every permission, those of later versions too. */
export const ADMINISTRATOR: BuiltinRole = 'administrator'

export function isBuiltinRole(code: string): code is BuiltinRole {
  return Object.hasOwn(builtinRoles, code)
}
