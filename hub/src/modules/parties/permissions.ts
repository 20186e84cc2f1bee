import { registerModels } from '../../platform/auth/ability.ts'
import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '业主与住户', en: 'Owners and residents' },
  permissions: {
    'party.read': {
      zh: '查看业主、住户和备注',
      en: 'See owners, residents and notes',
      defaults: ['manager', 'billingClerk', 'serviceAgent'],
    },
    'party.write': {
      zh: '维护业主、住户、钥匙和备注',
      en: 'Edit owners, residents, keys and notes',
      defaults: ['manager', 'serviceAgent'],
    },
    'vehicle.read': {
      zh: '查看车辆',
      en: 'See vehicles',
      defaults: ['manager', 'billingClerk', 'serviceAgent'],
    },
    'vehicle.write': { zh: '维护车辆', en: 'Edit vehicles', defaults: ['manager', 'serviceAgent'] },
  },
})

/** A person lies where he has, or had, a role. */
registerModels({
  Party: { permission: 'party.read', building: (ids) => ({ roles: { some: { buildingId: ids } } }) },
})
