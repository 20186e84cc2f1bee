import { registerPermissions } from '../../platform/auth/permissions.ts'
import { SEE_SENSITIVE } from '../../platform/auth/sensitive.ts'

registerPermissions({
  group: { zh: '账号与安全', en: 'Accounts and security' },
  permissions: {
    'users.manage': { zh: '管理用户，分配角色', en: 'Manage users and give them roles' },
    'users.actAs': { zh: '以他人身份登录', en: 'Sign in as somebody else' },
    [SEE_SENSITIVE]: {
      zh: '查看完整的电话和证件号码',
      en: 'See phone and identity numbers whole',
      defaults: ['manager'],
    },
  },
})
