import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '系统设置', en: 'Settings' },
  permissions: {
    'numbering.manage': {
      zh: '设置单据编号规则',
      en: 'Set how documents are numbered',
      defaults: ['manager'],
    },
  },
})
