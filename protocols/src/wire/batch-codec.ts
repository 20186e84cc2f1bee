/**
 * Readings and events ↔ bytes of a batch. The bytes are zstd over the JSON of a BatchMessage; the hub keeps them as
 * they came, as the evidence behind a bill.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import * as z from 'zod'
import { AppError } from '../contract/app-error.ts'
import type { DeviceEvent } from '../contract/events.ts'
import {
  BatchMessage,
  Quality,
  type DroppedReadings,
  type Reading,
  type SeriesMessage,
} from '../contract/telemetry.ts'
import { followsSchema } from './batch-check.ts'
import { batchText } from './batch-text.ts'

/** A batch that inflates beyond this is refused: no gateway of ours makes one. */
export const MAX_BATCH_BYTES = 16 * 1024 * 1024

export interface BatchIdentity {
  readonly outbox: string
  readonly sequence: number
}

/** Seals readings and events into the bytes of one batch. Order of points is that of their first reading. */
export function encodeBatch(
  identity: BatchIdentity,
  readings: readonly Reading[],
  dropped: readonly DroppedReadings[] = [],
  events: readonly DeviceEvent[] = [],
): Uint8Array {
  return compress(batchText({ ...identity, readings, dropped, events }))
}

/** Message → bytes. */
export function packBatch(message: BatchMessage): Uint8Array {
  return compress(JSON.stringify(message))
}

function compress(text: string | Uint8Array): Uint8Array {
  return zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
}

/**
 * Bytes → message, checked. Throws AppError `wire.not_zstd`, `wire.too_large`, `wire.not_json`,
 * `wire.invalid` (details.issues: path and reason; details.identity: outbox and sequence where they can be
 * read) — never anything else.
 */
export function decodeBatch(bytes: Uint8Array): BatchMessage {
  let text: string
  try {
    text = zstdDecompressSync(bytes, { maxOutputLength: MAX_BATCH_BYTES }).toString('utf8')
  } catch (cause) {
    const tooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new AppError(
      tooLarge ? 'wire.too_large' : 'wire.not_zstd',
      tooLarge ? `batch inflates beyond ${MAX_BATCH_BYTES} bytes` : 'batch is not a zstd frame',
      { cause, details: { bytes: bytes.length } },
    )
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AppError('wire.not_json', 'batch is not JSON', { cause, details: { bytes: bytes.length } })
  }
  if (!followsSchema(json)) throw schemaError(json)
  for (const series of json.series) checkLengths(series, json)
  return json
}

/** Only for messages that are refused: the schema says at length what is wrong. */
function schemaError(json: unknown): AppError {
  const issues = BatchMessage.safeParse(json).error?.issues ?? []
  return new AppError('wire.invalid', 'batch does not follow the schema', {
    details: {
      issues: issues.slice(0, 20).map((i) => ({ path: i.path.join('.'), reason: i.message })),
      ...identityOf(json),
    },
  })
}

const Identity = z.object({ outbox: BatchMessage.shape.outbox, sequence: BatchMessage.shape.sequence })

/** Which batch it was meant to be, where that can be read: it can be acknowledged then. */
function identityOf(json: unknown): { identity?: BatchIdentity } {
  const { success, data } = Identity.safeParse(json)
  return success ? { identity: data } : {}
}

function checkLengths(series: SeriesMessage, message: BatchMessage): void {
  const count = series.t.length
  const qualities = series.q?.reduce((sum, [run]) => sum + run, 0) ?? count
  if (series.v.length !== count || qualities !== count) {
    throw new AppError('wire.invalid', `columns of ${series.p} differ in length`, {
      details: {
        issues: [{ path: series.p, reason: `t ${count}, v ${series.v.length}, q ${qualities}` }],
        ...identityOf(message),
      },
    })
  }
}

/**
 * A series with its deltas added up: parallel arrays of equal length. Deltas of a hostile batch may add up beyond the
 * exact range; whoever stores them checks with `Number.isSafeInteger`.
 */
export interface SeriesColumns {
  readonly atMs: number[]
  readonly mantissas: (number | null)[]
  readonly qualities: number[]
}

export function expandSeries(series: SeriesMessage, base: number): SeriesColumns {
  const count = series.t.length
  const atMs = new Array<number>(count)
  const mantissas = new Array<number | null>(count)
  let at = base
  let mantissa = 0
  for (let i = 0; i < count; i++) {
    at += series.t[i]!
    atMs[i] = at
    const delta = series.v[i] ?? null
    if (delta !== null) mantissa += delta
    mantissas[i] = delta === null ? null : mantissa
  }
  const qualities = new Array<number>(count).fill(Quality.good)
  let position = 0
  for (const [run, quality] of series.q ?? []) {
    qualities.fill(quality, position, position + run)
    position += run
  }
  return { atMs, mantissas, qualities }
}

/** All readings of a batch, point by point. */
export function readingsOf(message: BatchMessage): Reading[] {
  return message.series.flatMap((series) => {
    const { atMs, mantissas, qualities } = expandSeries(series, message.base)
    return atMs.map((at, i) => ({
      point: series.p,
      atMs: at,
      mantissa: mantissas[i] ?? null,
      scale: series.s,
      quality: qualities[i] as Quality,
    }))
  })
}
