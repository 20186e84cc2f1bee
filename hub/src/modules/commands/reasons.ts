import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a command is refused, and why the hub ended one by itself. What devices said is kept as they said it. */
export const commandReasons = registerReasons({
  'command.target_unknown': { zh: '设备没有命令 {target}', en: 'the device has no command {target}' },
  'command.other_kind': {
    zh: '命令 {target} 的类型是 {kind}，不是 {given}',
    en: 'the command {target} is a {kind}, not a {given}',
  },
  'command.too_many_places': {
    zh: '最多 {scale} 位小数',
    en: 'at most {scale} decimal places',
  },
  'command.out_of_range': {
    zh: '应在 {low} 到 {high} {unit} 之间',
    en: 'must lie between {low} and {high} {unit}',
  },
  'command.write_too_large': { zh: '内容超过 {most} 个字符', en: 'more than {most} characters' },
  'command.twice': { zh: '{key} 出现两次', en: '{key} is there twice' },
  'command.unstorable': { zh: '含有无法保存的字符', en: 'has characters that can not be kept' },
  'command.not_approved_in_time': { zh: '有效期内无人批准', en: 'nobody approved it in time' },
  'command.not_sent_in_time': {
    zh: '有效期内没有发到网关',
    en: 'it could not be handed to the gateway in time',
  },
  'command.no_word': {
    zh: '已发给网关，过期 {hours} 小时后仍无回报：可能已经执行，请到现场确认',
    en: 'it was sent, and {hours} hours after its expiry the gateway has not told of it: it may have been carried out, look on site',
  },
  'command.begun_before': {
    zh: '网关曾报告开始执行，现在说已过期：可能已经执行，请到现场确认',
    en: 'the gateway told of having begun it and now calls it expired: it may have been carried out, look on site',
  },
})

export type CommandReason = ReasonOf<typeof commandReasons>
