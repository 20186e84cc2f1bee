/** Energy of the top meters, today against yesterday. Pure. */
import type { Medium, Overview } from '@courtyard/protocols/contract'

/** A top meter's day: 48 sums by local half hour (null: nothing known), mantissas at `scale`. */
export interface TopMeterDay {
  readonly medium: Medium
  readonly unit: string
  readonly isToday: boolean
  readonly scale: number
  readonly slots: readonly (bigint | null)[]
}

type Energy = Overview['energy'][number]

/**
 * @param elapsedMs how much of the local day is over by the clock: yesterday is taken up to the same time of day, of the
 *   half hour that runs the same part (rounded down at the register's resolution)
 */
export function energyOf(days: readonly TopMeterDay[], elapsedMs: number): Energy[] {
  const groups = Map.groupBy(days, (day) => `${day.medium} ${day.unit}`)
  return [...groups.values()].map((group) => energyOfMedium(group, elapsedMs))
}

function energyOfMedium(days: readonly TopMeterDay[], elapsedMs: number): Energy {
  const { medium, unit } = days[0]!
  const scale = Math.max(...days.map((day) => day.scale))
  const today = sumSlots(
    days.filter((day) => day.isToday),
    scale,
  )
  const yesterdays = days.filter((day) => !day.isToday)
  const yesterday = sumSlots(yesterdays, scale)
  const text = (value: bigint | null) => (value === null ? null : decimalText(value, scale))
  const has = yesterdays.length > 0
  return {
    medium,
    unit,
    today: decimalText(total(today), scale),
    yesterdaySoFar: has ? text(soFar(yesterday, elapsedMs)) : null,
    yesterday: has ? text(total(yesterday)) : null,
    todayByHour: byHour(today).map(text),
    yesterdayByHour: byHour(yesterday).map(text),
  }
}

function sumSlots(days: readonly TopMeterDay[], scale: number): (bigint | null)[] {
  const sums = new Array<bigint | null>(48).fill(null)
  for (const day of days) {
    const factor = 10n ** BigInt(scale - day.scale)
    for (const [i, value] of day.slots.entries()) {
      if (value !== null) sums[i] = (sums[i] ?? 0n) + value * factor
    }
  }
  return sums
}

const total = (slots: readonly (bigint | null)[]): bigint =>
  slots.reduce<bigint>((sum, one) => sum + (one ?? 0n), 0n)

function soFar(slots: readonly (bigint | null)[], elapsedMs: number): bigint {
  const halfHour = 1_800_000
  const whole = Math.min(48, Math.floor(elapsedMs / halfHour))
  const part = (slots[whole] ?? 0n) * BigInt(Math.floor(elapsedMs % halfHour))
  return total(slots.slice(0, whole)) + part / BigInt(halfHour)
}

function byHour(slots: readonly (bigint | null)[]): (bigint | null)[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const [first, second] = [slots[hour * 2] ?? null, slots[hour * 2 + 1] ?? null]
    return first === null && second === null ? null : (first ?? 0n) + (second ?? 0n)
  })
}

/** 1234 at scale 2 → `12.34` */
function decimalText(value: bigint, scale: number): string {
  const digits = value.toString().padStart(scale + 1, '0')
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
