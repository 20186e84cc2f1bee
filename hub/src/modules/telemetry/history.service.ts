import { Quality, type History } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { joinBlocks, utcDay, type Block } from './domain/blocks.ts'
import { Thinner, type Sample } from './domain/thinning.ts'
import { telemetryErrors } from './errors.ts'
import { blocksOf, findPoint } from './history.repository.ts'

export interface HistoryQuery {
  readonly from: string
  readonly to: string
  readonly maxPoints: number
}

/** Where nothing was read for this long a line would tell what nobody knows. */
const GAP_INTERVALS = 3
/** Imported histories are coarser than the polls of today. */
const MIN_GAP_MS = 3_600_000

/** @throws AppError `point.not_found` (outside the scope too), `history.span_invalid` */
export async function historyOf(
  hub: Hub,
  user: CurrentUser,
  pointId: number,
  query: HistoryQuery,
): Promise<History> {
  const fromMs = Date.parse(query.from)
  const toMs = Date.parse(query.to)
  if (fromMs >= toMs) throw fail(telemetryErrors.historySpan, '`from` must be before `to`')
  const point = await findPoint(hub.db.pool, user, pointId)
  if (!point) throw fail(telemetryErrors.pointNotFound, 'There is no such point', { pointId })
  const thinner = new Thinner(fromMs, toMs, query.maxPoints)
  const all = samples(blocksOf(hub.db.pool, pointId, fromMs, toMs), fromMs, toMs)
  for await (const sample of withGaps(all, Math.max(MIN_GAP_MS, GAP_INTERVALS * point.intervalMs))) {
    thinner.add(sample)
  }
  const kept = thinner.finish()
  return {
    pointId,
    unit: point.unit,
    scale: point.scale,
    thinned: thinner.thinned,
    at: kept.map(({ atMs }) => atMs),
    value: kept.map(({ mantissa }) => (mantissa === null ? null : formatUnits(mantissa, point.scale))),
    quality: kept.map(({ quality }) => quality),
  }
}

/** Puts a reading without a value where the distance between two readings is larger than `gapMs`. */
export async function* withGaps(samples: AsyncIterable<Sample>, gapMs: number): AsyncGenerator<Sample> {
  let lastMs = Infinity
  for await (const sample of samples) {
    if (sample.atMs - lastMs > gapMs) {
      yield { atMs: lastMs + Math.floor(gapMs / 2), mantissa: null, quality: Quality.disconnected }
    }
    lastMs = sample.atMs
    yield sample
  }
}

/** Blocks of one day may overlap, those of different days never: a day is sorted and passed on. */
async function* samples(blocks: AsyncIterable<Block>, fromMs: number, toMs: number): AsyncGenerator<Sample> {
  let day: number | null = null
  let waiting: Block[] = []
  for await (const block of blocks) {
    if (utcDay(block.firstMs) !== day) {
      yield* samplesOfDay(waiting, fromMs, toMs)
      waiting = []
      day = utcDay(block.firstMs)
    }
    waiting.push(block)
  }
  yield* samplesOfDay(waiting, fromMs, toMs)
}

function* samplesOfDay(blocks: readonly Block[], fromMs: number, toMs: number): Generator<Sample> {
  const { atMs, mantissas, qualities } = joinBlocks(blocks)
  for (let i = 0; i < atMs.length; i++) {
    if (atMs[i]! < fromMs || atMs[i]! >= toMs) continue
    yield { atMs: atMs[i]!, mantissa: mantissas[i]!, quality: qualities[i]! }
  }
}
