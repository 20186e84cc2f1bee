/**
 * A BACnet/IP device on a UDP socket (ANSI/ASHRAE 135-2020, Annex J): Who-Is, ReadProperty, ReadPropertyMultiple,
 * WriteProperty. No segmentation. It has a codec of its own. It may stand behind a router of its own (clause 6).
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { DeviceFault, RunningDevice } from '../device.ts'
import { errors, objectTypes, SimulatedObject, type BacnetObject, type PropertyError } from './objects.ts'
import { applicationValue, App, enclosed, objectIdBytes, readApplicationValue, tag, tagHead, unsignedBytes, type Value } from './tags.ts' // prettier-ignore

export interface BacnetDeviceOptions {
  readonly port?: number
  readonly host?: string
  readonly instance: number
  readonly name?: string
  readonly vendorName?: string
  readonly vendorId?: number
  readonly modelName?: string
  readonly objects: readonly BacnetObject[]
  /** Longest reply in bytes; longer ones are aborted, as it does not segment. */
  readonly maxApdu?: number
  /** Knows ReadProperty only. */
  readonly noReadMultiple?: boolean
  /** Network and MAC address behind a router. */
  readonly behind?: { readonly network: number; readonly mac: number }
}

export interface RunningBacnetDevice extends RunningDevice {
  /** Confirmed requests that came, also those that were not answered. */
  readonly requests: number
  /** `analogValue 1 = 21.5 @8` of every write that was taken. */
  readonly sets: readonly string[]
  /** Present value of `analogValue 1`. */
  currentValue(object: string): string | null
  setValue(object: string, value: string): void
}

const Service = { readProperty: 12, readPropertyMultiple: 14, writeProperty: 15 } as const
const Unconfirmed = { iAm: 0, whoIs: 8 } as const
const Reject = { invalidTag: 4, unrecognizedService: 9 } as const
const ABORT_SEGMENTATION_NOT_SUPPORTED = 4
const ANY_INSTANCE = 4_194_303
const ALL_PROPERTIES = 8
const LOWEST_PRIORITY = 16
const NO_SEGMENTATION = '3'

interface Reference {
  readonly type: number
  readonly instance: number
  readonly property: number
  readonly index: number | null
}

export async function startBacnetDevice(options: BacnetDeviceOptions): Promise<RunningBacnetDevice> {
  const device = new BacnetDevice(options)
  await device.listen()
  return device
}

class BacnetDevice implements RunningBacnetDevice {
  requests = 0
  readonly sets: string[] = []
  private readonly options: BacnetDeviceOptions
  private readonly objects: readonly SimulatedObject[]
  private readonly socket: Socket = createSocket('udp4')
  private fault: DeviceFault | null = null

  constructor(options: BacnetDeviceOptions) {
    this.options = options
    this.objects = options.objects.map((object) => new SimulatedObject(object))
    this.socket.on('message', (bytes, from) => this.receive(bytes, from))
  }

  get port(): number {
    return this.socket.address().port
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('error', reject)
      this.socket.bind(this.options.port ?? 0, this.options.host ?? '127.0.0.1', resolve)
    })
  }

  setFault(_unit: string, fault: DeviceFault | null): void {
    this.fault = fault
  }

  currentValue(object: string): string | null {
    return this.named(object)?.presentValue.text ?? null
  }

  setValue(object: string, value: string): void {
    const found = this.named(object)
    if (!found) throw new RangeError(`no object ${object}`)
    found.set(value)
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()))
  }

  /** BVLC (J.2) and NPDU (6.2). */
  private receive(bytes: Buffer, from: RemoteInfo): void {
    const isWhole = bytes.length >= 6 && bytes[0] === 0x81 && bytes.readUInt16BE(2) === bytes.length
    if (!isWhole || (bytes[1] !== 0x0a && bytes[1] !== 0x0b) || bytes[4] !== 0x01) return
    const control = bytes[5]!
    if (control & 0x80) return
    const hasDestination = (control & 0x20) !== 0
    let at = 6
    const destination = hasDestination ? { network: bytes.readUInt16BE(at), mac: bytes[at + 2] === 1 ? bytes[at + 3] : null } : null // prettier-ignore
    if (hasDestination) at += 3 + bytes[at + 2]! + 1
    if (!this.isForUs(destination)) return
    const apdu = bytes.subarray(at)
    const answer =
      apdu[0]! >> 4 === 0 ? this.confirmed(apdu) : apdu[0]! >> 4 === 1 ? this.unconfirmed(apdu) : null
    if (answer) this.socket.send(this.framed(answer), from.port, from.address)
  }

  private isForUs(destination: { network: number; mac: number | null | undefined } | null): boolean {
    const { behind } = this.options
    if (!behind || destination?.network === 0xffff) return !destination || destination.network === 0xffff
    return destination?.network === behind.network && (destination.mac ?? behind.mac) === behind.mac
  }

  private framed(apdu: Buffer): Buffer {
    const { behind } = this.options
    const source = behind
      ? [0x01, 0x08, behind.network >> 8, behind.network & 0xff, 1, behind.mac]
      : [0x01, 0x00]
    const length = 4 + source.length + apdu.length
    return Buffer.concat([Buffer.from([0x81, 0x0a, length >> 8, length & 0xff, ...source]), apdu])
  }

  /** Who-Is (16.10): all devices, or those within a range of instances. */
  private unconfirmed(apdu: Buffer): Buffer | null {
    if (apdu[1] !== Unconfirmed.whoIs || this.fault === 'silent') return null
    if (apdu.length > 2) {
      const low = tagHead(apdu, 2)
      const high = tagHead(apdu, 2 + low.size + low.length)
      const end = 2 + low.size + low.length
      const lowest = apdu.readUIntBE(2 + low.size, low.length)
      const highest = apdu.readUIntBE(end + high.size, high.length)
      if (this.options.instance < lowest || this.options.instance > highest) return null
    }
    return Buffer.concat([
      Buffer.from([0x10, Unconfirmed.iAm]),
      tag(App.objectId, false, objectIdBytes(objectTypes.device, this.options.instance)),
      applicationValue({ type: 'unsigned', text: String(this.options.maxApdu ?? 1_476) }),
      applicationValue({ type: 'enumerated', text: NO_SEGMENTATION }),
      applicationValue({ type: 'unsigned', text: String(this.options.vendorId ?? 999) }),
    ])
  }

  private confirmed(apdu: Buffer): Buffer | null {
    this.requests += 1
    const [, , invokeId = 0, service = 0] = apdu
    if (this.fault === 'silent' || this.fault === 'reset') return null
    if (this.fault === 'garbage') return Buffer.concat([Buffer.from([0x30, invokeId, service]), Buffer.from('0cfedcba98', 'hex')]) // prettier-ignore
    try {
      const answer = this.perform(service, invokeId, apdu.subarray(4))
      const isTooLong = answer.length > (this.options.maxApdu ?? 1_476)
      return isTooLong ? Buffer.from([0x71, invokeId, ABORT_SEGMENTATION_NOT_SUPPORTED]) : answer
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return Buffer.from([0x60, invokeId, Reject.invalidTag])
    }
  }

  private perform(service: number, invokeId: number, body: Buffer): Buffer {
    if (service === Service.readProperty) return this.readOne(invokeId, body)
    if (service === Service.writeProperty) return this.writeOne(invokeId, body)
    if (service === Service.readPropertyMultiple && !this.options.noReadMultiple)
      return this.readMany(invokeId, body)
    return Buffer.from([0x60, invokeId, Reject.unrecognizedService])
  }

  private readOne(invokeId: number, body: Buffer): Buffer {
    const { reference } = referenceAt(body)
    const found = this.read(reference)
    if (!Buffer.isBuffer(found)) return errorPdu(invokeId, Service.readProperty, found)
    return Buffer.concat([
      Buffer.from([0x30, invokeId, Service.readProperty]),
      tag(0, true, objectIdBytes(reference.type, this.shownInstance(reference))),
      tag(1, true, unsignedBytes(BigInt(reference.property))),
      ...(reference.index === null ? [] : [tag(2, true, unsignedBytes(BigInt(reference.index)))]),
      enclosed(3, found),
    ])
  }

  /** 15.7: an error of one property stands in its place, the others are answered. */
  private readMany(invokeId: number, body: Buffer): Buffer {
    const parts: Buffer[] = [Buffer.from([0x30, invokeId, Service.readPropertyMultiple])]
    for (let at = 0; at < body.length;) {
      const object = objectAt(body, at)
      at = object.end + 1
      const results: Buffer[] = []
      while (tagHead(body, at).kind !== 'close') {
        const { property, index, end } = propertyAt(body, at, 0)
        at = end
        const found = this.read({ ...object, property, index })
        const key = [tag(2, true, unsignedBytes(BigInt(property))), ...(index === null ? [] : [tag(3, true, unsignedBytes(BigInt(index)))])] // prettier-ignore
        results.push(...key, Buffer.isBuffer(found) ? enclosed(4, found) : enclosed(5, errorBytes(found)))
      }
      at += 1
      parts.push(
        tag(0, true, objectIdBytes(object.type, this.shownInstance(object))),
        enclosed(1, ...results),
      )
    }
    return Buffer.concat(parts)
  }

  private writeOne(invokeId: number, body: Buffer): Buffer {
    const { reference, end } = referenceAt(body)
    if (tagHead(body, end).kind !== 'open') throw new RangeError('no value')
    const value = readApplicationValue(body, end + 1)
    const valueHead = tagHead(body, end + 1)
    const after = end + 1 + valueHead.size + valueHead.length + 1
    const priority = after < body.length ? body.readUInt8(after + 1) : LOWEST_PRIORITY
    const failure =
      this.fault === 'refusing' ? errors.writeAccessDenied : this.write(reference, value, priority)
    return failure ? errorPdu(invokeId, Service.writeProperty, failure) : Buffer.from([0x20, invokeId, Service.writeProperty]) // prettier-ignore
  }

  private write(reference: Reference, value: Value | null, priority: number): PropertyError | null {
    const object = this.find(reference)
    if (!object) return errors.unknownObject
    const failure = object.write(reference.property, value, priority)
    const { type, instance } = object.options
    if (!failure)
      this.sets.push(`${type} ${instance} = ${value?.type === 'null' ? 'null' : value?.text} @${priority}`)
    return failure
  }

  private read(reference: Reference): Buffer | PropertyError {
    if (this.fault === 'refusing') return errors.readAccessDenied
    if (reference.type === objectTypes.device) return this.readDevice(reference)
    if (reference.property === ALL_PROPERTIES) return errors.unknownProperty
    return this.find(reference)?.read(reference.property, reference.index) ?? errors.unknownObject
  }

  private readDevice({ instance, property }: Reference): Buffer | PropertyError {
    if (instance !== this.options.instance && instance !== ANY_INSTANCE) return errors.unknownObject
    const { name = 'simulated device', vendorName = 'Courtyard', modelName = 'simulator' } = this.options
    const texts: Readonly<Record<number, string>> = { 77: name, 121: vendorName, 70: modelName }
    const text = texts[property]
    if (text !== undefined) return applicationValue({ type: 'text', text })
    if (property === 75)
      return tag(App.objectId, false, objectIdBytes(objectTypes.device, this.options.instance))
    // systemStatus: operational
    return property === 112 ? applicationValue({ type: 'enumerated', text: '0' }) : errors.unknownProperty
  }

  private shownInstance({ type, instance }: Pick<Reference, 'type' | 'instance'>): number {
    return type === objectTypes.device && instance === ANY_INSTANCE ? this.options.instance : instance
  }

  private find({ type, instance }: Pick<Reference, 'type' | 'instance'>): SimulatedObject | undefined {
    return this.objects.find(
      ({ options }) => objectTypes[options.type] === type && options.instance === instance,
    )
  }

  private named(object: string): SimulatedObject | undefined {
    return this.objects.find(({ options }) => `${options.type} ${options.instance}` === object)
  }
}

function objectAt(bytes: Buffer, at: number): { type: number; instance: number; end: number } {
  const head = tagHead(bytes, at)
  if (!head.isContext || head.number !== 0 || head.length !== 4) throw new RangeError('no object')
  const id = bytes.readUInt32BE(at + head.size)
  return { type: Math.floor(id / 2 ** 22), instance: id % 2 ** 22, end: at + head.size + head.length }
}

/** Property and array index, with the context tags `first` and `first` + 1. */
function propertyAt(
  bytes: Buffer,
  at: number,
  first: number,
): { property: number; index: number | null; end: number } {
  const head = tagHead(bytes, at)
  if (!head.isContext || head.number !== first || head.kind !== 'value') throw new RangeError('no property')
  let end = at + head.size + head.length
  const property = bytes.readUIntBE(at + head.size, head.length)
  if (end >= bytes.length) return { property, index: null, end }
  const next = tagHead(bytes, end)
  if (!next.isContext || next.number !== first + 1 || next.kind !== 'value')
    return { property, index: null, end }
  const index = bytes.readUIntBE(end + next.size, next.length)
  end += next.size + next.length
  return { property, index, end }
}

function referenceAt(bytes: Buffer): { reference: Reference; end: number } {
  const { type, instance, end } = objectAt(bytes, 0)
  const property = propertyAt(bytes, end, 1)
  return {
    reference: { type, instance, property: property.property, index: property.index },
    end: property.end,
  }
}

function errorBytes({ errorClass, errorCode }: PropertyError): Buffer {
  const enumerated = (value: number) => applicationValue({ type: 'enumerated', text: String(value) })
  return Buffer.concat([enumerated(errorClass), enumerated(errorCode)])
}

function errorPdu(invokeId: number, service: number, failure: PropertyError): Buffer {
  return Buffer.concat([Buffer.from([0x50, invokeId, service]), errorBytes(failure)])
}
