/** Takes a group of decoded batches into the database within one transaction. */
import type { PoolClient } from 'pg'
import type { AckStatus } from '@courtyard/protocols/contract'
import type { Database } from '../../../platform/database/database.ts'
import type { StoredEventRef } from '../../events/index.ts'
import { toBlocks, type Run } from '../domain/blocks.ts'
import { takeIn, type Intake } from '../domain/intake.ts'
import { heldCodes } from '../errors.ts'
import {
  activeGateways,
  batchKey,
  contradictions,
  holdCatalogues,
  insertBatches,
  insertBlocks,
  insertHeldEvents,
  insertHeldMessage,
  insertHeldSeries,
  insertLost,
  upsertLatest,
  type HeldBatchSeries,
  type LostPeriod,
  type PointBlock,
} from '../ingest.repository.ts'
import { enterLog } from '../log.repository.ts'
import type { TelemetryReason } from '../reasons.ts'
import type { ReceivedBatch } from './batch-queue.ts'
import { newestOf, type LatestValue } from './newest.ts'
import type { PointDirectory } from './point-directory.ts'
import { takeEventsIn } from './take-events.ts'

/** What became of a batch; `refused`: its gateway may not send, so it isn't acknowledged. */
export type Outcome = AckStatus | 'refused'

export interface GroupResult {
  /** By position in the group. */
  readonly outcomes: readonly Outcome[]
  /** Points that got a newer value than this process knew of. */
  readonly latest: readonly LatestValue[]
  /** Events that were not there before. */
  readonly events: readonly StoredEventRef[]
}

/** A batch that is in the log now, with what of it goes in. */
interface NewBatch {
  readonly id: bigint
  readonly projectId: string
  readonly batch: ReceivedBatch
  intake: Intake
}

export class GroupWriter {
  private readonly db: Database
  private readonly directory: PointDirectory
  /** Instant of the latest value that this process has committed, by point: saves writing older ones. */
  private readonly newest = new Map<number, number>()

  constructor(db: Database, directory: PointDirectory) {
    this.db = db
    this.directory = directory
  }

  async write(group: readonly ReceivedBatch[]): Promise<GroupResult> {
    const result = await this.db.transaction((client) => this.writeIn(client, group))
    for (const { pointId, atMs } of result.latest) this.newest.set(pointId, atMs)
    return result
  }

  /** Within a transaction of the caller's, which must begin with it. */
  async writeIn(client: PoolClient, group: readonly ReceivedBatch[]): Promise<GroupResult> {
    const projects = await activeGateways(client, [...new Set(group.map((batch) => batch.gatewayId))])
    const candidates = distinct(group.filter((batch) => projects.has(batch.gatewayId)))
    await enterLog(client)
    const ids = await insertBatches(client, candidates)
    const fresh = candidates.flatMap((batch, i): NewBatch[] => {
      const id = ids[i]
      const projectId = projects.get(batch.gatewayId)!
      return id === undefined ? [] : [{ id, projectId, batch, intake: this.takeIn(batch) }]
    })
    await this.lookAgain(client, fresh)
    const { blocks, latest } = this.derive(fresh)
    await insertBlocks(client, blocks)
    await upsertLatest(client, latest)
    const events = await takeEventsOf(client, fresh)
    await insertHeldSeries(client, fresh.flatMap(heldOf))
    await insertLost(client, fresh.flatMap(lostOf))
    const committed = new Set(fresh.map(({ batch }) => batch))
    const outcomes = new Map<ReceivedBatch, Outcome>(fresh.map(({ batch }) => [batch, 'committed']))
    const again = group.filter((batch) => projects.has(batch.gatewayId) && !committed.has(batch))
    const contradicting = await contradictions(client, again)
    for (const [i, batch] of again.entries()) {
      if (!contradicting.has(i)) outcomes.set(batch, 'duplicate')
      else outcomes.set(batch, await holdReused(client, batch, projects.get(batch.gatewayId)!))
    }
    return { outcomes: group.map((batch) => outcomes.get(batch) ?? 'refused'), latest, events }
  }

  private takeIn(batch: ReceivedBatch): Intake {
    return takeIn(batch.message, this.directory.lookupOf(batch.gatewayId), batch.receivedAt.getTime())
  }

  /**
   * The catalogue may have changed since the points were read, also the decimal places of a point that has no
   * readings yet: its first ones are taken in while the catalogue is held.
   */
  private async lookAgain(client: PoolClient, fresh: readonly NewBatch[]): Promise<void> {
    const doubtful = fresh.filter(
      ({ intake }) =>
        intake.held.some(({ why }) => why === 'pointUnknown' || why === 'scaleMismatch') ||
        intake.taken.some(({ pointId, atMs }) => atMs.length > 0 && !this.newest.has(pointId)),
    )
    if (doubtful.length === 0) return
    const gatewayIds = [...new Set(doubtful.map(({ batch }) => batch.gatewayId))]
    await holdCatalogues(client, gatewayIds)
    await this.directory.reload(client, gatewayIds)
    for (const item of doubtful) item.intake = this.takeIn(item.batch)
  }

  private derive(fresh: readonly NewBatch[]): { blocks: PointBlock[]; latest: LatestValue[] } {
    const runsOfPoint = new Map<number, Run[]>()
    const all = fresh.flatMap(({ id, intake }) => intake.taken.map((series) => ({ batchId: id, ...series })))
    for (const series of all) {
      const runs = runsOfPoint.get(series.pointId)
      if (runs) runs.push(series)
      else runsOfPoint.set(series.pointId, [series])
    }
    const blocks: PointBlock[] = []
    for (const [pointId, runs] of runsOfPoint) {
      for (const block of toBlocks(runs)) blocks.push({ pointId, block })
    }
    return { blocks, latest: newestOf(all, this.newest) }
  }
}

/** The first of each batch, in an order that all processes share: inserts then never wait for each other in a ring. */
function distinct(group: readonly ReceivedBatch[]): ReceivedBatch[] {
  const first = new Map<string, ReceivedBatch>()
  for (const batch of group) if (!first.has(batchKey(batch))) first.set(batchKey(batch), batch)
  return [...first.values()].sort(
    (a, b) =>
      compare(a.gatewayId, b.gatewayId) ||
      compare(a.message.outbox, b.message.outbox) ||
      a.message.sequence - b.message.sequence,
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Acknowledged once it is kept: a person looks what the outbox counted twice. */
async function holdReused(client: PoolClient, batch: ReceivedBatch, projectId: string): Promise<Outcome> {
  const { gatewayId, topic, payload, readings, message } = batch
  const { sequence, outbox } = message
  const reason: TelemetryReason = { code: 'ingest.sequence_reused', sequence, outbox }
  const code = heldCodes.sequenceReused
  const kept = await insertHeldMessage(client, {
    gatewayId,
    projectId,
    topic,
    payload,
    readings,
    code,
    reason,
  })
  return kept ? 'quarantined' : 'refused'
}

function heldOf({ id, projectId, batch, intake }: NewBatch): HeldBatchSeries[] {
  const { gatewayId, topic } = batch
  return intake.held.map((held) => ({ batchId: id, gatewayId, projectId, topic, held }))
}

/** Groups without events cost nothing here. */
async function takeEventsOf(client: PoolClient, fresh: readonly NewBatch[]): Promise<StoredEventRef[]> {
  const bringing = fresh.filter(({ batch }) => batch.events > 0)
  const sources = bringing.map(({ id, projectId, batch }) => ({
    batchId: id,
    projectId,
    gatewayId: batch.gatewayId,
    receivedAt: batch.receivedAt,
    asOf: batch.receivedAt,
    events: batch.message.events ?? [],
  }))
  const { stored, held } = await takeEventsIn(client, sources)
  await insertHeldEvents(
    client,
    held.flatMap((ofBatch, i) =>
      ofBatch.map((one) => ({ ...sources[i]!, topic: bringing[i]!.batch.topic, held: one })),
    ),
  )
  return stored
}

function lostOf({ id, batch }: NewBatch): LostPeriod[] {
  return (batch.message.dropped ?? []).map((dropped) => ({
    ...dropped,
    batchId: id,
    gatewayId: batch.gatewayId,
  }))
}
