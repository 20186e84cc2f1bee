/** A sealed batch with its instants put right. Pure. */
import { Quality, type BatchMessage, type DroppedReadings } from '@courtyard/protocols/contract'
import { decodeBatch, encodeBatch, readingsOf } from '@courtyard/protocols/wire'

/**
 * The gateway stamps a reading at most this long before the batch is sealed, and never after: what lies outside was
 * stamped by the device itself and is left alone.
 */
export const STAMPED_BEFORE_MS = 45_000
export const STAMPED_AFTER_MS = 5_000

export interface Shift {
  /** Added to the gateway's own stamps. */
  readonly byMs: number
  /** The shift is only a bound: good values become uncertain ones. */
  readonly uncertain: boolean
  /** Instants of the first and the last sealing that are in the batch, by the clock that was wrong. */
  readonly sealedFromMs: number
  readonly sealedMs: number
}

export interface ShiftedBatch {
  readonly payload: Uint8Array
  readonly firstMs: number
  readonly lastMs: number
}

/** @throws AppError of `decodeBatch`. */
export function shiftBatch(payload: Uint8Array, shift: Shift): ShiftedBatch {
  const message = decodeBatch(payload)
  const { byMs, sealedFromMs, sealedMs } = shift
  const moved = (atMs: number) => (isGatewayStamp(atMs, sealedFromMs, sealedMs) ? atMs + byMs : atMs)
  const readings = readingsOf(message).map((reading) => {
    const doubtful = shift.uncertain && reading.quality === Quality.good
    return { ...reading, atMs: moved(reading.atMs), ...(doubtful ? { quality: Quality.uncertain } : {}) }
  })
  const events = (message.events ?? []).map((event) => ({ ...event, atMs: moved(event.atMs) }))
  const instants = [...readings, ...events].map(({ atMs }) => atMs)
  return {
    payload: encodeBatch(message, readings, shiftedDrops(message, shift), events),
    firstMs: instants.length > 0 ? instants.reduce((a, b) => Math.min(a, b)) : 0,
    lastMs: instants.length > 0 ? instants.reduce((a, b) => Math.max(a, b)) : 0,
  }
}

export function isGatewayStamp(atMs: number, sealedFromMs: number, sealedMs = sealedFromMs): boolean {
  return atMs >= sealedFromMs - STAMPED_BEFORE_MS && atMs <= sealedMs + STAMPED_AFTER_MS
}

/** Reports of what was dropped under the same clock: they speak of a time before the sealing and after the shift. */
function shiftedDrops({ dropped = [] }: BatchMessage, { byMs, sealedMs }: Shift): DroppedReadings[] {
  const near = Math.abs(byMs) / 2
  return dropped.map((report) =>
    Math.abs(report.toMs - sealedMs) < near
      ? { ...report, fromMs: report.fromMs + byMs, toMs: report.toMs + byMs }
      : report,
  )
}
