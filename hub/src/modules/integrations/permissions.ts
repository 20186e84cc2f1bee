import { registerPermissions } from '../../platform/auth/permissions.ts'

registerPermissions({
  group: { zh: '对接其他系统', en: 'Other systems' },
  permissions: {
    'apiKeys.manage': {
      zh: '管理 API 密钥（只能授予自己也有的权限）',
      en: 'Make and end API keys, with nothing beyond the own rights',
    },
    'webhooks.manage': {
      zh: '管理 Webhook（只能订阅自己有权查看的内容）',
      en: 'Set up webhooks, for what may be read by oneself',
    },
  },
})
