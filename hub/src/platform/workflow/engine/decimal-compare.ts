/** Exact: -1, 0 or 1 for decimals as text; null when one of them is none. */
export function compareDecimals(a: string, b: string): -1 | 0 | 1 | null {
  const left = parts(a)
  const right = parts(b)
  if (!left || !right) return null
  const scale = Math.max(left.decimals.length, right.decimals.length)
  const difference = scaled(left, scale) - scaled(right, scale)
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

interface Parts {
  readonly negative: boolean
  readonly whole: string
  readonly decimals: string
}

function parts(text: string): Parts | null {
  const match = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/.exec(text)
  return match ? { negative: match[1] === '-', whole: match[2]!, decimals: match[3] ?? '' } : null
}

function scaled({ negative, whole, decimals }: Parts, scale: number): bigint {
  const size = BigInt(whole + decimals.padEnd(scale, '0'))
  return negative ? -size : size
}
