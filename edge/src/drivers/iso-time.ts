/** Times as text and instants. Pure. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)?$/i

/** ISO 8601; without an offset it is local time of the zone. Null for what is no such time. */
export function isoInstant(text: string, timeZone: string): number | null {
  const match = ISO.exec(text.trim())
  if (!match) return null
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset] = match
  const fields = [year, month, day, hour, minute, second].map(Number) as [number, number, number, number, number, number] // prettier-ignore
  const wallMs = Date.UTC(fields[0], fields[1] - 1, ...(fields.slice(2) as [number, number, number, number]))
  // Rolls over for a 31st of February: no such time.
  if (new Date(wallMs).getUTCDate() !== fields[2] || fields[1] > 12 || fields[3] > 23) return null
  const ms = wallMs + Number(fraction.padEnd(3, '0').slice(0, 3))
  if (offset === undefined) return ms - offsetAt(ms - offsetAt(ms, timeZone), timeZone)
  if (/z/i.test(offset)) return ms
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2))
  return ms - (offset.startsWith('-') ? -minutes : minutes) * 60_000
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Milliseconds that wall clocks of the zone are ahead of UTC. */
function offsetAt(atMs: number, timeZone: string): number {
  let format = formats.get(timeZone)
  if (!format) formats.set(timeZone, (format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }))) // prettier-ignore
  const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')!.value
  const [, sign, hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name)!
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/** `2026-01-15T08:00:00+08:00`: whole seconds, with the zone's offset. */
export function isoLocal(atMs: number, timeZone: string): string {
  const offsetMs = offsetAt(atMs, timeZone)
  const minutes = Math.abs(offsetMs) / 60_000
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const wall = new Date(atMs + offsetMs).toISOString().slice(0, 19)
  return `${wall}${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}
