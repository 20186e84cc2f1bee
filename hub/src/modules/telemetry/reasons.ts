import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why readings are in the quarantine, and why they stay there. What programs said is kept as they said it. */
export const telemetryReasons = registerReasons({
  'ingest.point_unknown': {
    zh: '网关的点表里没有 {point}',
    en: "{point} is not in the gateway's catalogue",
  },
  'ingest.scale_mismatch': {
    zh: '{point} 有 {given} 位小数，点表里是 {known} 位',
    en: '{point} has {given} decimal places, the catalogue says {known}',
  },
  'ingest.time_out_of_range': {
    zh: '{point} 的第 {number} 条读数时间是 {at}，不可信',
    en: 'reading {number} of {point} is at {at}',
  },
  'ingest.device_unknown': {
    zh: '网关的点表里没有设备 {device}',
    en: "the device {device} is not in the gateway's catalogue",
  },
  'ingest.event_time_out_of_range': {
    zh: '设备 {device} 的事件 {event} 的时间是 {at}，不可信',
    en: 'event {event} of {device} is at {at}',
  },
  'ingest.value_out_of_range': {
    zh: '{point} 的第 {number} 条读数超出 2^53',
    en: 'reading {number} of {point} is beyond 2^53',
  },
  'ingest.quality_without_value': {
    zh: '{point} 的第 {number} 条读数质量码为 {quality}，却没有值',
    en: 'reading {number} of {point} has quality {quality} and no value',
  },
  'ingest.value_without_quality': {
    zh: '{point} 的第 {number} 条读数质量码为 {quality}，却带有值',
    en: 'reading {number} of {point} has quality {quality} and a value',
  },
  'ingest.sequence_reused': {
    zh: '编号 {sequence} 已被另一批数据占用（发件箱 {outbox}）',
    en: 'the log has another batch {sequence} of outbox {outbox}',
  },
  'ingest.poison': { zh: '数据库拒绝保存（{fault}）', en: 'the database refused it: {fault}' },
  'wire.not_zstd': { zh: '不是 zstd 压缩的数据', en: 'batch is not a zstd frame' },
  'wire.too_large': { zh: '解压后太大', en: 'batch is too large when inflated' },
  'wire.not_json': { zh: '内容不是 JSON', en: 'batch is not JSON' },
  'wire.invalid': {
    zh: '内容不符合规定的格式（{faults}）',
    en: 'batch does not follow the schema: {faults}',
  },
  'wire.undecodable': { zh: '无法解读（{fault}）', en: 'cannot be read: {fault}' },
  'replay.no_such_series': { zh: '这批数据里没有这个测点', en: 'the batch does not hold this series' },
  'replay.no_such_events': {
    zh: '这批数据里没有这个设备的事件',
    en: 'the batch holds no events of this device',
  },
  'replay.only_batches': {
    zh: '只有成批的读数可以重新入库，其他消息网关会再次发送',
    en: 'only batches can be replayed; the gateway sends the others again',
  },
  'replay.gateway_revoked': { zh: '网关已停用', en: 'the gateway is revoked' },
})

export type TelemetryReason = ReasonOf<typeof telemetryReasons>
