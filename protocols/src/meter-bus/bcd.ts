/** Numbers as meters write them: binary coded decimal, two digits per byte, low byte first. */

/**
 * The number that the bytes write; null when a half byte is no decimal digit. Meters write FF (or EE) in every byte
 * for "no value", so this is not damage but an answer.
 */
export function decodeBcd(bytes: Uint8Array): bigint | null {
  let value = 0n
  for (let index = bytes.length - 1; index >= 0; index--) {
    const high = bytes[index]! >> 4
    const low = bytes[index]! & 0x0f
    if (high > 9 || low > 9) return null
    value = value * 100n + BigInt(high * 10 + low)
  }
  return value
}

/** @throws RangeError when the value is negative or has more than `2 × length` digits. */
export function encodeBcd(value: bigint | number, length: number): Uint8Array {
  let rest = BigInt(value)
  if (rest < 0n) throw new RangeError(`${value} is negative`)
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) {
    const pair = Number(rest % 100n)
    bytes[index] = (Math.floor(pair / 10) << 4) | (pair % 10)
    rest /= 100n
  }
  if (rest > 0n) throw new RangeError(`${value} does not fit ${length} bytes of BCD`)
  return bytes
}

/** Unsigned binary number, low byte first: status words. */
export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index]!)
  return value
}

/** `0A 1B`: for people and errors; at most `most` bytes. */
export function hexText(bytes: Uint8Array, most = 64): string {
  const text = Array.from(bytes.subarray(0, most), hexByte).join(' ')
  return bytes.length > most ? `${text} …` : text
}

export function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

/** Bytes of hexadecimal digits as written, first byte first. @throws RangeError when they are none. */
export function bytesFromHex(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '')
  if (digits.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(digits)) throw new RangeError(`not bytes: ${text}`)
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  )
}

/** Bytes low byte first of what people write high byte first: addresses, identifiers, passwords. */
export function wireBytes(text: string): Uint8Array {
  return bytesFromHex(text).reverse()
}

/** What people write for bytes that are low byte first on the wire. */
export function writtenHex(bytes: Uint8Array): string {
  return Array.from(bytes, hexByte).reverse().join('')
}
