import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '系统设置', en: 'Settings' },
  permissions: {
    'printTemplates.manage': {
      zh: '编辑打印模板',
      en: 'Edit templates of printed documents',
      defaults: ['manager'],
    },
  },
})
