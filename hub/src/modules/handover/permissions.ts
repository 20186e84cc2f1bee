import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '交付与装修', en: 'Handover and fit-out' },
  permissions: {
    'handover.read': {
      zh: '查看交房、过户和装修',
      en: 'See handovers, changes of owner and fit-outs',
      defaults: ['manager', 'engineer', 'billingClerk', 'serviceAgent'],
    },
    'handover.write': {
      zh: '办理交房、过户和装修',
      en: 'Hand over rooms, change owners, handle fit-outs',
      defaults: ['manager', 'serviceAgent'],
    },
    'handover.inspect': {
      zh: '登记装修巡查',
      en: 'Note inspections of fit-outs',
      defaults: ['manager', 'engineer', 'serviceAgent'],
    },
  },
})
