/** What a command writes, in the form of the variable. Pure. */
import { AppError } from '@courtyard/protocols/contract'
import { parseDecimal, powerOfTen, type Decimal } from '@courtyard/protocols/decimal'
import { errorCodes } from '../../errors.ts'
import { BuiltIn } from './opcua.values.ts'

const bits: Readonly<Record<number, readonly [count: number, isSigned: boolean]>> = {
  [BuiltIn.sByte]: [8, true],
  [BuiltIn.byte]: [8, false],
  [BuiltIn.int16]: [16, true],
  [BuiltIn.uInt16]: [16, false],
  [BuiltIn.int32]: [32, true],
  [BuiltIn.uInt32]: [32, false],
  [BuiltIn.int64]: [64, true],
  [BuiltIn.uInt64]: [64, false],
}

function invalid(text: string): AppError {
  return new AppError(errorCodes.commandInvalid, text)
}

/** (value − offset) / factor as a fraction: what the variable holds for a value in the point's unit. */
function unscale(value: Decimal, factor: Decimal, offset: Decimal): { top: bigint; bottom: bigint } {
  const places = Math.max(value.places, offset.places, factor.places, 0)
  const at = (each: Decimal) => each.units * powerOfTen(places - each.places)
  const [top, bottom] = [at(value) - at(offset), at(factor)]
  return bottom < 0n ? { top: -top, bottom: -bottom } : { top, bottom }
}

/**
 * A number's text in the variable's own type.
 * @throws AppError `edge.command_invalid` when the type cannot hold it exactly
 */
export function writeValue(text: string, type: number, by = { factor: '1', offset: '0' }): unknown {
  if (type === BuiltIn.string) return text
  if (type === BuiltIn.boolean) return truth(text)
  if (!/^-?\d{1,18}(\.\d{1,18})?$/.test(text)) throw invalid(`${text} is no number`)
  const { top, bottom } = unscale(parseDecimal(text), parseDecimal(by.factor), parseDecimal(by.offset))
  if (type === BuiltIn.double) return Number(top) / Number(bottom)
  if (type === BuiltIn.float) return Math.fround(Number(top) / Number(bottom))
  const size = bits[type]
  if (!size) throw invalid(`a variable of type ${type} cannot be written`)
  if (top % bottom !== 0n) throw invalid(`${text} is no whole number for the variable`)
  return whole(top / bottom, size)
}

function truth(text: string): boolean {
  if (text === '1' || text === 'true') return true
  if (text === '0' || text === 'false') return false
  throw invalid(`${text} is neither true nor false`)
}

function whole(value: bigint, [count, isSigned]: readonly [number, boolean]): unknown {
  const kept = isSigned ? BigInt.asIntN(count, value) : BigInt.asUintN(count, value)
  if (kept !== value) throw invalid(`${value} is out of the variable's range`)
  if (count < 64) return Number(value)
  const unsigned = BigInt.asUintN(64, value)
  return [Number(unsigned >> 32n), Number(unsigned & 0xffff_ffffn)]
}
