import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '系统设置', en: 'Settings' },
  permissions: {
    'dictionaries.manage': { zh: '维护数据字典', en: 'Keep the dictionaries' },
    'customFields.manage': { zh: '维护自定义字段', en: 'Keep the custom fields' },
  },
})
