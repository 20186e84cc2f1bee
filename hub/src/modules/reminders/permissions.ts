import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '提醒', en: 'Reminders' },
  permissions: {
    'reminders.read': {
      zh: '查看项目内所有人的提醒（自己的总能看到）',
      en: 'See everybody’s reminders of a project (one’s own are always seen)',
      defaults: ['manager'],
    },
    'reminders.manage': {
      zh: '维护提醒规则',
      en: 'Edit the rules of reminders',
      defaults: ['manager'],
    },
  },
})
