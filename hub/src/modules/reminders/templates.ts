import { registerMessageTemplate } from '../../platform/notify/index.ts'

const variables = {
  kind: {
    label: { zh: '事项', en: 'What' },
    example: { zh: '网关证书到期', en: 'Certificate of a gateway' },
  },
  title: { label: { zh: '名称', en: 'Name' }, example: 'GW-01' },
  day: { label: { zh: '日期', en: 'Day' }, example: '2026-12-01' },
  when: { label: { zh: '还有多久', en: 'How long' }, example: { zh: '还有 7 天', en: 'in 7 days' } },
  project: { label: { zh: '项目', en: 'Project' }, example: { zh: '翠湖花园', en: 'Lakeside' } },
}

export const dueTemplate = registerMessageTemplate({
  key: 'reminder.due',
  label: { zh: '到期提醒', en: 'Something is due' },
  variables,
  texts: {
    zh: {
      subject: '{kind}：{title}，{when}',
      body: '{project}：{title}，{kind}，日期 {day}（{when}）。请及时处理。',
    },
    en: {
      subject: '{kind}: {title}, {when}',
      body: '{project}: {title}. {kind}, {day} ({when}). Please take care of it.',
    },
  },
  channels: [],
})

export const escalatedTemplate = registerMessageTemplate({
  key: 'reminder.escalated',
  label: { zh: '提醒升级', en: 'Nobody has taken care' },
  variables: { ...variables, days: { label: { zh: '天数', en: 'Days' }, example: 7 } },
  texts: {
    zh: {
      subject: '{days} 天未处理：{title}',
      body: '{project}：{title}，{kind}，日期 {day}。提醒发出 {days} 天仍未处理，请关注。',
    },
    en: {
      subject: 'Open for {days} days: {title}',
      body: '{project}: {title}. {kind}, {day}. The reminder has been open for {days} days.',
    },
  },
  channels: [],
})
