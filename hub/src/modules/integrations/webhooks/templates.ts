import { registerMessageTemplate } from '../../../platform/notify/index.ts'

const name = { label: { zh: 'Webhook', en: 'Webhook' }, example: '工单系统' } as const

export const failingTemplate = registerMessageTemplate({
  key: 'webhook.failing',
  label: { zh: 'Webhook 一直失败', en: 'A webhook keeps failing' },
  variables: {
    name,
    hours: { label: { zh: '小时数', en: 'Hours' }, example: '24' },
    fault: {
      label: { zh: '最近一次的原因', en: 'Why, the last time' },
      example: { zh: '对方返回 HTTP 503', en: 'the receiver answered HTTP 503' },
    },
  },
  texts: {
    zh: {
      subject: 'Webhook「{name}」送不出去',
      body: '「{name}」已有 {hours} 小时没有一次送达：{fault}。恢复前不再重复通知。',
    },
    en: {
      subject: 'The webhook {name} gets nothing through',
      body: 'Nothing was taken by {name} for {hours} hours: {fault}. You are told again when it works.',
    },
  },
  channels: ['email'],
})

export const recoveredTemplate = registerMessageTemplate({
  key: 'webhook.recovered',
  label: { zh: 'Webhook 已恢复', en: 'A webhook works again' },
  variables: { name },
  texts: {
    zh: { subject: 'Webhook「{name}」已恢复', body: '「{name}」又能送达了。' },
    en: { subject: 'The webhook {name} works again', body: 'What happens gets through to {name} again.' },
  },
  channels: ['email'],
})
