/** What a person typed as a decimal: separators and full-width digits are forgiven; null when it is not one. */
export function cleanDecimal(text: string): string | null {
  const plain = text
    .normalize('NFKC')
    .trim()
    .replaceAll(/[,\s_]/g, '')
    .replaceAll('\u2212', '-')
    .replace('。', '.')
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(plain)) return null
  const [whole = '0', fraction] = plain.split('.')
  const head = whole === '' || whole === '-' ? `${whole}0` : whole
  return fraction ? `${head}.${fraction}` : head
}

/** A name to sign in with, as the contract takes it. */
export const usernamePattern = /^[a-z0-9][a-z0-9._-]{1,39}$/
