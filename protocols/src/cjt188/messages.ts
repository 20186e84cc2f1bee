/** Requests of a master and what the replies say (CJ/T 188-2004, 6.2.4 and 7; CJ/T 188-2018 keeps them). Pure. */
import { AppError } from '../contract/app-error.ts'
import { faceMs, hexText, wireBytes } from '../meter-bus/index.ts'
import { Cjt188ErrorCode } from './errors.ts'
import { ANY_ADDRESS, ANY_TYPE, badRequest, type Cjt188Frame } from './frame.ts'

/** Control codes, 6.2.4. */
export const Control = {
  read: 0x01,
  readAddress: 0x03,
  write: 0x04,
  writeAddress: 0x15,
  writeMotorSync: 0x16,
} as const
const FROM_METER = 0x80
const REFUSED = 0x40

/** Identifiers of data, as the standard writes them (2004, table 9; 2018 adds many). */
export const Identifier = {
  measurement: '901F',
  address: '810A',
  clock: 'A015',
  motorSync: 'A016',
  valve: 'A017',
  newAddress: 'A018',
} as const

/** Which byte of `901F` comes first on the wire: `highFirst` 90 1F, `lowFirst` 1F 90. The field has both. */
export type DiOrder = 'lowFirst' | 'highFirst'

/** How one meter is spoken to. */
export interface Cjt188Target {
  readonly meterType: number
  readonly address: string
  readonly diOrder: DiOrder
}

/** @param serial number of the request, 0–255; the reply repeats it */
export function readRequest(target: Cjt188Target, di: string, serial: number): Cjt188Frame {
  return request(target, Control.read, di, serial)
}

/** Asks the only meter on the line for its type and address: both are in the head of the reply. */
export function readAddressRequest(diOrder: DiOrder, serial: number): Cjt188Frame {
  return request({ meterType: ANY_TYPE, address: ANY_ADDRESS, diOrder }, Control.readAddress, Identifier.address, serial) // prettier-ignore
}

/** @param value as on the wire, low byte first */
export function writeRequest(target: Cjt188Target, di: string, serial: number, value: Uint8Array): Cjt188Frame {
  const control =
    di === Identifier.newAddress ? Control.writeAddress : di === Identifier.motorSync ? Control.writeMotorSync : Control.write
  return request(target, control, di, serial, value)
} // prettier-ignore

/** 2004, table 9: A017 with 55 opens the valve, with 99 closes it. */
export function valveRequest(target: Cjt188Target, action: 'open' | 'close', serial: number): Cjt188Frame {
  return writeRequest(target, Identifier.valve, serial, Uint8Array.of(action === 'open' ? 0x55 : 0x99))
}

export interface ClockTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

export function clockRequest(target: Cjt188Target, serial: number, time: ClockTime): Cjt188Frame {
  return writeRequest(target, Identifier.clock, serial, encodeClock(time))
}

/** @param newAddress fourteen digits, A6 first */
export function addressRequest(target: Cjt188Target, serial: number, newAddress: string): Cjt188Frame {
  if (!/^[0-9A-F]{14}$/.test(newAddress)) throw badRequest(`${newAddress} is not 14 digits`, newAddress)
  return writeRequest(target, Identifier.newAddress, serial, wireBytes(newAddress))
}

/** ss mm hh DD MM YY CC: YYYYMMDDhhmmss, low byte first. */
export function encodeClock({ year, month, day, hour, minute, second }: ClockTime): Uint8Array {
  const two = (part: number) => String(part).padStart(2, '0')
  return wireBytes(String(year).padStart(4, '0') + [month, day, hour, minute, second].map(two).join(''))
}

/** Null when the seven bytes are no date and time: many meters have no clock and send zeros. */
export function decodeClock(bytes: Uint8Array): ClockTime | null {
  const digits = Array.from(bytes, (byte) => ((byte >> 4) > 9 || (byte & 15) > 9 ? NaN : (byte >> 4) * 10 + (byte & 15))) // prettier-ignore
  const [second, minute, hour, day, month, low, high] = digits
  if (bytes.length !== 7 || digits.some(Number.isNaN)) return null
  const time = { year: high! * 100 + low!, month: month!, day: day!, hour: hour!, minute: minute!, second: second! } // prettier-ignore
  return faceMs(time) === null ? null : time
}

/** What a meter answered to a request. */
export type Cjt188Reply =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'done'; readonly data: Uint8Array }
  | { readonly kind: 'address'; readonly meterType: number; readonly address: string }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * What a frame says to a request; null when it is not an answer to it: its echo, another meter, another function,
 * another identifier, another serial number. The bytes of the identifier may come back in either order.
 * @throws AppError `cjt188.bad_reply` for an answer that is not what the standard says
 */
export function replyTo(request: Cjt188Frame, frame: Cjt188Frame): Cjt188Reply | null {
  const { control, data } = frame
  if ((control & FROM_METER) === 0 || (control & 0x1f) !== request.control) return null
  if (!isFrom(request, frame)) return null
  if (control & REFUSED) return { kind: 'refused', reason: explainRefusal(data) }
  if (data.length < 3) throw badReply('no identifier and serial number', frame)
  if (!sameIdentifier(request.data, data) || data[2] !== request.data[2]) return null
  if (request.control === Control.readAddress) {
    return { kind: 'address', meterType: frame.meterType, address: frame.address }
  }
  return { kind: request.control === Control.read ? 'data' : 'done', data: data.subarray(3) }
}

function isFrom(request: Cjt188Frame, frame: Cjt188Frame): boolean {
  const sameType = request.meterType === ANY_TYPE || request.meterType === frame.meterType
  // A meter that was given a new address answers with that.
  const newAddress = request.control === Control.writeAddress
  return sameType && (newAddress || request.address === ANY_ADDRESS || request.address === frame.address)
}

function sameIdentifier(asked: Uint8Array, answered: Uint8Array): boolean {
  const [a, b] = asked
  const [c, d] = answered
  return (a === c && b === d) || (a === d && b === c)
}

/** A refusal carries the serial number and the status word (6.3.4); manufacturers put codes of their own there. */
function explainRefusal(data: Uint8Array): string {
  return data.length === 0 ? 'no reason given' : `data ${hexText(data)}`
}

function request(
  { meterType, address, diOrder }: Cjt188Target,
  control: number,
  di: string,
  serial: number,
  value: Uint8Array = new Uint8Array(0),
): Cjt188Frame {
  if (!/^[0-9A-F]{4}$/.test(di)) throw badRequest(`${di} is no identifier of 4 digits`, di)
  const identifier = wireBytes(di)
  if (diOrder === 'highFirst') identifier.reverse()
  return { meterType, address, control, data: Uint8Array.of(...identifier, serial & 0xff, ...value) }
}

function badReply(reason: string, frame: Cjt188Frame): AppError {
  const details = { offset: 0, bytes: hexText(frame.data) }
  return new AppError(Cjt188ErrorCode.badReply, `reply of ${frame.address}: ${reason}`, { details })
}
