import { registerMessageTemplate } from '../../platform/notify/index.ts'

export const CODE_TEMPLATE = 'portal.code'
export const INVITED_TEMPLATE = 'portal.invited'

registerMessageTemplate({
  key: CODE_TEMPLATE,
  label: { zh: '业主门户：登录验证码', en: 'Owner portal: sign-in code' },
  confidential: true,
  channels: ['sms'],
  variables: {
    code: { label: { zh: '验证码', en: 'Code' }, example: '482913' },
    minutes: { label: { zh: '有效分钟数', en: 'Minutes it is good for' }, example: 5 },
  },
  texts: {
    zh: {
      subject: '登录验证码',
      body: '验证码 {code}，{minutes} 分钟内有效，用于登录业主门户。请勿告诉他人，物业不会向您索要。',
    },
    en: {
      subject: 'Sign-in code',
      body: '{code} is your code for the owner portal, good for {minutes} minutes. Tell nobody; the office never asks for it.',
    },
  },
})

registerMessageTemplate({
  key: INVITED_TEMPLATE,
  label: { zh: '业主门户：邀请家人', en: 'Owner portal: family invited' },
  channels: ['sms'],
  variables: {
    inviter: { label: { zh: '邀请人', en: 'Who invites' }, example: '张伟' },
    room: { label: { zh: '房间', en: 'Room' }, example: '1栋 0301' },
    address: { label: { zh: '网址', en: 'Address' }, example: 'https://example.org/portal' },
  },
  texts: {
    zh: {
      subject: '邀请您查看房间信息',
      body: '{inviter} 邀请您在业主门户查看 {room}。用本手机号登录：{address}',
    },
    en: {
      subject: 'You may look at a room',
      body: '{inviter} lets you look at {room} in the owner portal. Sign in with this phone: {address}',
    },
  },
})
