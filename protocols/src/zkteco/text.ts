/** Names and numbers as the terminals keep them: bytes up to the first zero, in UTF-8 or, in China, GBK. */
export type TextEncoding = 'utf8' | 'gbk'

/** Undecodable bytes become U+FFFD: firmware cuts names in the middle of a character. */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding = 'utf8'): string {
  const end = bytes.indexOf(0)
  const used = end < 0 ? bytes : bytes.subarray(0, end)
  return new TextDecoder(encoding === 'gbk' ? 'gb18030' : 'utf-8').decode(used).trim()
}

/**
 * Text in at most `maxBytes` bytes, whole characters only; what GBK does not have becomes `?`.
 */
export function encodeText(text: string, maxBytes: number, encoding: TextEncoding = 'utf8'): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const next = encoding === 'gbk' ? gbkBytes(character) : [...new TextEncoder().encode(character)]
    if (bytes.length + next.length > maxBytes) break
    bytes.push(...next)
  }
  return Uint8Array.from(bytes)
}

let gbkTable: Map<string, number[]> | null = null

/** The platform only decodes GBK; the way back is the table of all its two-byte codes. */
function gbkBytes(character: string): number[] {
  if (character.charCodeAt(0) < 0x80) return [character.charCodeAt(0)]
  gbkTable ??= buildGbkTable()
  return gbkTable.get(character) ?? [0x3f]
}

function buildGbkTable(): Map<string, number[]> {
  const decoder = new TextDecoder('gbk')
  const table = new Map<string, number[]>()
  for (let high = 0x81; high <= 0xfe; high++) {
    for (let low = 0x40; low <= 0xfe; low++) {
      if (low === 0x7f) continue
      const text = decoder.decode(Uint8Array.of(high, low))
      if (text.length === 1 && text !== '\ufffd' && !table.has(text)) table.set(text, [high, low])
    }
  }
  return table
}
