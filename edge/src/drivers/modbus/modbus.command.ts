/** What a command writes and how its effect is seen, by the profile. Pure. */
import { AppError, type CommandBody } from '@courtyard/protocols/contract'
import { parseDecimal, unitsAt, type Decimal } from '@courtyard/protocols/decimal'
import { decodeValue, encodeValue } from '@courtyard/protocols/modbus'
import type { ModbusWriteRequest } from '@courtyard/protocols/modbus'
import { ModbusRegister, type DeviceProfile, type ProfileCommand } from '@courtyard/protocols/profile'
import { errorCodes } from '../../errors.ts'
import type { DeviceCommand } from '../driver.ts'
import { ModbusWriteData } from './modbus.config.ts'
import { preparePoints, type ModbusPoint } from './modbus.points.ts'
import type { ReadRequest } from './plan.ts'

/** How the effect of a command is seen. */
export type ReadBack =
  | {
      readonly kind: 'point'
      readonly point: ModbusPoint
      readonly mantissa: number
      readonly withinMs: number
    }
  /** The very registers that were written, for a free write; not every device lets them be read. */
  | { readonly kind: 'words'; readonly request: ReadRequest; readonly words: readonly number[] }

export interface CommandPlan {
  readonly write: ModbusWriteRequest
  readonly readBack: ReadBack | null
}

/** @throws AppError `edge.command_invalid`: the device has no such command, or its register can't hold the value. */
export function planCommand(deviceKey: string, profile: DeviceProfile, command: DeviceCommand): CommandPlan {
  const { body, target } = command
  if (body.kind === 'write') return planFreeWrite(body.data)
  const entry = profile.commands.find(({ key }) => key === target)
  if (entry?.kind !== body.kind) throw invalid(`${profile.id} has no ${body.kind} command ${target}`)
  if (!entry.modbus) throw invalid(`${profile.id} does not say how ${target} is written`)
  const write = writeOf(entry, entry.modbus, body)
  return { write, readBack: readBackOf(deviceKey, profile, entry, body) }
}

function planFreeWrite(data: Readonly<Record<string, unknown>>): CommandPlan {
  const parsed = ModbusWriteData.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(`${issue!.path.join('.')}: ${issue!.message}`)
  }
  const { function: fn, address, values } = parsed.data
  const readFunction = fn === 5 || fn === 15 ? 1 : 3
  const request: ReadRequest = { function: readFunction, address, count: values.length, fields: [] }
  return { write: parsed.data, readBack: { kind: 'words', request, words: values } }
}

function writeOf(
  entry: ProfileCommand,
  way: NonNullable<ProfileCommand['modbus']>,
  body: CommandBody,
): ModbusWriteRequest {
  const { function: fn, address } = way
  if (body.kind === 'setpoint')
    return { function: fn, address, values: setpointWords(entry, way, body.value) }
  if (!('action' in body)) throw invalid(`${body.kind} is no command that Modbus has`)
  if ('seconds' in body && body.seconds !== undefined) {
    throw invalid(`${entry.key} cannot be told for how many seconds`)
  }
  const raw = way.values?.[body.action]
  if (raw === undefined) throw invalid(`${entry.key} has no ${body.action}`)
  return { function: fn, address, values: [raw] }
}

/** The words for a decimal; what they cannot hold to the last digit is refused. */
function setpointWords(
  entry: ProfileCommand,
  way: NonNullable<ProfileCommand['modbus']>,
  text: string,
): number[] {
  const value = parseDecimal(text)
  checkRange(entry, value, text)
  if (!way.type || way.function === 5 || way.function === 15)
    throw invalid(`${entry.key} has no form of number`)
  const { address, type, order, factor, offset } = way
  const register = ModbusRegister.parse({ function: 3, address, type, order, factor, offset })
  const words = encoded(register, value, text)
  const decoded = decodeValue(register, words, value.places).mantissa
  if (decoded === null || BigInt(decoded) !== value.units) {
    throw invalid(`${text} is not exactly a value of ${entry.key}: ${type} in steps of ${factor}`)
  }
  if (way.function === 6 && words.length !== 1) throw invalid(`function 6 writes one register, not a ${type}`)
  return words
}

function encoded(register: ModbusRegister, value: Decimal, text: string): number[] {
  try {
    return encodeValue(register, value.units, value.places)
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause
    throw invalid(`${text}: ${cause.message}`, cause)
  }
}

function checkRange({ key, range, unit = '', scale }: ProfileCommand, value: Decimal, text: string): void {
  if (scale !== undefined && !hasPlaces(value, scale)) {
    throw invalid(`${text} has more than ${scale} decimal places`)
  }
  if (!range) return
  const [low, high] = range.map(parseDecimal) as [Decimal, Decimal]
  const places = Math.max(value.places, low.places, high.places)
  const at = (decimal: Decimal) => unitsAt(decimal, places)
  if (at(value) >= at(low) && at(value) <= at(high)) return
  throw invalid(`${text} is outside ${range[0]}–${range[1]} ${unit} of ${key}`)
}

/** True when the value needs no more decimal places than these. */
function hasPlaces(value: Decimal, places: number): boolean {
  return unitsAt({ units: unitsAt(value, places), places }, value.places) === value.units
}

function readBackOf(
  deviceKey: string,
  profile: DeviceProfile,
  entry: ProfileCommand,
  body: CommandBody,
): ReadBack | null {
  const { readBack } = entry
  if (!readBack) return null
  const point = preparePoints(deviceKey, profile).find(({ form }) => form.key === readBack.point)
  if (!point) throw invalid(`${profile.id} has no point ${readBack.point} to read ${entry.key} back`)
  const wanted =
    body.kind === 'setpoint' ? body.value : 'action' in body ? readBack.values?.[body.action] : undefined
  if (wanted === undefined) return null
  const mantissa = Number(unitsAt(parseDecimal(wanted), point.scale))
  return { kind: 'point', point, mantissa, withinMs: readBack.withinMs }
}

function invalid(reason: string, cause?: unknown): AppError {
  return new AppError(errorCodes.commandInvalid, reason, { cause })
}
