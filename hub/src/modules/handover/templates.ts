import { registerMessageTemplate } from '../../platform/notify/index.ts'

export const noticeTemplate = registerMessageTemplate({
  key: 'handover.notice',
  label: { zh: '交房通知', en: 'Notice of handover' },
  variables: {
    room: { label: { zh: '房间', en: 'Room' }, example: { zh: '9栋 0301', en: 'Building 9 0301' } },
    from: { label: { zh: '开始日期', en: 'From' }, example: '2026-12-01' },
    to: { label: { zh: '结束日期', en: 'Until' }, example: '2026-12-31' },
    notice: {
      label: { zh: '通知内容', en: 'Notice' },
      example: { zh: '请携带身份证。', en: 'Please bring your card.' },
    },
  },
  texts: {
    zh: { subject: '{room} 交房通知', body: '{room} 将于 {from} 至 {to} 交付。{notice}' },
    en: { subject: '{room} is ready', body: '{room} is handed over between {from} and {to}. {notice}' },
  },
  channels: ['sms'],
})
