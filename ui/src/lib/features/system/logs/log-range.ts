import type { Range } from '#lib/format/day-range.ts'
import { addDays, instantOfLocal } from '#lib/format/time.ts'

/** Instants for the query of two days, both included. */
export function spanOfDays({ from, to }: Range, timeZone: string): { from?: string; to?: string } {
  return {
    ...(from ? { from: instantOfLocal(from, timeZone) } : {}),
    ...(to ? { to: instantOfLocal(addDays(to, 1), timeZone) } : {}),
  }
}
