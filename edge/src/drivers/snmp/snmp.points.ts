/** Variables of a profile, and what they say. Pure. */
import snmp, { type Varbind } from 'net-snmp'
import { parseDecimal, type Decimal } from '@courtyard/protocols/decimal'
import { float32FromBits, float64FromBits, shortestDecimal } from '@courtyard/protocols/modbus'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import type { ChunkedPoint, PointAnswer } from '../chunked-device.ts'
import { pointsWith } from '../points.ts'

const INDEX = '{index}'

export interface SnmpPoint extends ChunkedPoint {
  /** Null when the profile reads a row of a table and the address names none. */
  readonly oid: string | null
  readonly noValue: readonly number[]
  /** A register: a Counter32 behind it is a total that wraps. */
  readonly counts: boolean
}

export function snmpPoints(
  deviceKey: string,
  profile: DeviceProfile,
  index: string | undefined,
): SnmpPoint[] {
  const registers = new Set(profile.points.filter(({ kind }) => kind === 'register').map(({ key }) => key))
  return pointsWith(deviceKey, profile, 'snmp').map((point) => ({
    ...point,
    factor: point.source.factor,
    offset: point.source.offset,
    oid: withIndex(point.source.oid, index),
    noValue: point.source.invalid ?? [],
    counts: registers.has(point.key),
  }))
}

export function withIndex(oid: string, index: string | undefined): string | null {
  if (!oid.includes(INDEX)) return oid
  return index === undefined ? null : oid.replaceAll(INDEX, index)
}

const { Boolean, Integer, OctetString, Counter, Gauge, TimeTicks, Opaque, Counter64 } = snmp.ObjectType
const { NoSuchObject, NoSuchInstance, EndOfMibView } = snmp.ObjectType

/** Where the profile gives numbers that stand for "no value". */
export function pointAnswer({ noValue }: SnmpPoint, varbind: Varbind): PointAnswer {
  const isNone = typeof varbind.value === 'number' && noValue.includes(varbind.value)
  return isNone ? { invalid: `the device has no value (${String(varbind.value)})` } : answerOf(varbind)
}

/** Null when it is another kind of value. */
export function counter32Of({ type, value }: Varbind): number | null {
  return type === Counter && typeof value === 'number' ? value : null
}

export function answerOf({ type, value }: Varbind): PointAnswer {
  switch (type) {
    case NoSuchObject:
      return { refused: 'the device has no such variable' }
    case NoSuchInstance:
    case EndOfMibView:
      return { refused: 'the device has no such row' }
    case Boolean:
      return { value: { units: value === true ? 1n : 0n, places: 0 } }
    case Integer:
    case Counter:
    case Gauge:
    case TimeTicks:
      return typeof value === 'number'
        ? { value: { units: BigInt(value), places: 0 } }
        : { invalid: 'not a number' }
    case Counter64:
      return { value: { units: unsigned(value as Buffer), places: 0 } }
    case OctetString:
      return numberText(value as Buffer)
    case Opaque:
      return opaqueFloat(value as Buffer)
    default:
      return { invalid: `a value of type ${type} is no number` }
  }
}

/** BER writes an integer with as few bytes as it takes, and a zero in front when the top bit is set. */
function unsigned(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
}

/** Sensors without a float in SNMP tell their value as text. */
function numberText(bytes: Buffer): PointAnswer {
  const text = bytes.toString('latin1').replaceAll('\0', '').trim()
  if (/^-?\d{1,18}(\.\d{1,12})?$/.test(text)) return { value: parseDecimal(text) }
  return { invalid: `"${text.slice(0, 40)}" is no number` }
}

/** Opaque-wrapped floats, as Net-SNMP and others send them: 9F 78 04 and 9F 79 08 (draft-perkins-opaque-01). */
function opaqueFloat(bytes: Buffer): PointAnswer {
  const isSingle = bytes.length === 7 && bytes.readUIntBE(0, 3) === 0x9f7804
  const isDouble = bytes.length === 11 && bytes.readUIntBE(0, 3) === 0x9f7908
  if (!isSingle && !isDouble) return { invalid: 'an opaque value that is no float' }
  const number = isSingle ? float32FromBits(bytes.readUInt32BE(3)) : float64FromBits(bytes.readBigUInt64BE(3))
  if (!Number.isFinite(number)) return { invalid: 'not a finite number' }
  return { value: shortestDecimal(number, isSingle ? 32 : 64) }
}

/** Text of a value for people. */
export function textOf({ type, value }: Varbind): string {
  if (type === OctetString)
    return (value as Buffer)
      .toString('utf8')
      .replaceAll(/[^\P{C}\n]/gu, '')
      .slice(0, 200)
  if (type === Counter64) return String(unsigned(value as Buffer))
  if (Buffer.isBuffer(value)) return value.toString('hex')
  return String(value)
}

export function sameNumber(answer: PointAnswer, wanted: Decimal): boolean {
  return (
    'value' in answer &&
    answer.value.places === 0 &&
    wanted.places === 0 &&
    answer.value.units === wanted.units
  )
}
