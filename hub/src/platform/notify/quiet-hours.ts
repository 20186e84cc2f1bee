/** When people are left in peace: times of day on the clock of a place, over midnight too. */
import type { QuietHours } from '@courtyard/protocols/contract'
import { instantOfCell, localTextOf } from '../resource/local-time.ts'

/** When the quiet that reigns at this instant ends; null when none does. */
export function quietUntil(now: Date, timeZone: string, quiet: QuietHours | null): Date | null {
  if (!quiet) return null
  const local = localTextOf(now.toISOString(), timeZone)
  const [day, time] = [local.slice(0, 10), local.slice(11, 16)]
  const overMidnight = quiet.from > quiet.to
  const isQuiet = overMidnight ? time >= quiet.from || time < quiet.to : time >= quiet.from && time < quiet.to
  if (!isQuiet) return null
  const endDay = overMidnight && time >= quiet.from ? dayAfter(day) : day
  const end = new Date(instantOfCell(`${endDay} ${quiet.to}`, timeZone)!)
  // In the hour that a clock goes through twice the first end may have passed
  return end > now ? end : new Date(now.getTime() + 60_000)
}

/** The latest of several; null when there is none. */
export function latest(instants: readonly (Date | null)[]): Date | null {
  const given = instants.filter((instant) => instant !== null)
  return given.length === 0 ? null : new Date(Math.max(...given.map((instant) => instant.getTime())))
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}
