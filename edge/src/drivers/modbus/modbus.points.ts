/** Points of a profile made ready for polling: where their registers are and how to turn them into readings. */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { decodeValue, registerWidth, signedWord } from '@courtyard/protocols/modbus'
import type { DeviceProfile, ModbusRegister, ProfilePoint } from '@courtyard/protocols/profile'
import { emptyReading, preparePoint, readingOfMantissa, type DriverPoint } from '../points.ts'
import type { ModbusReply } from './modbus.connection.ts'
import type { Field, ReadRequest } from './plan.ts'

export interface ModbusPoint extends DriverPoint {
  readonly register: ModbusRegister
  readonly fields: readonly Field[]
}

/** A reply and what it was the reply to. */
export interface Block {
  readonly request: ReadRequest
  readonly reply: ModbusReply
}

export function preparePoints(deviceKey: string, profile: DeviceProfile): ModbusPoint[] {
  return profile.points.flatMap((point) =>
    point.modbus ? [prepareModbusPoint(deviceKey, point, point.modbus)] : [],
  )
}

function prepareModbusPoint(deviceKey: string, point: ProfilePoint, register: ModbusRegister): ModbusPoint {
  const place = { point: point.key, function: register.function, optional: point.optional }
  const fields: Field[] = [{ ...place, address: register.address, width: registerWidth(register.type) }]
  if (register.exponentAddress !== undefined) {
    fields.push({ ...place, address: register.exponentAddress, width: 1 })
  }
  return { ...preparePoint(deviceKey, point), register, fields }
}

/** Requests that read a point and nothing else. */
export function requestsOf(point: ModbusPoint): ReadRequest[] {
  return point.fields.map((field) => ({
    ...{ function: field.function, address: field.address, count: field.width },
    fields: [field],
  }))
}

/** The reading of a point out of the replies of a poll; null when one of its registers is in none of them. */
export function readPoint(point: ModbusPoint, blocks: readonly Block[]): Reading | null {
  const found = point.fields.map((field) => findWords(field, blocks))
  const [value, exponent] = found
  if (!value || found.includes(null)) return null
  const power = exponent ? signedWord(exponent.words[0]!) : 0
  const decoded = decodeValue(point.register, value.words, point.scale, power)
  const atMs = Math.max(value.atMs, exponent?.atMs ?? 0)
  if (decoded.mantissa === null) return emptyReading(point, atMs, Quality.invalid)
  return readingOfMantissa(point, decoded.mantissa, atMs)
}

function findWords(
  field: Field,
  blocks: readonly Block[],
): { words: readonly number[]; atMs: number } | null {
  for (const { request, reply } of blocks) {
    const offset = field.address - request.address
    if (request.function !== field.function || offset < 0 || offset + field.width > request.count) continue
    return { words: reply.words.slice(offset, offset + field.width), atMs: reply.atMs }
  }
  return null
}
