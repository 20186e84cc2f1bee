import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '账号与安全', en: 'Accounts and security' },
  permissions: {
    'audit.read': { zh: '查看操作日志', en: 'See the operation log', defaults: ['manager'] },
    'signIns.read': { zh: '查看登录日志', en: 'See who signed in' },
  },
})
