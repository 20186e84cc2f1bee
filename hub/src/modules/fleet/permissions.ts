import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '设备', en: 'Devices' },
  permissions: {
    'gateways.configure': {
      zh: '修改网关配置，扫描总线，看日志',
      en: 'Configure gateways, scan buses, read logs',
      defaults: ['engineer'],
    },
  },
})
