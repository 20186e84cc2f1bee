/** One line of a data logger's history → a reading, or the reason why it is none. */
import { Quality, type Reading } from '@courtyard/protocols/contract'

export type ParsedLine = { readonly reading: Reading } | { readonly reason: string }

const INSTANT = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/
const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/
const EARLIEST_MS = Date.UTC(2000, 0, 1)
/** A logger's clock may be ahead, but not by more. */
const AHEAD_MS = 24 * 3_600_000

export class HistoryLineParser {
  /** Decimal places by `device/point`. */
  private readonly scales: ReadonlyMap<string, number>
  private readonly latestMs: number
  /** Histories are mostly in time order: the last instant is often the next one's too. */
  private lastInstant: { text: string; atMs: number | null } = { text: '', atMs: null }

  constructor(scales: ReadonlyMap<string, number>, nowMs: number) {
    this.scales = scales
    this.latestMs = nowMs + AHEAD_MS
  }

  parse(text: string): ParsedLine {
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return { reason: 'is not JSON' }
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      return { reason: 'is not a JSON object' }
    const { point, at, value, ...unknown } = json as Record<string, unknown>
    if (typeof point !== 'string') return { reason: 'point: text expected' }
    if (typeof at !== 'string') return { reason: 'at: text expected' }
    if (typeof value !== 'string')
      return { reason: 'value: decimal number as text expected, such as "1234.56"' }
    for (const key in unknown) return { reason: `${key}: is not a known key` }
    const scale = this.scales.get(point)
    if (scale === undefined) return { reason: `point: there is no point "${point}" in the site file` }
    const atMs = this.instant(at)
    if (atMs === null)
      return { reason: `at: "${at}" is not an ISO 8601 instant with zone, such as 2026-01-31T08:15:00Z` }
    if (atMs < EARLIEST_MS) return { reason: 'at: lies before the year 2000' }
    if (atMs > this.latestMs) return { reason: 'at: lies in the future' }
    const mantissa = parseMantissa(value, scale)
    if (typeof mantissa === 'string') return { reason: `value: ${mantissa}` }
    return { reading: { point, atMs, mantissa, scale, quality: Quality.good } }
  }

  private instant(text: string): number | null {
    if (text !== this.lastInstant.text) this.lastInstant = { text, atMs: parseInstant(text) }
    return this.lastInstant.atMs
  }
}

function parseInstant(text: string): number | null {
  const match = INSTANT.exec(text)
  const atMs = match ? Date.parse(text) : NaN
  if (!match || Number.isNaN(atMs)) return null
  // Date.parse takes 30 February for 2 March.
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? atMs : null
}

/** The exact integer in units of 10^-scale, or what is wrong with the text. */
function parseMantissa(text: string, scale: number): number | string {
  const match = DECIMAL.exec(text)
  if (!match) return `"${text.slice(0, 40)}" is not a decimal number`
  const [, sign, whole, fraction = ''] = match
  if (/[1-9]/.test(fraction.slice(scale)))
    return `${text} has more than the ${scale} decimal places of the point`
  const mantissa = Number(whole! + fraction.slice(0, scale).padEnd(scale, '0'))
  if (!Number.isSafeInteger(mantissa)) return `${text} is beyond the exact range`
  return sign && mantissa !== 0 ? -mantissa : mantissa
}
