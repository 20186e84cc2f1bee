/** BER as SNMP uses it (RFC 3417, 8; X.690): definite lengths, primitive strings. */

export const Tag = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  ipAddress: 0x40,
  counter32: 0x41,
  gauge32: 0x42,
  timeTicks: 0x43,
  opaque: 0x44,
  counter64: 0x46,
  noSuchObject: 0x80,
  noSuchInstance: 0x81,
  endOfMibView: 0x82,
} as const

export interface Element {
  readonly tag: number
  readonly body: Buffer
}

/** Elements that stand one behind the other. Throws RangeError when the bytes end too early. */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const tag = bytes.readUInt8(at)
    const first = bytes.readUInt8(at + 1)
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes)
    const start = at + 2 + lengthBytes
    if (start + length > bytes.length) throw new RangeError(`element at ${at} runs beyond the end`)
    found.push({ tag, body: bytes.subarray(start, start + length) })
    at = start + length
  }
  return found
}

export function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const { length } = body
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), body])
}

/** Two's complement in as few bytes as it takes; for unsigned types too, which then have a zero in front. */
export function integerBytes(value: bigint): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 8n) {
    bytes.unshift(Number(rest & 0xffn))
    const isWhole = rest >= -0x80n && rest < 0x80n
    if (isWhole) return Buffer.from(bytes)
  }
}

export function integerOf(body: Buffer): bigint {
  return body.length === 0 ? 0n : BigInt.asIntN(body.length * 8, BigInt(`0x${body.toString('hex')}`))
}

export function oidBytes(oid: readonly number[]): Buffer {
  const [first = 0, second = 0, ...rest] = oid
  return Buffer.from([first * 40 + second, ...rest].flatMap(base128))
}

export function oidOf(body: Buffer): number[] {
  const numbers: number[] = []
  let value = 0
  for (const byte of body) {
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) {
      numbers.push(value)
      value = 0
    }
  }
  const [head = 0, ...rest] = numbers
  const root = Math.min(2, Math.floor(head / 40))
  return [root, head - root * 40, ...rest]
}

function base128(number: number): number[] {
  const bytes = [number % 128]
  for (let rest = Math.floor(number / 128); rest > 0; rest = Math.floor(rest / 128))
    bytes.unshift((rest % 128) | 0x80)
  return bytes
}
