import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a message of a gateway is refused. */
export const gatewayReasons = registerReasons({
  'message.not_json': { zh: '{kind} 消息不是 JSON', en: '{kind} is not JSON' },
  'message.breaks_schema': { zh: '{kind} 消息不符合规定的格式', en: '{kind} breaks its schema' },
  'catalogue.refused': { zh: '点表被拒绝：{faults}', en: 'The catalogue is refused: {faults}' },
  'catalogue.more': { zh: '另有 {count} 处', en: 'and {count} more' },
  'catalogue.field': { zh: '{path}：{fault}', en: '{path}: {fault}' },
  'catalogue.device_twice': { zh: '设备 {device} 出现两次', en: 'device {device} is there twice' },
  'catalogue.point_twice': { zh: '测点 {point} 出现两次', en: 'point {point} is there twice' },
  'catalogue.command_twice': { zh: '命令 {command} 出现两次', en: 'command {command} is there twice' },
  'catalogue.command_range': {
    zh: '命令 {command} 的取值范围 {low}～{high} 无效',
    en: 'command {command} has no valid range: {low} to {high}',
  },
  'catalogue.other_scale': {
    zh: '测点 {point} 已有 {before} 位小数的读数，不能改为 {after} 位',
    en: 'point {point} has readings with {before} decimal places, not {after}',
  },
  'catalogue.other_unit': {
    zh: '测点 {point} 已有单位为“{before}”的读数，不能改为“{after}”',
    en: 'point {point} has readings in "{before}", not "{after}"',
  },
  'catalogue.unstorable': {
    zh: '数据库无法保存其中的内容（{fault}）',
    en: 'the database cannot hold what it says ({fault})',
  },
})

export type GatewayReason = ReasonOf<typeof gatewayReasons>
