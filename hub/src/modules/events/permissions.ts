import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '设备', en: 'Devices' },
  permissions: {
    'events.read': {
      zh: '查看门禁、考勤、车辆和告警事件',
      en: 'See door, attendance, vehicle and alarm events',
      defaults: ['manager', 'engineer', 'billingClerk'],
    },
  },
})
