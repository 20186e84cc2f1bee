/**
 * Blocks: readings of one point within one UTC day as columns, in time order. Which batch brought a reading is
 * kept as runs, because neighbours mostly came together.
 */

export const DAY_MS = 86_400_000
/** Most readings in a block: beyond it a block no longer fits a page well after compression. */
export const MAX_BLOCK_READINGS = 2_000
const MAX_BATCH_DELTA = 2_147_483_647n

/** Readings of one point that came in one batch; parallel arrays. */
export interface Run {
  readonly batchId: bigint
  readonly atMs: readonly number[]
  readonly mantissas: readonly (number | null)[]
  readonly qualities: readonly number[]
}

/** Columns as they stand in the table `reading_block`. */
export interface Block {
  readonly firstMs: number
  readonly lastMs: number
  /** Milliseconds after firstMs, ascending. */
  readonly offsets: readonly number[]
  readonly mantissas: readonly (number | null)[]
  /** Null when all are good. */
  readonly qualities: readonly number[] | null
  /** The lowest batch. */
  readonly batchId: bigint
  /**
   * Batches counted from batchId: null when all came in batchId; one number per reading; or, when that is shorter,
   * pairs of a number and how many readings in a row it counts for.
   */
  readonly batches: readonly number[] | null
}

/** Readings one by one, ascending by instant; equal instants keep the order of their batches. */
export interface Readings {
  readonly atMs: number[]
  readonly mantissas: (number | null)[]
  readonly qualities: number[]
  readonly batchIds: bigint[]
}

/** Sorts the runs of one point together and cuts them at UTC midnight and at MAX_BLOCK_READINGS. */
export function toBlocks(runs: readonly Run[]): Block[] {
  return toBlocksOf(mergeRuns(runs))
}

/** @param readings ascending by instant */
export function toBlocksOf(readings: Readings): Block[] {
  const blocks: Block[] = []
  const count = readings.atMs.length
  let start = 0
  while (start < count) {
    const end = blockEnd(readings, start)
    blocks.push(encodeBlock(readings, start, end))
    start = end
  }
  return blocks
}

/** The opposite of `toBlocks` for one block. */
export function expandBlock(block: Block): Readings {
  const { firstMs, offsets, batchId } = block
  const count = offsets.length
  const batchIds = new Array<bigint>(count).fill(batchId)
  let position = 0
  for (const [delta, run] of batchRunsOf(block)) {
    batchIds.fill(batchId + BigInt(delta), position, position + run)
    position += run
  }
  return {
    atMs: offsets.map((offset) => firstMs + offset),
    mantissas: [...block.mantissas],
    qualities: block.qualities ? [...block.qualities] : new Array<number>(count).fill(0),
    batchIds,
  }
}

export function utcDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS)
}

/** Readings of several blocks of one point. */
export function joinBlocks(blocks: readonly Block[]): Readings {
  const parts = blocks.map(expandBlock)
  return sortReadings({
    atMs: parts.flatMap((part) => part.atMs),
    mantissas: parts.flatMap((part) => part.mantissas),
    qualities: parts.flatMap((part) => part.qualities),
    batchIds: parts.flatMap((part) => part.batchIds),
  })
}

/** Appends the runs and sorts by instant (stable) only if they are not in order already: mostly they are. */
export function mergeRuns(runs: readonly Run[]): Readings {
  const merged: Readings = { atMs: [], mantissas: [], qualities: [], batchIds: [] }
  for (const run of runs) {
    for (let i = 0; i < run.atMs.length; i++) {
      merged.atMs.push(run.atMs[i]!)
      merged.mantissas.push(run.mantissas[i]!)
      merged.qualities.push(run.qualities[i]!)
      merged.batchIds.push(run.batchId)
    }
  }
  return sortReadings(merged)
}

export function sortReadings(readings: Readings): Readings {
  const { atMs, mantissas, qualities, batchIds } = readings
  if (isAscending(atMs)) return readings
  const order = atMs.map((_, i) => i).sort((a, b) => atMs[a]! - atMs[b]!)
  return {
    atMs: order.map((i) => atMs[i]!),
    mantissas: order.map((i) => mantissas[i]!),
    qualities: order.map((i) => qualities[i]!),
    batchIds: order.map((i) => batchIds[i]!),
  }
}

function isAscending(values: readonly number[]): boolean {
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) return false
  return true
}

function blockEnd({ atMs, batchIds }: Readings, start: number): number {
  const day = utcDay(atMs[start]!)
  const limit = Math.min(atMs.length, start + MAX_BLOCK_READINGS)
  let low = batchIds[start]!
  let high = low
  let end = start
  for (; end < limit && utcDay(atMs[end]!) === day; end++) {
    const id = batchIds[end]!
    if (id < low) low = id
    else if (id > high) high = id
    if (high - low > MAX_BATCH_DELTA) break
  }
  return end
}

function encodeBlock(readings: Readings, start: number, end: number): Block {
  const firstMs = readings.atMs[start]!
  const offsets = new Array<number>(end - start)
  let allGood = true
  for (let i = start; i < end; i++) {
    offsets[i - start] = readings.atMs[i]! - firstMs
    if (readings.qualities[i] !== 0) allGood = false
  }
  return {
    firstMs,
    lastMs: readings.atMs[end - 1]!,
    offsets,
    mantissas: readings.mantissas.slice(start, end),
    qualities: allGood ? null : readings.qualities.slice(start, end),
    ...encodeBatchIds(readings.batchIds, start, end),
  }
}

function encodeBatchIds(
  ids: readonly bigint[],
  start: number,
  end: number,
): Pick<Block, 'batchId' | 'batches'> {
  const runs: [id: bigint, length: number][] = []
  let lowest = ids[start]!
  for (let i = start; i < end; i++) {
    const id = ids[i]!
    const run = runs.at(-1)
    if (run?.[0] === id) {
      run[1] += 1
    } else {
      runs.push([id, 1])
      if (id < lowest) lowest = id
    }
  }
  if (runs.length === 1) return { batchId: lowest, batches: null }
  // With the same length as the readings it would be taken for one number per reading
  const asPairs = runs.length * 2 < end - start
  const batches = runs.flatMap(([id, length]) => {
    const delta = Number(id - lowest)
    return asPairs ? [delta, length] : new Array<number>(length).fill(delta)
  })
  return { batchId: lowest, batches }
}

function* batchRunsOf({ batches, offsets }: Block): Generator<readonly [delta: number, run: number]> {
  if (batches === null) return
  if (batches.length === offsets.length) {
    for (const delta of batches) yield [delta, 1]
  } else {
    for (let i = 0; i < batches.length; i += 2) yield [batches[i]!, batches[i + 1]!]
  }
}
