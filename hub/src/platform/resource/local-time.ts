/** Instants as a spreadsheet shows them: local date and time of the project, without a zone. */

const parts = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
} as const
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('sv-SE', { ...parts, second: '2-digit', timeZone })
  formats.set(timeZone, made)
  return made
}

/** `2026-11-22 09:30:00` */
export function localTextOf(instant: string, timeZone: string): string {
  return formatOf(timeZone).format(new Date(instant))
}

/**
 * ISO 8601 with a zone, or a local date and time such as `2026-11-22 09:30`; null when it is neither. Of the two
 * instants of an hour that a clock goes through twice the first one is meant.
 */
export function instantOfCell(cell: string, timeZone: string): string | null {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(cell)) return valid(new Date(cell))
  const match =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?$/.exec(
      cell,
    )
  if (!match) return null
  const [year, month, day, hour, minute, second] = match.slice(1).map((text) => Number(text ?? 0))
  const asUtc = Date.UTC(year!, month! - 1, day, hour, minute, second)
  const read = new Date(asUtc)
  if (read.getUTCMonth() + 1 !== month || read.getUTCDate() !== day || hour! > 23 || minute! > 59) return null
  const guesses = [
    asUtc - offsetMs(asUtc - 86_400_000, timeZone),
    asUtc - offsetMs(asUtc + 86_400_000, timeZone),
  ]
  const exact = guesses.filter((guess) => guess + offsetMs(guess, timeZone) === asUtc)
  return valid(new Date(exact.length > 0 ? Math.min(...exact) : guesses[0]!))
}

function offsetMs(atMs: number, timeZone: string): number {
  const wholeSeconds = Math.floor(atMs / 1000) * 1000
  return Date.parse(`${formatOf(timeZone).format(wholeSeconds).replace(' ', 'T')}Z`) - wholeSeconds
}

function valid(date: Date): string | null {
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
