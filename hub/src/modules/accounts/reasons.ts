import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why an account is refused. */
export const accountReasons = registerReasons({
  'user.foreign_place': {
    zh: '只能在自己负责的项目和楼栋内，授予自己也有的权限（缺少：{permissions}）',
    en: 'goes beyond what you have yourself there (you lack: {permissions})',
  },
  'user.empty_place': { zh: '请至少选一个项目或楼栋', en: 'must name a project or a building' },
  'user.unknown_project': { zh: '有项目不存在', en: 'one of the projects does not exist' },
  'user.unknown_building': { zh: '有楼栋不存在', en: 'one of the buildings does not exist' },
  'user.unknown_role': { zh: '没有这个角色，或已停用', en: 'there is no such role, or it was archived' },
  'user.unknown_department': {
    zh: '没有这个部门，或已停用',
    en: 'there is no such department, or it was archived',
  },
  'user.unknown_post': { zh: '这个部门没有这个岗位', en: 'the department has no such post' },
  'user.foreign_department': {
    zh: '只能放进自己的部门及下级部门',
    en: 'must be your own department or one below',
  },
  'user.until_past': { zh: '到期时间已过', en: 'is over already' },
})

export type AccountReason = ReasonOf<typeof accountReasons>
