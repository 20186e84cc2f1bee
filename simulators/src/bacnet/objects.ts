/** Objects of a simulated device and their properties (ANSI/ASHRAE 135-2020, 12). */
import { App, applicationValue, objectIdBytes, tag, type Datatype, type Value } from './tags.ts'

/** Numbers of the object types, 21. */
export const objectTypes = {
  analogInput: 0, analogOutput: 1, analogValue: 2, binaryInput: 3, binaryOutput: 4, binaryValue: 5, device: 8,
  multiStateInput: 13, multiStateOutput: 14, multiStateValue: 19, accumulator: 23,
} as const // prettier-ignore
export type ObjectTypeName = keyof typeof objectTypes

export interface BacnetObject {
  readonly type: ObjectTypeName
  readonly instance: number
  readonly name?: string
  readonly value: string
  /** Default: what the standard gives the type. */
  readonly datatype?: Datatype
  /** Has a priority array; inputs and accumulators have none. */
  readonly isCommandable?: boolean
  readonly inAlarm?: boolean
  readonly fault?: boolean
  readonly outOfService?: boolean
  /** Without the property statusFlags, as simple devices are. */
  readonly noStatusFlags?: boolean
}

export interface PropertyError {
  readonly errorClass: number
  readonly errorCode: number
}

/** Clause 18: error classes and codes. */
export const errors = {
  unknownObject: { errorClass: 1, errorCode: 31 },
  unknownProperty: { errorClass: 2, errorCode: 32 },
  notAnArray: { errorClass: 2, errorCode: 50 },
  invalidIndex: { errorClass: 2, errorCode: 42 },
  readAccessDenied: { errorClass: 2, errorCode: 27 },
  writeAccessDenied: { errorClass: 2, errorCode: 40 },
  invalidDatatype: { errorClass: 2, errorCode: 9 },
} as const satisfies Record<string, PropertyError>

const Property = { objectIdentifier: 75, objectName: 77, objectType: 79, presentValue: 85, priorityArray: 87, relinquishDefault: 104, statusFlags: 111 } as const // prettier-ignore
const PRIORITIES = 16
const ARRAY_LENGTH_INDEX = 0

export class SimulatedObject {
  readonly options: BacnetObject
  readonly priorities: (Value | null)[] = Array.from({ length: PRIORITIES }, () => null)
  private base: Value

  constructor(options: BacnetObject) {
    this.options = options
    this.base = { type: options.datatype ?? datatypeOf(options.type), text: options.value }
  }

  /** What the highest priority says, or else the relinquish default (19.2). */
  get presentValue(): Value {
    return this.priorities.find((value) => value !== null) ?? this.base
  }

  set(text: string): void {
    this.base = { ...this.base, text }
  }

  read(property: number, index: number | null): Buffer | PropertyError {
    const { type, instance, name, noStatusFlags, isCommandable } = this.options
    if (index !== null && property !== Property.priorityArray) return errors.notAnArray
    switch (property) {
      case Property.objectIdentifier:
        return tag(App.objectId, false, objectIdBytes(objectTypes[type], instance))
      case Property.objectName:
        return applicationValue({ type: 'text', text: name ?? `${type} ${instance}` })
      case Property.objectType:
        return applicationValue({ type: 'enumerated', text: String(objectTypes[type]) })
      case Property.presentValue:
        return applicationValue(this.presentValue)
      case Property.statusFlags:
        return noStatusFlags ? errors.unknownProperty : this.statusFlags()
      case Property.priorityArray:
        return isCommandable ? this.priorityArray(index) : errors.unknownProperty
      case Property.relinquishDefault:
        return isCommandable ? applicationValue(this.base) : errors.unknownProperty
      default:
        return errors.unknownProperty
    }
  }

  /** Without a priority it is the lowest, 16 (19.2.1). */
  write(property: number, value: Value | null, priority: number): PropertyError | null {
    if (property !== Property.presentValue || !this.options.isCommandable) return errors.writeAccessDenied
    if (!value || (value.type !== 'null' && value.type !== this.base.type)) return errors.invalidDatatype
    this.priorities[priority - 1] = value.type === 'null' ? null : value
    return null
  }

  private priorityArray(index: number | null): Buffer | PropertyError {
    if (index === ARRAY_LENGTH_INDEX) return applicationValue({ type: 'unsigned', text: String(PRIORITIES) })
    const slots = this.priorities.map((value) => applicationValue(value ?? { type: 'null', text: '' }))
    if (index === null) return Buffer.concat(slots)
    return slots[index - 1] ?? errors.invalidIndex
  }

  private statusFlags(): Buffer {
    const { inAlarm, fault, outOfService } = this.options
    const bits = (inAlarm ? 0x80 : 0) | (fault ? 0x40 : 0) | (outOfService ? 0x10 : 0)
    return tag(App.bits, false, Buffer.from([4, bits]))
  }
}

function datatypeOf(type: ObjectTypeName): Datatype {
  if (type.startsWith('analog')) return 'real'
  if (type.startsWith('binary')) return 'enumerated'
  return 'unsigned'
}
