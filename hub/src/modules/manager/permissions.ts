import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '总览', en: 'Overview' },
  permissions: {
    'manager.read': {
      zh: '查看全部项目的经营总览和大屏',
      en: 'See all projects at a glance, and the big screen',
      defaults: ['manager'],
    },
  },
})
