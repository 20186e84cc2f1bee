/** Values and status codes of OPC UA in our terms. Pure; OPC 10000-4 and -6. */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { parseDecimal, type Decimal } from '@courtyard/protocols/decimal'
import { shortestDecimal } from '@courtyard/protocols/modbus'
import { emptyReading, readingOf, scaled, type DriverPoint } from '../points.ts'

/** Built-in types by number (OPC 10000-6, table 1). */
export const BuiltIn = { boolean: 1, sByte: 2, byte: 3, int16: 4, uInt16: 5, int32: 6, uInt32: 7, int64: 8, uInt64: 9, float: 10, double: 11, string: 12, dateTime: 13 } as const // prettier-ignore

/** What this file needs of a DataValue. */
export interface ServedValue {
  readonly value?: { readonly dataType: number; readonly arrayType: number; readonly value: unknown } | null
  readonly statusCode: { readonly value: number; readonly name: string }
}

export interface OpcuaPoint extends DriverPoint {
  readonly source: { readonly factor: string; readonly offset: string }
}

/** The codes of a server that is well and has lost the device behind it. */
const disconnectedCodes = new Set(['BadNoCommunication', 'BadNotConnected', 'BadCommunicationError', 'BadConnectionClosed', 'BadConnectionRejected', 'BadServerNotConnected', 'BadDisconnect', 'BadServerHalted', 'BadShutdown']) // prettier-ignore
const timeoutCodes = new Set(['BadTimeout', 'BadRequestTimeout'])
const refusedCodes = new Set(['BadNodeIdUnknown', 'BadNodeIdInvalid', 'BadAttributeIdInvalid', 'BadNotReadable', 'BadUserAccessDenied', 'BadNoMatch', 'BadNotSupported', 'BadNotFound', 'BadSecurityModeInsufficient', 'BadNoEntryExists', 'BadBrowseNameInvalid']) // prettier-ignore

/** Severity is in the two high bits (OPC 10000-4, 7.39.1): 00 good, 01 uncertain, 1x bad. */
export function qualityOf({ value, name }: ServedValue['statusCode']): Quality {
  const severity = value >>> 30
  if (severity === 0) return Quality.good
  if (severity === 1) return Quality.uncertain
  if (disconnectedCodes.has(name)) return Quality.disconnected
  if (timeoutCodes.has(name)) return Quality.timeout
  return refusedCodes.has(name) ? Quality.refused : Quality.invalid
}

/** A scalar as an exact decimal; null for what is no number. */
export function decimalOf(value: ServedValue['value']): Decimal | null {
  if (!value || value.arrayType !== 0 || value.value === null || value.value === undefined) return null
  const { dataType, value: raw } = value
  if (dataType === BuiltIn.boolean) return { units: raw ? 1n : 0n, places: 0 }
  if (dataType === BuiltIn.int64 || dataType === BuiltIn.uInt64) return wide(raw, dataType === BuiltIn.int64)
  if (dataType === BuiltIn.float || dataType === BuiltIn.double)
    return typeof raw === 'number' && Number.isFinite(raw)
      ? shortestDecimal(raw, dataType === BuiltIn.float ? 32 : 64)
      : null
  if (dataType >= BuiltIn.sByte && dataType <= BuiltIn.uInt32)
    return Number.isInteger(raw) ? { units: BigInt(raw as number), places: 0 } : null
  if (dataType === BuiltIn.dateTime && raw instanceof Date) {
    const ms = raw.getTime()
    return Number.isNaN(ms) ? null : { units: BigInt(ms), places: 3 }
  }
  return dataType === BuiltIn.string ? decimalText(raw) : null
}

/** node-opcua gives 64 bits as a high and a low word, or as a bigint. */
function wide(raw: unknown, isSigned: boolean): Decimal | null {
  if (typeof raw === 'bigint') return { units: raw, places: 0 }
  if (!Array.isArray(raw) || raw.length !== 2) return null
  const [high, low] = raw as [number, number]
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return { units: isSigned ? BigInt.asIntN(64, bits) : bits, places: 0 }
}

function decimalText(raw: unknown): Decimal | null {
  const text = typeof raw === 'string' ? raw.trim() : ''
  return /^-?\d{1,18}(\.\d{1,18})?$/.test(text) ? parseDecimal(text) : null
}

/** The reading of a served value, and what is wrong with it in words. */
export function readingFrom(point: OpcuaPoint, served: ServedValue, atMs: number): { reading: Reading; trouble: string | null } {
  const quality = qualityOf(served.statusCode)
  const { name } = served.statusCode
  if (quality > Quality.uncertain) return { reading: emptyReading(point, atMs, quality), trouble: name }
  const decimal = decimalOf(served.value)
  const reading = readingOf(point, decimal && scaled(decimal, point.source), atMs)
  if (!decimal) return { reading, trouble: 'holds no number' }
  if (quality === Quality.good || reading.quality !== Quality.good) return { reading, trouble: null }
  return { reading: { ...reading, quality: Quality.uncertain }, trouble: name }
} // prettier-ignore

/** Equal for equal values with equal status: what tells a change that the server did not report. */
export function fingerprint({ value, statusCode }: ServedValue): string {
  const decimal = decimalOf(value)
  const text = decimal ? `${decimal.units}e${-decimal.places}` : JSON.stringify(value?.value ?? null)
  return `${statusCode.value >>> 30} ${text}`
}
