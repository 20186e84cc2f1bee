import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '抄表能耗', en: 'Energy' },
  permissions: {
    'readingRounds.read': {
      zh: '查看抄表路线和进度',
      en: 'See reading rounds and how far they are',
      defaults: ['manager', 'engineer', 'billingClerk'],
    },
    'readingRounds.write': {
      zh: '编排抄表路线，派发任务，处理搁置的读数',
      en: 'Make reading rounds, hand them out, decide on readings set aside',
      defaults: ['manager', 'engineer'],
    },
    'readingRounds.enter': {
      zh: '用手机抄表',
      en: 'Read meters with the phone',
      defaults: ['engineer', 'billingClerk'],
    },
  },
})
