import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a change of a role or of a department is refused. */
export const organisationReasons = registerReasons({
  'role.unknown_permission': { zh: '没有这个权限：{permission}', en: 'there is no permission {permission}' },
  'role.foreign_permission': {
    zh: '不能授予自己没有的权限：{permission}',
    en: 'you can not give {permission}, which you lack yourself',
  },
  'department.unknown_parent': {
    zh: '上级部门不存在，或属于另一家公司',
    en: 'there is no such department in the company',
  },
  'department.unknown_leader': { zh: '没有这个人', en: 'there is no such person' },
})

export type OrganisationReason = ReasonOf<typeof organisationReasons>
