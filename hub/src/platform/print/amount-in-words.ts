/** Amounts as they are written out on Chinese receipts, so that nobody adds a digit: 壹仟贰佰叁拾肆元伍角整. */
const DIGITS = '零壹贰叁肆伍陆柒捌玖'
const PLACES = ['', '拾', '佰', '仟']
const GROUPS = ['', '万', '亿', '万亿']

/**
 * @param amount decimal text with at most two places and below 10^16
 * @returns null for anything else: it has no words
 */
export function amountInWords(amount: string): string | null {
  const match = /^(-?)0*(\d{1,16})(?:\.(\d{1,2})0*)?$/.exec(amount)
  if (!match) return null
  const [, sign, whole, part = ''] = match
  const [tenth = '0', hundredth = '0'] = part.padEnd(2, '0')
  const yuan = wholeInWords(whole!)
  const words = centsInWords(yuan, tenth, hundredth)
  return (sign === '-' && /[^零元整]/.test(words) ? '负' : '') + words
}

function centsInWords(yuan: string, tenth: string, hundredth: string): string {
  const whole = yuan === '' ? '' : `${yuan}元`
  if (tenth === '0' && hundredth === '0') return `${whole || '零元'}整`
  const jiao = tenth === '0' ? (whole === '' ? '' : '零') : `${DIGITS[Number(tenth)]}角`
  return hundredth === '0' ? `${whole}${jiao}整` : `${whole}${jiao}${DIGITS[Number(hundredth)]}分`
}

/** Empty for zero. Zeros inside are said once, those at an end not at all. */
function wholeInWords(digits: string): string {
  const groups = digits.padStart(16, '0').match(/\d{4}/g)!
  let words = ''
  let zeroBefore = false
  for (const [at, group] of groups.entries()) {
    const said = groupInWords(group)
    if (said === '') {
      zeroBefore ||= words !== ''
      continue
    }
    const gap = words !== '' && (zeroBefore || group.startsWith('0'))
    words += `${gap ? '零' : ''}${said}${unitOf(groups, at)}`
    zeroBefore = false
  }
  return words
}

/** 万亿 is said 万 when more of 亿 follows. */
function unitOf(groups: readonly string[], at: number): string {
  const unit = GROUPS[3 - at]!
  return unit === '万亿' && groups[1] !== '0000' ? '万' : unit
}

function groupInWords(group: string): string {
  let words = ''
  let zero = false
  for (const [at, digit] of [...group].entries()) {
    if (digit === '0') {
      zero = words !== ''
      continue
    }
    words += `${zero ? '零' : ''}${DIGITS[Number(digit)]}${PLACES[3 - at]}`
    zero = false
  }
  return words
}
