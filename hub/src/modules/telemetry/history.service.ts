import type { History } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/modbus'
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
  for await (const sample of samples(blocksOf(hub.db.pool, pointId, fromMs, toMs), fromMs, toMs)) {
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
