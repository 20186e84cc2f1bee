/** The readings of a made-up site, 500 points a second; every value follows from its point and instant. */
import { Quality, type Reading } from '@courtyard/protocols/contract'

export const DEVICES = 100
export const POINTS = 25
export const INTERVAL_MS = 5_000
/** How often the agent puts what it has read on its disk (`outbox.flushMs`). */
export const FLUSH_MS = 500
/** Devices are polled one after another, a tenth of them in each flush. */
const TURNS = INTERVAL_MS / FLUSH_MS
const DEVICE_MS = 17

/** What the polls of flush number `tick` bring; one list per device, as its driver offers it. */
export function readingsOfTick(tick: number, startMs: number): Reading[][] {
  const round = Math.floor(tick / TURNS)
  const perTurn = DEVICES / TURNS
  const first = (tick % TURNS) * perTurn
  return Array.from({ length: perTurn }, (_, i) => {
    const device = first + i
    const atMs = startMs + tick * FLUSH_MS + i * DEVICE_MS
    return Array.from({ length: POINTS }, (_, point) => ({
      point: `meter-${String(device).padStart(3, '0')}/point${point}`,
      atMs,
      mantissa: valueOf(device, point, round),
      scale: 2,
      quality: Quality.good,
    }))
  })
}

/** A fifth are registers that grow, the others waver as voltages and powers do. */
export function valueOf(device: number, point: number, round: number): number {
  const noise = hash(device * 7_919 + point * 104_729 + round * 15_485_863)
  if (point < POINTS / 5) return 1_000_000 * (device + 1) + round * (3 + point) + (noise % 3)
  return 23_000 + point * 100 + (noise % 401)
}

function hash(value: number): number {
  let state = Math.imul(value ^ (value >>> 16), 0x45d9f3b)
  state = Math.imul(state ^ (state >>> 16), 0x45d9f3b)
  return (state ^ (state >>> 16)) >>> 0
}

/** Where a reading belongs: number of its series and of its round; null when the site has no such reading. */
export function placeOf({ point, atMs }: Reading, startMs: number): { series: number; round: number } | null {
  const match = /^meter-(\d{3})\/point(\d+)$/.exec(point)
  if (!match) return null
  const [device, index] = [Number(match[1]), Number(match[2])]
  const perTurn = DEVICES / TURNS
  const offsetMs = Math.floor(device / perTurn) * FLUSH_MS + (device % perTurn) * DEVICE_MS
  const round = (atMs - startMs - offsetMs) / INTERVAL_MS
  return Number.isInteger(round) && round >= 0 ? { series: device * POINTS + index, round } : null
}

/** Counts every reading once: a bit for each. */
export class Ledger {
  seen = 0
  duplicated = 0
  wrong = 0
  private readonly bits: Uint8Array[]
  private readonly startMs: number

  constructor(startMs: number, rounds: number) {
    this.startMs = startMs
    this.bits = Array.from({ length: DEVICES * POINTS }, () => new Uint8Array((rounds >> 3) + 1))
  }

  add(reading: Reading): void {
    const place = placeOf(reading, this.startMs)
    const bits = place && this.bits[place.series]
    if (!place || !bits || place.round >> 3 >= bits.length) {
      this.wrong += 1
      return
    }
    const { series, round } = place
    const expected = valueOf(Math.floor(series / POINTS), series % POINTS, round)
    if (reading.mantissa !== expected || reading.quality !== Quality.good) this.wrong += 1
    const mask = 1 << (round & 7)
    if (bits[round >> 3]! & mask) this.duplicated += 1
    else this.seen += 1
    bits[round >> 3]! |= mask
  }
}
