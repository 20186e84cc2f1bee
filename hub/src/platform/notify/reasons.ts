import { registerReasons, type ReasonOf } from '../reasons/reason.ts'

/** Why a message is not there yet, or never will be; and what is wrong with a text. */
export const messageReasons = registerReasons({
  'message.no_address': { zh: '没有可用的联系方式', en: 'there is no address to send it to' },
  'message.quiet': { zh: '免打扰时段，稍后发送', en: 'quiet hours: it is sent afterwards' },
  'message.rate': { zh: '本通道发送已达上限，排队中', en: 'the channel sends no more this minute' },
  'message.channel_off': { zh: '通道已停用', en: 'the channel is turned off' },
  'message.not_set_up': { zh: '通道未设置完整', en: 'the channel is not set up' },
  'message.no_code': {
    zh: '模板未填写该通道的模板编号',
    en: 'the template has no code for this channel',
  },
  'message.unreachable': { zh: '无法连接服务商：{fault}', en: 'the provider can not be reached: {fault}' },
  'message.refused': { zh: '服务商拒绝：{fault}', en: 'the provider refused it: {fault}' },
  'message.fault': { zh: '发送出错：{fault}', en: 'it could not be sent: {fault}' },
  'message.tries_over': {
    zh: '发送中断，次数已用完',
    en: 'it was interrupted too often and is not tried any more',
  },
  'message.not_delivered': { zh: '服务商回执：{fault}', en: 'the provider reports: {fault}' },
  'message.unknown_variable': { zh: '没有变量 {name}', en: 'there is no variable {name}' },
  'message.open_brace': { zh: '花括号未成对', en: 'a brace is not closed' },
})

export type MessageReason = ReasonOf<typeof messageReasons>
