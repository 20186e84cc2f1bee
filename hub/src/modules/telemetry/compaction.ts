/**
 * Merges the small blocks that live readings come in: a meter read every minute gives 1,440 blocks a day, and
 * each costs more for its row than for its reading. Idempotent; killed at any moment it leaves the old blocks or
 * the new ones; it touches only what is older than two hours, where ingest seldom writes, and never waits for it.
 */
import type { Hub } from '../../platform/module.ts'
import { lockBlocks, replaceBlocks, scatteredDays, type PointDay } from './compaction.repository.ts'
import { joinBlocks, toBlocksOf } from './domain/blocks.ts'
import type { PointBlock } from './ingest.repository.ts'

const SETTLED_AFTER_MS = 2 * 3_600_000
const MIN_BLOCKS = 8
const DAYS_PER_TRANSACTION = 50

export interface CompactionResult {
  readonly blocksBefore: number
  readonly blocksAfter: number
}

/** @param maxDays days of points to merge in this run at most; the next run goes on */
export async function compact(
  hub: Pick<Hub, 'db' | 'clock'>,
  options: { maxDays?: number; signal?: AbortSignal; settledAfterMs?: number } = {},
): Promise<CompactionResult> {
  const before = new Date(hub.clock.now().getTime() - (options.settledAfterMs ?? SETTLED_AFTER_MS))
  const days = await scatteredDays(hub.db.pool, before, {
    minBlocks: MIN_BLOCKS,
    limit: options.maxDays ?? 50_000,
  })
  const total = { blocksBefore: 0, blocksAfter: 0 }
  for (let i = 0; i < days.length && !options.signal?.aborted; i += DAYS_PER_TRANSACTION) {
    const { blocksBefore, blocksAfter } = await mergeDays(
      hub,
      days.slice(i, i + DAYS_PER_TRANSACTION),
      before,
    )
    total.blocksBefore += blocksBefore
    total.blocksAfter += blocksAfter
  }
  return total
}

function mergeDays(hub: Pick<Hub, 'db'>, days: readonly PointDay[], before: Date): Promise<CompactionResult> {
  return hub.db.transaction(async (client) => {
    const old = await lockBlocks(client, days, before)
    const merged: PointBlock[] = []
    for (const [pointId, blocks] of Map.groupBy(old, (block) => block.pointId)) {
      for (const block of toBlocksOf(joinBlocks(blocks))) merged.push({ pointId, block })
    }
    await replaceBlocks(client, old, merged)
    return { blocksBefore: old.length, blocksAfter: merged.length }
  })
}
