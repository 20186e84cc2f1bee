/** Tagged values of BACnet (ANSI/ASHRAE 135-2020, 20.2): what a device reads and writes. Numbers big-endian. */

/** Application tags, 20.2.1.4. */
export const App = { null: 0, boolean: 1, unsigned: 2, signed: 3, real: 4, double: 5, text: 7, bits: 8, enumerated: 9, objectId: 12 } as const // prettier-ignore

export type Datatype = 'null' | 'boolean' | 'unsigned' | 'signed' | 'real' | 'double' | 'text' | 'enumerated'

export interface Value {
  readonly type: Datatype
  /** Decimal text of a number, `true` or `false`, or the text itself. */
  readonly text: string
}

export interface TagHead {
  readonly number: number
  readonly isContext: boolean
  /** `open` and `close` enclose what is constructed. */
  readonly kind: 'value' | 'open' | 'close'
  readonly length: number
  /** Bytes of the head itself. */
  readonly size: number
}

/** Throws RangeError at the end of the bytes. */
export function tagHead(bytes: Buffer, at: number): TagHead {
  const first = bytes.readUInt8(at)
  const isContext = (first & 0x08) !== 0
  let size = 1
  const number = first >> 4 === 15 ? bytes.readUInt8(at + size++) : first >> 4
  const lvt = first & 0x07
  if (isContext && lvt >= 6) return { number, isContext, kind: lvt === 6 ? 'open' : 'close', length: 0, size }
  let length = lvt
  if (lvt === 5) {
    length = bytes.readUInt8(at + size++)
    if (length === 254) {
      length = bytes.readUInt16BE(at + size)
      size += 2
    }
  }
  // A boolean's value stands in the place of its length (20.2.3).
  return { number, isContext, kind: 'value', length: !isContext && number === App.boolean ? 0 : length, size }
}

export function tag(number: number, isContext: boolean, body: Buffer): Buffer {
  const { length } = body
  const first = (number << 4) | (isContext ? 0x08 : 0)
  if (length < 5) return Buffer.concat([Buffer.from([first | length]), body])
  const head = length < 254 ? [first | 5, length] : [first | 5, 254, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), body])
}

export function enclosed(number: number, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([(number << 4) | 0x0e]), ...parts, Buffer.from([(number << 4) | 0x0f])])
}

export function unsignedBytes(value: bigint): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function signedBytes(value: bigint): Buffer {
  for (let size = 1; ; size++) {
    const limit = 1n << BigInt(size * 8 - 1)
    if (value >= -limit && value < limit) return Buffer.from(BigInt.asUintN(size * 8, value).toString(16).padStart(size * 2, '0'), 'hex') // prettier-ignore
  }
}

export function objectIdBytes(type: number, instance: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(type * 2 ** 22 + instance)
  return bytes
}

export function applicationValue({ type, text }: Value): Buffer {
  switch (type) {
    case 'null':
      return Buffer.from([0x00])
    case 'boolean':
      return Buffer.from([text === 'true' ? 0x11 : 0x10])
    case 'unsigned':
      return tag(App.unsigned, false, unsignedBytes(BigInt(text)))
    case 'signed':
      return tag(App.signed, false, signedBytes(BigInt(text)))
    case 'enumerated':
      return tag(App.enumerated, false, unsignedBytes(BigInt(text)))
    case 'real': {
      const bytes = Buffer.alloc(4)
      bytes.writeFloatBE(Number(text))
      return tag(App.real, false, bytes)
    }
    case 'double': {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleBE(Number(text))
      return tag(App.double, false, bytes)
    }
    case 'text':
      // Character set 0: UTF-8.
      return tag(App.text, false, Buffer.concat([Buffer.from([0]), Buffer.from(text)]))
  }
}

/** The application value at `at`; null for a datatype that these devices don't take. */
export function readApplicationValue(bytes: Buffer, at: number): Value | null {
  const { number, isContext, length, size } = tagHead(bytes, at)
  if (isContext) return null
  const body = bytes.subarray(at + size, at + size + length)
  const whole = () => BigInt(`0x${body.toString('hex') || '0'}`)
  switch (number) {
    case App.null:
      return { type: 'null', text: '' }
    case App.boolean:
      return { type: 'boolean', text: String((bytes.readUInt8(at) & 7) === 1) }
    case App.unsigned:
      return { type: 'unsigned', text: String(whole()) }
    case App.signed:
      return { type: 'signed', text: String(BigInt.asIntN(length * 8, whole())) }
    case App.enumerated:
      return { type: 'enumerated', text: String(whole()) }
    case App.real:
      return { type: 'real', text: String(body.readFloatBE(0)) }
    case App.double:
      return { type: 'double', text: String(body.readDoubleBE(0)) }
    default:
      return null
  }
}
