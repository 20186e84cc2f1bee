/** Points of a profile made ready for polling: where their registers are and how to turn them into readings. */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { decodeValue, registerWidth, signedWord } from '@courtyard/protocols/modbus'
import type { DeviceProfile, ModbusRegister, ProfilePoint } from '@courtyard/protocols/profile'
import { emptyReading, pointName, preparePoint, readingOfMantissa, type DriverPoint } from '../points.ts'
import type { ModbusReply } from './modbus.connection.ts'
import type { Field, ReadRequest } from './plan.ts'

/** The same for all devices of a profile: a gateway may have a thousand of them. */
export interface PointForm extends Omit<DriverPoint, 'name'> {
  readonly register: ModbusRegister
  readonly fields: readonly Field[]
}

/** A point of one device: its name, and all else is its form's. */
export class ModbusPoint {
  readonly name: string
  readonly form: PointForm

  constructor(name: string, form: PointForm) {
    this.name = name
    this.form = form
  }

  get scale(): number {
    return this.form.scale
  }

  get range(): PointForm['range'] {
    return this.form.range
  }
}

/** A reply and what it was the reply to. */
export interface Block {
  readonly request: ReadRequest
  readonly reply: ModbusReply
}

const formsOfProfile = new WeakMap<DeviceProfile, readonly PointForm[]>()

export function preparePoints(deviceKey: string, profile: DeviceProfile): ModbusPoint[] {
  return formsOf(profile).map((form) => new ModbusPoint(pointName(deviceKey, form.key), form))
}

/** Prepared once for each profile. */
export function formsOf(profile: DeviceProfile): readonly PointForm[] {
  let forms = formsOfProfile.get(profile)
  if (!forms) {
    forms = profile.points.flatMap((point) => (point.modbus ? [prepareForm(point, point.modbus)] : []))
    formsOfProfile.set(profile, forms)
  }
  return forms
}

function prepareForm(point: ProfilePoint, register: ModbusRegister): PointForm {
  const place = { point: point.key, function: register.function, optional: point.optional }
  const fields: Field[] = [{ ...place, address: register.address, width: registerWidth(register.type) }]
  if (register.exponentAddress !== undefined) {
    fields.push({ ...place, address: register.exponentAddress, width: 1 })
  }
  const { name: _, ...prepared } = preparePoint('', point)
  return { ...prepared, register, fields }
}

/** Requests that read a point and nothing else. */
export function requestsOf({ form }: ModbusPoint): ReadRequest[] {
  return form.fields.map((field) => ({
    ...{ function: field.function, address: field.address, count: field.width },
    fields: [field],
  }))
}

/** The reading of a point out of the replies of a poll; null when one of its registers is in none of them. */
export function readPoint(point: ModbusPoint, blocks: readonly Block[]): Reading | null {
  const { form } = point
  const [valueField, exponentField] = form.fields
  const value = blockOf(valueField!, blocks)
  const exponent = exponentField ? blockOf(exponentField, blocks) : null
  if (!value || (exponentField && !exponent)) return null
  const power = exponent ? signedWord(wordsOf(exponentField!, exponent)[0]!) : 0
  const { mantissa } = decodeValue(form.register, wordsOf(valueField!, value), form.scale, power)
  const atMs = Math.max(value.reply.atMs, exponent?.reply.atMs ?? 0)
  if (mantissa === null) return emptyReading(point, atMs, Quality.invalid)
  return readingOfMantissa(point, mantissa, atMs)
}

function blockOf(field: Field, blocks: readonly Block[]): Block | null {
  for (const block of blocks) {
    const { request } = block
    const offset = field.address - request.address
    if (request.function === field.function && offset >= 0 && offset + field.width <= request.count)
      return block
  }
  return null
}

function wordsOf(field: Field, { request, reply }: Block): readonly number[] {
  const offset = field.address - request.address
  return reply.words.slice(offset, offset + field.width)
}
