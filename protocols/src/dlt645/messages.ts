/** Requests of a master and what the replies say, both editions (DL/T 645-2007, 7; DL/T 645-1997, 7). Pure. */
import { AppError } from '../contract/app-error.ts'
import { hexByte, hexText, wireBytes, writtenHex } from '../meter-bus/index.ts'
import { Dlt645ErrorCode } from './errors.ts'
import { ANY_ADDRESS, badRequest, BROADCAST_ADDRESS, type Dlt645Frame } from './frame.ts'

export type Dlt645Edition = '2007' | '1997'

/** Function codes of the control byte, DL/T 645-2007, 5.2.3. */
export const Control = {
  broadcastTime: 0x08,
  read: 0x11,
  readNext: 0x12,
  readAddress: 0x13,
  write: 0x14,
  writeAddress: 0x15,
  freeze: 0x16,
  relay: 0x1c,
} as const
/** DL/T 645-1997, 5.2.3; the broadcast of the time is 08 in both. */
export const Control1997 = { read: 0x01, readNext: 0x02 } as const

const FROM_METER = 0x80
const REFUSED = 0x40
const MORE_FOLLOWS = 0x20

/** What opens a meter for writing. Both as people write them, high byte first. */
export interface Dlt645Credentials {
  /** Eight digits: the level PA, then the password P2 P1 P0, such as `02123456`. */
  readonly password: string
  /** Eight digits, which the meter keeps in its log. */
  readonly operatorCode: string
}

/** @param di eight (2007) or four (1997) hexadecimal digits, high byte first: `00010000`, `9010` */
export function readRequest(edition: Dlt645Edition, address: string, di: string): Dlt645Frame {
  const control = edition === '2007' ? Control.read : Control1997.read
  return { address, control, data: identifierBytes(edition, di) }
}

/** The next part of a reply that has more. `sequence` counts from 1; 1997 has none on the wire. */
export function readNextRequest(
  edition: Dlt645Edition,
  address: string,
  di: string,
  sequence: number,
): Dlt645Frame {
  const identifier = identifierBytes(edition, di)
  if (edition === '1997') return { address, control: Control1997.readNext, data: identifier }
  return { address, control: Control.readNext, data: Uint8Array.of(...identifier, sequence) }
}

/** Asks the only meter on the line for its address. */
export function readAddressRequest(): Dlt645Frame {
  return { address: ANY_ADDRESS, control: Control.readAddress, data: new Uint8Array(0) }
}

/** @param value as on the wire, low byte first, without 33H */
export function writeRequest(
  address: string,
  di: string,
  credentials: Dlt645Credentials,
  value: Uint8Array,
): Dlt645Frame {
  const data = Uint8Array.of(...identifierBytes('2007', di), ...credentialBytes(credentials), ...value)
  return { address, control: Control.write, data }
}

/**
 * Sets the clocks of all meters on the line; nobody answers. A meter obeys once a day and only when it is wrong by no
 * more than five minutes (7.3 of both editions).
 */
export function broadcastTimeRequest(time: WireTime): Dlt645Frame {
  return { address: BROADCAST_ADDRESS, control: Control.broadcastTime, data: timeBytes(time) }
}

/**
 * Freezes the registers (7.8). `99` in a part is "any", so `99999999` is now, `99990000` each day at midnight.
 * @param when eight digits MMDDhhmm
 */
export function freezeRequest(address: string, when: string): Dlt645Frame {
  if (!/^\d{8}$/.test(when)) throw badRequest(`${when} is not MMDDhhmm`, when)
  return { address, control: Control.freeze, data: wireBytes(when) }
}

/** What a relay is told (Appendix of the 2009 supplement to 7.10): open, let the user close it, close it now. */
export const relayActions = { open: 0x1a, permitClose: 0x1b, close: 0x1c } as const
export type RelayAction = keyof typeof relayActions

/** @param validUntil local time of the meter; later it does not obey */
export function relayRequest(
  address: string,
  credentials: Dlt645Credentials,
  action: RelayAction,
  validUntil: WireTime,
): Dlt645Frame {
  const order = [relayActions[action], 0x00, ...timeBytes(validUntil)]
  return { address, control: Control.relay, data: Uint8Array.of(...credentialBytes(credentials), ...order) }
}

export interface WireTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

/** ss mm hh DD MM YY. */
function timeBytes({ year, month, day, hour, minute, second }: WireTime): Uint8Array {
  const parts = [year % 100, month, day, hour, minute, second]
  return wireBytes(parts.map((part) => String(part).padStart(2, '0')).join(''))
}

/** WW DD MM YY of 04000101 and ss mm hh of 04000102. */
export function clockValues(time: WireTime & { readonly weekday: number }): {
  date: Uint8Array
  time: Uint8Array
} {
  const two = (part: number) => String(part).padStart(2, '0')
  const { year, month, day, weekday, hour, minute, second } = time
  return {
    date: wireBytes([year % 100, month, day, weekday].map(two).join('')),
    time: wireBytes([hour, minute, second].map(two).join('')),
  }
}

/** What a meter answered to a request. */
export type Dlt645Reply =
  | { readonly kind: 'data'; readonly data: Uint8Array; readonly more: boolean }
  | { readonly kind: 'done' }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'refused'; readonly error: number; readonly reason: string }

/**
 * What a frame says to a request; null when it is not an answer to it: the echo of the request, another meter, another
 * function, another identifier, another part.
 * @throws AppError `dlt645.bad_reply` for an answer that is not what the standard says
 */
export function replyTo(
  edition: Dlt645Edition,
  request: Dlt645Frame,
  frame: Dlt645Frame,
): Dlt645Reply | null {
  const { control, data } = frame
  if ((control & FROM_METER) === 0 || (control & 0x1f) !== request.control) return null
  if (!addressMatches(request.address, frame.address)) return null
  if (control & REFUSED) return refusal(edition, frame)
  switch (request.control) {
    case Control.readAddress:
      if (data.length !== 6) throw badReply('an address of another length', frame)
      return { kind: 'address', address: writtenHex(data) }
    case Control.read:
    case Control.readNext:
    case Control1997.read:
    case Control1997.readNext:
      return dataReply(edition, request, frame)
    default:
      return { kind: 'done' }
  }
}

function dataReply(edition: Dlt645Edition, request: Dlt645Frame, frame: Dlt645Frame): Dlt645Reply | null {
  const width = edition === '2007' ? 4 : 2
  const { data } = frame
  if (data.length < width) throw badReply('no identifier', frame)
  if (!startsWith(data, request.data.subarray(0, width))) return null
  const numbered = request.control === Control.readNext
  const end = numbered ? data.length - 1 : data.length
  if (end < width) throw badReply('no number of the part', frame)
  if (numbered && data[end] !== request.data[width]) return null
  return { kind: 'data', data: data.subarray(width, end), more: (frame.control & MORE_FOLLOWS) !== 0 }
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return head.every((byte, index) => bytes[index] === byte)
}

/** `AA` in the address asked is a wildcard; some meters of 1997 answer with the wildcard itself. */
export function addressMatches(asked: string, answered: string): boolean {
  for (let index = 0; index < 12; index += 2) {
    const byte = asked.slice(index, index + 2)
    if (byte !== 'AA' && byte !== answered.slice(index, index + 2)) return false
  }
  return true
}

/** Bits of the error word, DL/T 645-2007, Appendix C.2, and DL/T 645-1997, 7.6. */
const errorWords: Record<Dlt645Edition, readonly string[]> = {
  '2007': [
    'other error',
    'no such data',
    'wrong password or not authorised',
    'the bit rate cannot be changed',
    'too many time zones of the year',
    'too many periods of the day',
    'too many tariffs',
    'reserved bit',
  ],
  '1997': [
    'illegal data',
    'wrong identifier',
    'wrong password',
    'reserved bit',
    'too many time zones of the year',
    'too many periods of the day',
    'too many tariffs',
    'reserved bit',
  ],
}

/** The error word in words: `no such data (02)`. */
export function explainError(edition: Dlt645Edition, error: number): string {
  const words = errorWords[edition].filter((_, bit) => error & (1 << bit))
  return `${words.join(', ') || 'no reason given'} (${hexByte(error)})`
}

function refusal(edition: Dlt645Edition, frame: Dlt645Frame): Dlt645Reply {
  const error = frame.data[0] ?? 0
  return { kind: 'refused', error, reason: explainError(edition, error) }
}

function identifierBytes(edition: Dlt645Edition, di: string): Uint8Array {
  const digits = edition === '2007' ? 8 : 4
  if (!/^[0-9A-F]+$/.test(di) || di.length !== digits) {
    throw badRequest(`${di} is no identifier of ${digits} digits`, di)
  }
  return wireBytes(di)
}

/** PA P0 P1 P2 C0 C1 C2 C3 (7.4). */
function credentialBytes({ password, operatorCode }: Dlt645Credentials): Uint8Array {
  if (!/^\d{8}$/.test(password)) throw badRequest('the password is not eight digits', null)
  if (!/^[0-9A-F]{8}$/.test(operatorCode)) throw badRequest('the operator code is not eight digits', null)
  return Uint8Array.of(
    ...wireBytes(password.slice(0, 2)),
    ...wireBytes(password.slice(2)),
    ...wireBytes(operatorCode),
  )
}

function badReply(reason: string, frame: Dlt645Frame): AppError {
  const details = { offset: 0, bytes: hexText(frame.data) }
  return new AppError(Dlt645ErrorCode.badReply, `reply of ${frame.address}: ${reason}`, { details })
}
