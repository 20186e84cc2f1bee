import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '抄表能耗', en: 'Energy' },
  permissions: {
    'metering.read': {
      zh: '查看计量点、读数和用量',
      en: 'See metering points, reads and usage',
      defaults: ['manager', 'engineer', 'billingClerk', 'serviceAgent'],
    },
    'metering.write': {
      zh: '录入读数，换表，导入计量点',
      en: 'Enter reads, replace meters, import metering points',
      defaults: ['engineer'],
    },
  },
})
