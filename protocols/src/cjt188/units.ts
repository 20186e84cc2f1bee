/**
 * Unit bytes behind (or before) the values: CJ/T 188-2004, table 13, and CJ/T 188-2018, table 20, which adds the steps
 * of ten in between and the powers in J/h. Conversions are fractions, so nothing is lost before the one rounding.
 */
import { divideRounded, powerOfTen, type Decimal } from '../decimal/index.ts'

type Quantity = 'energy' | 'power' | 'volume' | 'flow'

/** In units of J, W, L and L/h: `top` / `bottom`. */
interface Unit {
  readonly quantity: Quantity
  readonly top: bigint
  readonly bottom: bigint
}

const unit = (quantity: Quantity, top: bigint, bottom = 1n): Unit => ({ quantity, top, bottom })

/** Three codes in a row for ×1, ×10, ×100. */
function decade(code: number, quantity: Quantity, top: bigint, bottom = 1n): [number, Unit][] {
  return [1n, 10n, 100n].map((times, step) => [code + step, unit(quantity, top * times, bottom)])
}

const KILO = 1000n
const units = new Map<number, Unit>([
  [0x01, unit('energy', 1n)],
  ...decade(0x02, 'energy', 3600n),
  ...decade(0x05, 'energy', 3600n * KILO),
  ...decade(0x08, 'energy', 3600n * KILO * KILO),
  ...decade(0x0b, 'energy', KILO),
  ...decade(0x0e, 'energy', KILO * KILO),
  ...decade(0x11, 'energy', KILO * KILO * KILO),
  ...decade(0x14, 'power', 1n),
  ...decade(0x17, 'power', KILO),
  ...decade(0x1a, 'power', KILO * KILO),
  ...decade(0x29, 'volume', 1n),
  ...decade(0x2c, 'volume', KILO),
  ...decade(0x32, 'flow', 1n),
  ...decade(0x35, 'flow', KILO),
  [0x40, unit('power', 1n, 3600n)],
  ...decade(0x43, 'power', KILO, 3600n),
  ...decade(0x46, 'power', KILO * KILO, 3600n),
  ...decade(0x49, 'power', KILO * KILO * KILO, 3600n),
])

/** Units that a point of a profile may have. */
const targets: Readonly<Record<string, Unit>> = {
  kWh: unit('energy', 3600n * KILO),
  MWh: unit('energy', 3600n * KILO * KILO),
  MJ: unit('energy', KILO * KILO),
  GJ: unit('energy', KILO * KILO * KILO),
  W: unit('power', 1n),
  kW: unit('power', KILO),
  L: unit('volume', 1n),
  'm³': unit('volume', KILO),
  'L/h': unit('flow', 1n),
  'm³/h': unit('flow', KILO),
}

/** Whether values with a unit byte can be turned into this unit. */
export function isTargetUnit(text: string): boolean {
  return text in targets
}

/**
 * The value in another unit, rounded half away from zero at `places`: the only rounding. Null when the unit byte is not
 * in the standard, or measures something else than the point: a number of unknown size is no number.
 */
export function convertUnit(
  value: Decimal,
  unitByte: number,
  target: string,
  places: number,
): Decimal | null {
  const from = units.get(unitByte)
  const to = targets[target]
  if (!from || !to || from.quantity !== to.quantity) return null
  const top = value.units * from.top * to.bottom * powerOfTen(places)
  const bottom = from.bottom * to.top * powerOfTen(value.places)
  return { units: divideRounded(top, bottom), places }
}
