/** Read Device Identification, function 43 / MEI type 14: Application Protocol Specification V1.1b3, 6.21. */
import { badReply } from './pdu.ts'

export interface DeviceIdentification {
  readonly vendor: string
  readonly product: string
  readonly revision: string
}

const FUNCTION = 0x2b
const MEI_TYPE = 0x0e
const BASIC = 1

/** Asks for the basic objects, vendor, product code and revision, in a stream from the first on. */
export function encodeIdentificationRequest(): Uint8Array {
  return Uint8Array.of(FUNCTION, MEI_TYPE, BASIC, 0)
}

/**
 * Null for an exception: the device does not know the function.
 * @throws AppError `modbus.bad_reply`
 */
export function decodeIdentification(reply: Uint8Array): DeviceIdentification | null {
  if (reply[0] === (FUNCTION | 0x80)) return null
  if (reply[0] !== FUNCTION || reply[1] !== MEI_TYPE) throw badReply('no device identification', reply)
  const objects = new Map<number, string>()
  let at = 7
  for (let i = 0; i < (reply[6] ?? 0); i++) {
    const size = reply[at + 1]
    if (size === undefined || at + 2 + size > reply.length) throw badReply('an object that is cut off', reply)
    objects.set(reply[at]!, printable(reply.subarray(at + 2, at + 2 + size)))
    at += 2 + size
  }
  return { vendor: objects.get(0) ?? '', product: objects.get(1) ?? '', revision: objects.get(2) ?? '' }
}

/** ASCII by the standard; what else comes is shown as a question mark. */
function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?'))
    .join('')
    .trim()
}
