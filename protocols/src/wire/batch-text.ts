/**
 * The JSON text of a batch, written byte by byte. A gateway seals thousands of readings at once, most of them of points
 * of their own; a tree of objects for JSON.stringify was most of its garbage, all of it alive until the text was there.
 */
import { AppError } from '../contract/app-error.ts'
import type { DeviceEvent } from '../contract/events.ts'
import { Quality, TELEMETRY_VERSION, type DroppedReadings, type Reading } from '../contract/telemetry.ts'

/** What a batch holds, in the order in which it came. */
export interface BatchParts {
  readonly outbox: string
  readonly sequence: number
  readonly readings: readonly Reading[]
  readonly dropped: readonly DroppedReadings[]
  readonly events: readonly DeviceEvent[]
}

/**
 * UTF-8 of a BatchMessage. Order of points is that of their first reading. The bytes are overwritten by the next call.
 * @throws AppError `wire.scale_changed`
 */
export function batchText(parts: BatchParts): Uint8Array {
  const { outbox, sequence, readings, dropped, events } = parts
  const base = readings[0]?.atMs ?? events[0]?.atMs ?? dropped[0]?.fromMs ?? 0
  const out = text.begin()
  out.ascii(`{"v":${TELEMETRY_VERSION},"outbox":`).string(outbox)
  out.ascii(',"sequence":').number(sequence).ascii(',"base":').number(base)
  out.ascii(',"series":[')
  const { first, count, next } = chainSeries(readings)
  for (let series = 0; series < count; series++) {
    if (series > 0) out.ascii(',')
    writeSeries(out, readings, first[series]!, next, base)
  }
  out.ascii(']')
  if (events.length > 0) out.ascii(',"events":').json(events)
  if (dropped.length > 0) out.ascii(',"dropped":').json(dropped)
  return out.ascii('}').end()
}

interface Chains {
  /** Index of the first reading of each series; the first `count` are set. */
  readonly first: Int32Array
  readonly count: number
  /** By reading: index of the next one of the same series; -1 at its end. */
  readonly next: Int32Array
}

/** A step that is too large for an exact difference goes on in a second series of the same point. */
function chainSeries(readings: readonly Reading[]): Chains {
  const first = new Int32Array(readings.length)
  const last = new Int32Array(readings.length)
  const next = new Int32Array(readings.length).fill(-1)
  const lastMantissa = new Float64Array(readings.length)
  const byPoint = new Map<string, number>()
  let count = 0
  for (const [index, { point, mantissa, scale }] of readings.entries()) {
    let series = byPoint.get(point)
    if (series === undefined || !Number.isSafeInteger((mantissa ?? 0) - lastMantissa[series]!)) {
      series = count++
      byPoint.set(point, series)
      first[series] = index
    } else {
      next[last[series]!] = index
    }
    if (scale !== readings[first[series]!]!.scale) {
      throw new AppError('wire.scale_changed', `scale of ${point} changed inside a batch`)
    }
    last[series] = index
    if (mantissa !== null) lastMantissa[series] = mantissa
  }
  return { first, count, next }
}

function writeSeries(
  out: BatchText,
  readings: readonly Reading[],
  first: number,
  next: Int32Array,
  base: number,
): void {
  const { point, scale } = readings[first]!
  out.ascii('{"p":').string(point).ascii(',"s":').number(scale).ascii(',"t":[')
  let lastMs = base
  for (let i = first; i >= 0; i = next[i]!) {
    const { atMs } = readings[i]!
    if (i !== first) out.ascii(',')
    out.number(atMs - lastMs)
    lastMs = atMs
  }
  out.ascii('],"v":[')
  let lastMantissa = 0
  let allGood = true
  for (let i = first; i >= 0; i = next[i]!) {
    const { mantissa, quality } = readings[i]!
    if (i !== first) out.ascii(',')
    if (mantissa === null) out.ascii('null')
    else {
      out.number(mantissa - lastMantissa)
      lastMantissa = mantissa
    }
    allGood &&= quality === Quality.good
  }
  out.ascii(']')
  if (!allGood) writeQualities(out, readings, first, next)
  out.ascii('}')
}

/** Run lengths: `[[3,0],[1,4]]`. */
function writeQualities(out: BatchText, readings: readonly Reading[], first: number, next: Int32Array): void {
  out.ascii(',"q":[')
  let start = first
  let length = 0
  for (let i = first; i >= 0; i = next[i]!) {
    length += 1
    const { quality } = readings[start]!
    const after = next[i]!
    if (after >= 0 && readings[after]!.quality === quality) continue
    out
      .ascii('[')
      .number(length)
      .ascii(',')
      .number(quality)
      .ascii(after >= 0 ? '],' : ']')
    start = after
    length = 0
  }
  out.ascii(']')
}

/** What JSON writes as it stands. */
const PLAIN = /^[ !#-[\]-~]*$/
/** Kept between batches up to this size; a day's history at once may take more. */
const KEPT_BYTES = 1024 * 1024
const DIGIT_0 = 0x30
const MAX_NUMBER_LENGTH = 17

/** Bytes that grow. */
class BatchText {
  private bytes = Buffer.allocUnsafeSlow(64 * 1024)
  private length = 0

  begin(): this {
    this.length = 0
    return this
  }

  end(): Uint8Array {
    const written = this.bytes.subarray(0, this.length)
    if (this.bytes.length > KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(64 * 1024)
    return written
  }

  /** Only characters below 128. */
  ascii(value: string): this {
    this.reserve(value.length)
    for (let i = 0; i < value.length; i++) this.bytes[this.length++] = value.charCodeAt(i)
    return this
  }

  string(value: string): this {
    return PLAIN.test(value) ? this.ascii('"').ascii(value).ascii('"') : this.json(value)
  }

  number(value: number): this {
    if (!Number.isSafeInteger(value)) return this.json(value)
    this.reserve(MAX_NUMBER_LENGTH)
    const { bytes } = this
    if (value < 0) bytes[this.length++] = 0x2d
    let rest = Math.abs(value)
    let digits = 1
    for (let limit = 10; rest >= limit; limit *= 10) digits += 1
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const tenth = Math.floor(rest / 10)
      bytes[at] = rest - tenth * 10 + DIGIT_0
      rest = tenth
    }
    this.length += digits
    return this
  }

  json(value: unknown): this {
    const json = JSON.stringify(value)
    this.reserve(Buffer.byteLength(json))
    this.length += this.bytes.write(json, this.length)
    return this
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.length + count, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}

const text = new BatchText()
