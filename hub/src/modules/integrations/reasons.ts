import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

export const integrationReasons = registerReasons({
  'apiKey.unknown_permission': { zh: '没有权限 {permissions}', en: 'there is no permission {permissions}' },
  'apiKey.no_place': { zh: '请至少选一个项目或楼栋', en: 'must name a project or a building' },
  'apiKey.unknown_place': {
    zh: '有项目或楼栋不存在',
    en: 'one of the projects or buildings does not exist',
  },
  'apiKey.beyond': {
    zh: '超出你自己在那里的权限（缺少：{permissions}）',
    en: 'goes beyond what you have yourself there (you lack: {permissions})',
  },
  'apiKey.expiry_past': { zh: '到期时间已过', en: 'is over already' },
  'webhook.credentials_in_url': {
    zh: '地址里不能有用户名或密码；签名已经说明是谁发的',
    en: 'must hold no user and password; the signature says who sent it',
  },
})
export type IntegrationReason = ReasonOf<typeof integrationReasons>
