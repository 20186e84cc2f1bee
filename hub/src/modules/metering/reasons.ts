import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a row of a meter file, a read or a replacement is refused. */
export const meteringReasons = registerReasons({
  'number.not_above_zero': { zh: '必须大于 0', en: 'must be above 0' },
  'number.negative': { zh: '不能为负数', en: 'must not be negative' },
  'number.too_large': { zh: '数值太大', en: 'is too large' },
  'number.places': { zh: '最多 {places} 位小数', en: 'at most {places} decimal places' },
  'register.negative': { zh: '表底数不会是负数', en: 'An index is never negative' },
  'register.digits': { zh: '超出 {digits} 位字轮', en: 'does not fit {digits} digits' },
  'register.end': { zh: '超出量程，必须小于 {end}', en: 'The register ends below {end}' },
  'register.places': { zh: '这块表显示 {places} 位小数', en: 'The register shows {places} decimal places' },

  'point.has_had_meters': {
    zh: '这个计量点装过{medium}表，请新建一个计量点',
    en: 'The metering point has had meters for {medium}; make a new one',
  },
  'point.circle': { zh: '上级计量点成环：{path}', en: 'The parents go round in a circle: {path}' },
  'point.no_building': { zh: '没有楼栋 {building}', en: 'There is no building {building}' },
  'point.no_room': {
    zh: '{building} 楼栋里没有房间 {room}',
    en: 'There is no room {room} in building {building}',
  },
  'point.room_without_building': { zh: '填了房间就要填楼栋', en: 'A room needs its building' },
  'point.no_parent': {
    zh: '系统和文件里都没有计量点 {parent}',
    en: 'There is no metering point {parent}, neither here nor in the file',
  },
  'point.twice': { zh: '第 {row} 行已有 {value}', en: '{value} stands in row {row} already' },

  'meter.replace_instead': {
    zh: '这里装着表 {serial}，请登记换表',
    en: 'Meter {serial} is installed here; record a replacement instead',
  },
  'meter.installed_at': { zh: '这块表正装在 {place}', en: 'The meter is installed at {place}' },
  'meter.was_installed_at': {
    zh: '表 {serial} 在 {until} 之前装在 {place}',
    en: 'meter {serial} was installed at {place} until {until}',
  },
  'meter.needs_day': { zh: '填了表号就要填安装日期', en: 'Needed for a meter' },
  'meter.other_there': { zh: '那时这里还装着另一块表', en: 'Another meter was still installed here then' },
  'meter.scale_sum': {
    zh: '表底小数位数与倍率小数位数合计最多 {most} 位',
    en: "scale and the multiplier's decimal places together are at most {most}",
  },
  'meter.scale_fixed': {
    zh: '已有按 {places} 位小数录入的读数，不能再改',
    en: 'People have entered reads with {places} decimal places; it cannot change',
  },
  'meter.unit_fixed': {
    zh: '已有按 {unit} 录入的读数，不能再改',
    en: 'People have entered reads in {unit}; it cannot change',
  },

  'read.future': { zh: '时间在将来', en: 'lies in the future' },
  'read.below_before': {
    zh: '{index} 低于前一次读数 {before}（{at}）',
    en: '{index} is below the read before it, {before} at {at}',
  },
  'read.above_after': {
    zh: '{index} 高于后一次读数 {after}（{at}）',
    en: '{index} is above the read after it, {after} at {at}',
  },
  'read.too_much_since': {
    zh: '从 {before}（{at}）到 {index}，超过这块表在这段时间里能走的量',
    en: 'from {before} at {at} to {index} is more than the meter can count in that time',
  },
  'read.too_much_until': {
    zh: '从 {index} 到 {after}（{at}），超过这块表在这段时间里能走的量',
    en: 'from {index} to {after} at {at} is more than the meter can count in that time',
  },

  'replacement.before_old': { zh: '早于旧表的安装时间', en: 'lies before the old meter was installed' },
  'replacement.same_serial': { zh: '和旧表的表号相同', en: 'is that of the old meter' },
  'replacement.multiplier': {
    zh: '必须大于 0，最多 4 位小数',
    en: 'must be above 0, at most 4 decimal places',
  },
  'replacement.multiplier_places': {
    zh: '小数位数太多，表底数放不下',
    en: 'has too many decimal places for the register',
  },
  'replacement.typed_after': {
    zh: '旧表在 {at} 还有人工抄表',
    en: 'the old meter was read by a person at {at}',
  },
  'replacement.does_not_fit': { zh: '超出这块表的量程', en: 'does not fit the register' },
  'replacement.other_kind': {
    zh: '表 {serial} 计{medium}（{unit}），旧表计{oldMedium}（{oldUnit}）',
    en: 'meter {serial} measures {medium} in {unit}, the old one {oldMedium} in {oldUnit}',
  },
  'replacement.other_multiplier': {
    zh: '表 {serial} 已登记的倍率是 {multiplier}',
    en: 'meter {serial} is known with the multiplier {multiplier}',
  },
})

export type MeteringReason = ReasonOf<typeof meteringReasons>
