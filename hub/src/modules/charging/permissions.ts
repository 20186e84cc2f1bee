import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '收费', en: 'Billing' },
  permissions: {
    'charging.read': {
      zh: '查看收费项目、价格和账单',
      en: 'See charge items, tariffs and bills',
      defaults: ['manager', 'billingClerk', 'serviceAgent'],
    },
    'charging.write': {
      zh: '维护收费项目和价格，试算账单',
      en: 'Edit charge items and tariffs, compute bills',
      defaults: ['billingClerk'],
    },
    'billRuns.issue': { zh: '正式出账', en: 'Issue bills', defaults: ['billingClerk'] },
  },
})
