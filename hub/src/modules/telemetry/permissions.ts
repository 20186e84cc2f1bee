import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '设备', en: 'Devices' },
  permissions: {
    'quarantine.resolve': {
      zh: '处理隔离区的数据',
      en: 'Resolve what is in quarantine',
      defaults: ['engineer'],
    },
  },
})
