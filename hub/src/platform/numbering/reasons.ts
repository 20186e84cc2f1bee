import { registerReasons, type ReasonOf } from '../reasons/reason.ts'

/** Why a pattern is refused; the codes are those of `faultsOfPattern`. */
export const numberingReasons = registerReasons({
  'numbering.unknown_token': { zh: '不认识 {token}', en: '{token} is not known' },
  'numbering.one_sequence': {
    zh: '必须有且只有一个流水号，如 {token}',
    en: 'needs the running number exactly once, such as {token}',
  },
  'numbering.digits': { zh: '流水号位数为 1 到 {most}', en: 'the running number has 1 to {most} digits' },
  'numbering.characters': {
    zh: '只能用汉字、字母、数字和 - _ . / # ( )',
    en: 'only letters, digits and - _ . / # ( )',
  },
  'numbering.too_long': { zh: '最多 {most} 个字符', en: 'at most {most} characters' },
  'numbering.needs_year': {
    zh: '每年或每月重新编号时必须包含年份 {token}',
    en: 'must say the year when numbers start anew: {token}',
  },
  'numbering.needs_month': {
    zh: '每月重新编号时必须包含月份 {token}',
    en: 'must say the month when numbers start anew each month: {token}',
  },
})

export type NumberingReason = ReasonOf<typeof numberingReasons>
