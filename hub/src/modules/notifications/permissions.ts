import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '消息', en: 'Messages' },
  permissions: {
    'messages.read': {
      zh: '查看发件箱（发给谁、是否送达）',
      en: 'See the outbox: what was sent to whom, and whether it arrived',
      defaults: ['manager'],
    },
    'messages.send': {
      zh: '重新发送失败的消息',
      en: 'Send again what failed',
      defaults: ['manager'],
    },
    'messages.manage': {
      zh: '维护消息模板和发送通道',
      en: 'Edit the texts of messages, set up channels',
    },
  },
})
