/** Objects of a profile, and what a device says about them. Pure. */
import { ApplicationTag, ObjectType, PropertyIdentifier, type BACNetAppData, type BACNetObjectID } from '@bacnet-js/client' // prettier-ignore
import { parseDecimal, type Decimal } from '@courtyard/protocols/decimal'
import { shortestDecimal } from '@courtyard/protocols/modbus'
import type { BacnetValue, DeviceProfile } from '@courtyard/protocols/profile'
import type { ChunkedPoint, PointAnswer } from '../chunked-device.ts'
import { pointsWith } from '../points.ts'
import type { Datum } from './bacnet.session.ts'

export const PRESENT_VALUE: number = PropertyIdentifier.PRESENT_VALUE
export const STATUS_FLAGS: number = PropertyIdentifier.STATUS_FLAGS
export const PRIORITY_ARRAY: number = PropertyIdentifier.PRIORITY_ARRAY

export type ObjectName = BacnetValue['object']

const objectTypes: Readonly<Record<ObjectName, ObjectType>> = {
  analogInput: ObjectType.ANALOG_INPUT,
  analogOutput: ObjectType.ANALOG_OUTPUT,
  analogValue: ObjectType.ANALOG_VALUE,
  binaryInput: ObjectType.BINARY_INPUT,
  binaryOutput: ObjectType.BINARY_OUTPUT,
  binaryValue: ObjectType.BINARY_VALUE,
  multiStateInput: ObjectType.MULTI_STATE_INPUT,
  multiStateOutput: ObjectType.MULTI_STATE_OUTPUT,
  multiStateValue: ObjectType.MULTI_STATE_VALUE,
  accumulator: ObjectType.ACCUMULATOR,
  device: ObjectType.DEVICE,
}

export interface BacnetPoint extends ChunkedPoint {
  readonly object: BACNetObjectID
  readonly property: number
  /** Objects with a present value have flags that say whether it can be trusted (12.x.7). */
  readonly hasFlags: boolean
}

export function bacnetPoints(deviceKey: string, profile: DeviceProfile): BacnetPoint[] {
  return pointsWith(deviceKey, profile, 'bacnet').map((point) => {
    const { object, instance, property, factor, offset } = point.source
    const hasFlags = property === PRESENT_VALUE && object !== 'device'
    return { ...point, factor, offset, property, hasFlags, object: objectId(object, instance) }
  })
}

export function objectId(object: ObjectName, instance: number): BACNetObjectID {
  return { type: objectTypes[object], instance }
}

const REAL_BYTES = 5
const DOUBLE_BYTES = 10

/** The value of a property, with the flags of its object where it has any. */
export function answerOf(
  data: readonly Datum[] | undefined,
  flags: readonly Datum[] | undefined,
): PointAnswer {
  const [datum, ...more] = data ?? []
  if (!datum || more.length > 0) return { invalid: 'not one value' }
  if (datum.type === ApplicationTag.ERROR) return { refused: refusalText(datum.value) }
  const value = numberOf(datum)
  if (typeof value === 'string') return { invalid: value }
  const doubt = doubtOf(flags?.[0])
  return doubt === null ? { value } : { value, doubt }
}

/** Why there is no number, or the number. */
function numberOf({ type, value, len }: Datum): Decimal | string {
  switch (type) {
    case ApplicationTag.BOOLEAN:
      return { units: value === true ? 1n : 0n, places: 0 }
    case ApplicationTag.UNSIGNED_INTEGER:
    case ApplicationTag.SIGNED_INTEGER:
    case ApplicationTag.ENUMERATED:
      return Number.isSafeInteger(value)
        ? { units: BigInt(value as number), places: 0 }
        : 'beyond what is exact'
    case ApplicationTag.REAL:
      // Of a wrong length the library makes 0.
      return len === undefined || len === REAL_BYTES
        ? floatOf(value as number, 32)
        : 'a real number of a wrong length'
    case ApplicationTag.DOUBLE:
      return len === undefined || len === DOUBLE_BYTES
        ? floatOf(value as number, 64)
        : 'a double of a wrong length'
    default:
      return `a value of type ${type} is no number`
  }
}

function floatOf(value: number, bitCount: 32 | 64): Decimal | string {
  return Number.isFinite(value) ? shortestDecimal(value, bitCount) : 'not a finite number'
}

/** BACnetStatusFlags (21): in-alarm, fault, overridden, out-of-service. */
function doubtOf(flags: Datum | undefined): string | null {
  if (flags?.type !== ApplicationTag.BIT_STRING) return null
  const { value } = flags.value as { value: readonly number[] }
  const bits = value[0] ?? 0
  if (bits & 0b0010) return 'the device reports a fault of this object'
  return bits & 0b1000 ? 'out of service: the value is not the measured one' : null
}

function refusalText(value: unknown): string {
  const { errorClass, errorCode } = value as { errorClass: number; errorCode: number }
  return `refused (class ${errorClass}, code ${errorCode})`
}

/** A number in the datatype that the object's present value has; null relinquishes. */
export function appData(object: ObjectName, value: number | null): BACNetAppData {
  if (value === null) return { type: ApplicationTag.NULL, value: null }
  if (object.startsWith('analog')) return { type: ApplicationTag.REAL, value }
  const type = object.startsWith('binary') ? ApplicationTag.ENUMERATED : ApplicationTag.UNSIGNED_INTEGER
  return { type, value }
}

/** What the device keeps of a number that was written. */
export function keptDecimal(object: ObjectName, value: number): Decimal {
  return object.startsWith('analog') ? shortestDecimal(Math.fround(value), 32) : parseDecimal(String(value))
}
