import type { MeteringPoint } from '@courtyard/protocols/contract'
import { addDecimals } from '#lib/format/decimal.ts'

export interface UnitTotal {
  readonly unit: string
  readonly today: string
  readonly month: string
}

/** Sums of usage by unit, exactly; a kWh is never added to a m³. Unknown usage adds nothing. */
export function totalsByUnit(
  points: readonly Pick<MeteringPoint, 'unit' | 'usageToday' | 'usageThisMonth'>[],
): UnitTotal[] {
  const units = [...new Set(points.map((point) => point.unit))]
  return units.map((unit) => {
    const same = points.filter((point) => point.unit === unit)
    return {
      unit,
      today: addDecimals(same.flatMap((point) => point.usageToday ?? [])),
      month: addDecimals(same.flatMap((point) => point.usageThisMonth ?? [])),
    }
  })
}
