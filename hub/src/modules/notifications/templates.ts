import { registerMessageTemplate } from '../../platform/notify/index.ts'

/** What the button "Send a trial" of a channel sends. */
export const trialTemplate = registerMessageTemplate({
  key: 'channel.trial',
  label: { zh: '通道测试', en: 'Trial of a channel' },
  variables: { sender: { label: { zh: '发送人', en: 'Who sends it' }, example: { zh: '王工', en: 'Wang' } } },
  texts: {
    zh: { subject: '庭院通道测试', body: '这是一条测试消息，由{sender}发送。收到即表示通道可用。' },
    en: {
      subject: 'Courtyard: trial',
      body: 'A trial message, sent by {sender}. The channel works if you read this.',
    },
  },
  channels: [],
})
