import { registerModels } from '../../platform/auth/ability.ts'
import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '房产', en: 'Estate' },
  permissions: {
    'estate.read': {
      zh: '查看项目、楼栋、房间和住户',
      en: 'See projects, buildings, rooms and households',
      defaults: ['manager', 'engineer', 'billingClerk', 'serviceAgent'],
    },
    'estate.write': {
      zh: '维护楼栋、房间和住户',
      en: 'Edit buildings, rooms and households',
    },
  },
})

registerModels({
  Project: { permission: null, project: 'id', anyPart: true },
  Building: { permission: 'estate.read', building: 'id' },
  Room: { permission: 'estate.read', building: 'buildingId' },
  Household: {
    permission: 'estate.read',
    building: (ids) => ({ rooms: { some: { to: null, room: { buildingId: ids } } } }),
  },
})
