import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a price rule or an assignment is refused, an account held back or a run failed. */
export const chargingReasons = registerReasons({
  'tariff.not_decimal': { zh: '“{text}”不是数字', en: '"{text}" is not a decimal number' },
  'tariff.too_many_places': { zh: '最多 {places} 位小数', en: 'at most {places} decimal places' },
  'tariff.negative': { zh: '不能为负数', en: 'must not be negative' },
  'tariff.too_large': { zh: '数值太大', en: 'is too large' },
  'tariff.open_tier_not_last': { zh: '只有最后一档可以不封顶', en: 'only the last tier is open' },
  'tariff.last_tier_closed': { zh: '最后一档必须不封顶（留空）', en: 'the last tier must be open (null)' },
  'tariff.bound_not_rising': { zh: '必须高于上一档的上限', en: 'must be above the bound before it' },
  'tariff.band_twice': { zh: '“{band}”时段有两个价格', en: '{band} has two prices' },
  'tariff.band_unused': { zh: '一天里没有“{band}”时段', en: 'no window of the day is {band}' },
  'tariff.band_without_price': { zh: '“{band}”时段没有价格', en: '{band} has no price' },
  'tariff.not_half_hour': {
    zh: '必须是整点或半点，写成 HH:MM，从 00:00 到 24:00',
    en: 'must be HH:MM on the half hour, 00:00 to 24:00',
  },
  'tariff.window_backwards': {
    zh: '必须晚于开始时间；跨零点的时段请拆成两段',
    en: 'must be after the start; split a window at midnight',
  },
  'tariff.windows_overlap': { zh: '和第 {number} 个时段重叠', en: 'overlaps window {number}' },
  'tariff.window_missing': { zh: '{time} 不在任何时段里', en: 'no window holds {time}' },

  'assignment.no_household': { zh: '没有户号 {account}', en: 'There is no household {account}' },
  'assignment.no_item': { zh: '没有收费项目 {item}', en: 'There is no charge item {item}' },
  'assignment.no_point': { zh: '没有计量点 {point}', en: 'There is no metering point {point}' },
  'assignment.no_tariff': { zh: '没有价格方案 {tariff}', en: 'There is no tariff {tariff}' },
  'assignment.other_medium': {
    zh: '这个计量点计的是{medium}，收费项目是{wanted}',
    en: 'measures {medium}, but the item is for {wanted}',
  },
  'assignment.other_unit': {
    zh: '这个计量点的单位是 {unit}，收费项目是 {wanted}',
    en: 'measures in {unit}, but the item is in {wanted}',
  },
  'assignment.other_price_unit': {
    zh: '这个价格方案按 {unit} 计价，收费项目是 {wanted}',
    en: 'is priced per {unit}, but the item is in {wanted}',
  },
  'assignment.already_billed': {
    zh: '之前的账单已出，变更最早从 {day} 开始',
    en: 'bills were issued up to here; the change can begin on {day} at the earliest',
  },
  'assignment.twice': {
    zh: '第 {row} 行已有同一计量点、收费项目和日期',
    en: 'The same point, item and day stand in row {row}',
  },

  'held.no_meter': { zh: '{month} 没有装表', en: 'no meter was installed in {month}' },
  'held.no_reads': { zh: '{month} 没有读数', en: 'no reads of {month}' },
  'held.no_reads_between': { zh: '{from} 到 {to} 没有读数', en: 'no reads from {from} to {to}' },
  'held.gap': { zh: '{month} 缺少读数', en: 'reads are missing in {month}' },
  'held.gap_on': { zh: '{day} 缺少读数', en: 'reads are missing on {day}' },
  'held.went_back': {
    zh: '{month} 表底数倒走，原因未登记',
    en: 'the index went back in {month} and nobody has said why',
  },
  'held.went_back_on': {
    zh: '{day} 表底数倒走，原因未登记',
    en: 'the index went back on {day} and nobody has said why',
  },
  'held.no_tariff': { zh: '{day} 没有适用的价格', en: 'the tariff has no version for {day}' },
  'held.mixed_tariffs': {
    zh: '本月各计量点的价格方案不同，一张账单只能用一个',
    en: 'metering points of this item have different tariffs in the month; one bill has one tariff',
  },
  'held.overlapping_assignments': {
    zh: '同一计量点在相同日期被重复分配',
    en: 'the metering point is assigned twice on the same days',
  },
  'held.evidence_mismatch': {
    zh: '用量为 {usage}，但依据的读数得出 {read}',
    en: 'usage is {usage}, but the readings behind it give {read}',
  },

  'run.month_not_begun': { zh: '{month} 还没有过完一天', en: 'No day of {month} is over yet' },
  'run.failed': {
    zh: '计算未完成，原因见服务日志',
    en: 'The computation failed; the log of the hub says why',
  },

  'band.sharp': { zh: '尖', en: 'sharp' },
  'band.peak': { zh: '峰', en: 'peak' },
  'band.flat': { zh: '平', en: 'flat' },
  'band.valley': { zh: '谷', en: 'valley' },
  'band.deepValley': { zh: '深谷', en: 'deep valley' },
})

export type ChargingReason = ReasonOf<typeof chargingReasons>
type CodeIn<Group extends string> = Extract<ChargingReason, { code: `${Group}.${string}` }>
export type TariffReason = CodeIn<'tariff'>
export type HeldReason = CodeIn<'held'>
export type RunReason = CodeIn<'run'>
