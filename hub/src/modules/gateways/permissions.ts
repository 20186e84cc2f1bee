import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '设备', en: 'Devices' },
  permissions: {
    'gateways.read': {
      zh: '查看网关',
      en: 'See gateways',
      defaults: ['manager', 'engineer', 'billingClerk'],
    },
    'gateways.write': { zh: '登记、停用网关', en: 'Register and revoke gateways', defaults: ['engineer'] },
    'devices.read': {
      zh: '查看设备和实时数据',
      en: 'See devices and live values',
      defaults: ['manager', 'engineer', 'billingClerk'],
    },
  },
})
