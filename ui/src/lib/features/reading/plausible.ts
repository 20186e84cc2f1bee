/** Does a reading fit the last one? The same rule as in the hub, and what is usual. Pure. */
import type { PhonePoint } from '@courtyard/protocols/contract'
import { stepFault } from '@courtyard/protocols/metering'

const DAY_MS = 86_400_000

export type Doubt = 'back' | 'tooMuch' | 'unusual'

/** `12.3` at two places → 1230n. Further places are cut off. */
function mantissa(text: string, places: number): bigint {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.slice(0, places).padEnd(places, '0'))
}

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

const placesOf = (text: string | null): number => text?.split('.')[1]?.length ?? 0

/** Indexes between which a reading now is usual: half to double of what is used otherwise; null while not known. */
export function expectedRange(point: PhonePoint, nowMs: number): { from: string; to: string } | null {
  const { register, lastRead } = point
  if (!register?.perDay || !lastRead) return null
  const elapsed = BigInt(Math.max(0, nowMs - Date.parse(lastRead.at)))
  const places = Math.max(register.places, placesOf(register.perDay), placesOf(lastRead.index))
  const last = mantissa(lastRead.index, places)
  const usual = (mantissa(register.perDay, places) * elapsed) / BigInt(DAY_MS)
  const shown = (value: bigint) => {
    const end = register.end === null ? null : mantissa(register.end, places)
    const cut = (end === null ? value : value % end) / 10n ** BigInt(places - register.places)
    return decimal(cut, register.places)
  }
  return {
    from: shown(last + usual / 2n),
    to: shown(last + usual * 2n + 10n ** BigInt(places - register.places)),
  }
}

/** What to ask about before a reading is kept; null when it fits. `index` is a decimal. */
export function doubtOf(point: PhonePoint, index: string, nowMs: number): Doubt | null {
  const { register, lastRead } = point
  if (!register || !lastRead) return null
  const places = Math.max(register.places, placesOf(lastRead.index), placesOf(register.maxPerHour))
  const rule = {
    modulus: register.end === null ? null : mantissa(register.end, places),
    maxPerHour: mantissa(register.maxPerHour, places),
    jitter: mantissa(register.jitter, places),
  }
  const elapsedMs = Math.max(0, nowMs - Date.parse(lastRead.at))
  const fault = stepFault(rule, mantissa(lastRead.index, places), mantissa(index, places), elapsedMs)
  if (fault) return fault
  const range = expectedRange(point, nowMs)
  if (!range) return null
  const [value, from, to] = [index, range.from, range.to].map((text) => mantissa(text, register.places)) as [
    bigint,
    bigint,
    bigint,
  ]
  // Over the top of the register the range is turned round
  const inside = from <= to ? value >= from && value <= to : value >= from || value <= to
  return inside ? null : 'unusual'
}

/** Whether the display of the meter can show this. */
export function fitsDisplay(point: PhonePoint, index: string): boolean {
  const { register } = point
  if (!register || !/^\d{1,15}(\.\d+)?$/.test(index)) return false
  if (placesOf(index) > register.places) return false
  const places = register.places
  return register.end === null || mantissa(index, places) < mantissa(register.end, places)
}
