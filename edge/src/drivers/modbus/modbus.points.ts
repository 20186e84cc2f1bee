/** Points of a profile made ready for polling: where their registers are and how to turn them into readings. */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import { decodeValue, parseDecimal, powerOfTen, registerWidth, signedWord } from '@courtyard/protocols/modbus'
import type { DeviceProfile, ModbusRegister, ProfilePoint } from '@courtyard/protocols/profile'
import type { ModbusReply } from './modbus.connection.ts'
import type { Field, ReadRequest } from './plan.ts'

export interface ModbusPoint {
  /** Full name of the point, `deviceKey/pointKey`. */
  readonly name: string
  readonly key: string
  readonly group: string
  readonly scale: number
  readonly optional: boolean
  readonly register: ModbusRegister
  readonly fields: readonly Field[]
  /** Mantissas between which the value is plausible. */
  readonly range: readonly [number, number] | null
}

/** A reply and what it was the reply to. */
export interface Block {
  readonly request: ReadRequest
  readonly reply: ModbusReply
}

export function preparePoints(deviceKey: string, profile: DeviceProfile): ModbusPoint[] {
  return profile.points.flatMap((point) => {
    const register = point.modbus
    return register ? [preparePoint(deviceKey, point, register)] : []
  })
}

function preparePoint(deviceKey: string, point: ProfilePoint, register: ModbusRegister): ModbusPoint {
  const place = { point: point.key, function: register.function, optional: point.optional }
  const fields: Field[] = [{ ...place, address: register.address, width: registerWidth(register.type) }]
  if (register.exponentAddress !== undefined) {
    fields.push({ ...place, address: register.exponentAddress, width: 1 })
  }
  return {
    name: `${deviceKey}/${point.key}`,
    key: point.key,
    group: point.group,
    scale: point.scale,
    optional: point.optional,
    register,
    fields,
    range: point.range
      ? [edgeOf(point.range[0], point.scale, 'up'), edgeOf(point.range[1], point.scale, 'down')]
      : null,
  }
}

/** A bound of the plausible range as the first (last) mantissa inside it; exact, as values are. */
function edgeOf(bound: string, scale: number, direction: 'up' | 'down'): number {
  const { units, places } = parseDecimal(bound)
  if (places <= scale) return Number(units * powerOfTen(scale - places))
  const divisor = powerOfTen(places - scale)
  const truncated = units / divisor
  const remainder = units % divisor
  if (direction === 'up') return Number(remainder > 0n ? truncated + 1n : truncated)
  return Number(remainder < 0n ? truncated - 1n : truncated)
}

export function emptyReading(point: ModbusPoint, atMs: number, quality: Quality): Reading {
  return { point: point.name, atMs, mantissa: null, scale: point.scale, quality }
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
  return {
    point: point.name,
    atMs,
    mantissa: decoded.mantissa,
    scale: point.scale,
    quality: isPlausible(point, decoded.mantissa) ? Quality.good : Quality.uncertain,
  }
}

function isPlausible(point: ModbusPoint, mantissa: number): boolean {
  return point.range === null || (mantissa >= point.range[0] && mantissa <= point.range[1])
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
