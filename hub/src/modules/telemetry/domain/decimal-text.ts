/** An integer and its decimal places as text: (12345, 2) → `123.45`. Exact; for people and JSON. */
export function decimalText(mantissa: number | bigint | string, scale: number): string {
  const text = String(mantissa)
  if (scale === 0) return text
  const negative = text.startsWith('-')
  const digits = (negative ? text.slice(1) : text).padStart(scale + 1, '0')
  const value = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return negative ? `-${value}` : value
}
