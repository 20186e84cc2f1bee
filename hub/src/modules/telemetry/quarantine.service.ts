/**
 * Replay and discard. An entry is locked, looked at and resolved in one transaction together with what its replay
 * writes: whoever comes second finds it resolved.
 */
import { zstdDecompressSync } from 'node:zlib'
import type { PoolClient } from 'pg'
import type { BatchMessage, QuarantineEntry } from '@courtyard/protocols/contract'
import { decodeBatch, packBatch } from '@courtyard/protocols/wire'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { say, type Reason } from '../../platform/reasons/reason.ts'
import { eventNewsOf, type StoredEventRef } from '../events/index.ts'
import { toBlocks } from './domain/blocks.ts'
import { spanOf, takeIn, type HeldSeries, type TakenSeries } from './domain/intake.ts'
import { heldCodes, telemetryErrors } from './errors.ts'
import { GroupWriter } from './ingest/group-writer.ts'
import { newestOf } from './ingest/newest.ts'
import { PointDirectory } from './ingest/point-directory.ts'
import { undecodable } from './ingest/undecodable.ts'
import { holdCatalogues, insertBlocks, upsertLatest } from './ingest.repository.ts'
import { enterLog } from './log.repository.ts'
import { announceCommit } from './log-signal.ts'
import { replayEvents, replayHeldEvents } from './quarantine-events.ts'
import {
  batchesToReplay,
  batchPayload,
  findEntry,
  insertReplay,
  listEntries,
  lockEntry,
  lockSeriesOfBatch,
  noteFault,
  orderOf,
  REPLAY_OUTBOX,
  resolveEntries,
  sortFields,
  type LockedEntry,
  type QuarantineFilter,
  type QuarantineRow,
} from './quarantine.repository.ts'

type Actor = { readonly user: CurrentUser; readonly audit: Audit }

/** A `QuarantineEntry` before it is said in a language. */
export type HeldEntry = Omit<QuarantineEntry, 'reason'> & { readonly reason: Reason }

export async function listQuarantine(hub: Hub, user: CurrentUser, filter: QuarantineFilter) {
  const order = orderOf(filter.sort)
  if (!order)
    throw invalidInput('The input is not valid', [
      { path: 'query.sort', reason: { code: 'sort.unknown', fields: sortFields.join(', ') } },
    ])
  const { rows, total } = await listEntries(hub.db.pool, user, filter, order)
  return { items: rows.map(toEntry), total, page: filter.page, pageSize: filter.pageSize }
}

interface Replay {
  /** Null: it went in. */
  readonly refusal: Reason | null
  readonly stored: readonly StoredEventRef[]
}

export async function replayEntry(hub: Hub, { user, audit }: Actor, id: string): Promise<HeldEntry> {
  const before = await entryOf(hub, user, id)
  const { refusal, stored } = await hub.db.transaction(async (client) => {
    const entry = await lockOpen(client, id)
    const replay = await replayBy(hub, client, entry)
    if (replay.refusal) return replay
    await resolveEntries(client, [id], 'replayed', { who: user.username, note: null, at: hub.clock.now() })
    const { projectId } = before
    await audit(client, {
      action: 'quarantine.replay',
      entity: 'quarantine',
      entityId: id,
      projectId,
      after: { state: 'replayed' },
    })
    return replay
  })
  eventNewsOf(hub).add(stored)
  if (refusal)
    throw fail(telemetryErrors.quarantineStillRefused, `It is still refused: ${say(refusal, 'en')}`, {
      reason: refusal,
    })
  announceCommit(hub)
  return toEntry(await entryOf(hub, user, id))
}

export async function discardEntry(
  hub: Hub,
  { user, audit }: Actor,
  id: string,
  reason: string,
): Promise<HeldEntry> {
  const { projectId } = await entryOf(hub, user, id)
  await hub.db.transaction(async (client) => {
    await lockOpen(client, id)
    await resolveEntries(client, [id], 'discarded', { who: user.username, note: reason, at: hub.clock.now() })
    await audit(client, {
      action: 'quarantine.discard',
      entity: 'quarantine',
      entityId: id,
      projectId,
      after: { state: 'discarded', reason },
    })
  })
  return toEntry(await entryOf(hub, user, id))
}

/**
 * Takes in held series and events whose points and devices have become known, batch by batch.
 * @param gatewayId null: of all gateways
 * @returns number of entries that this resolved
 */
export async function replayKnown(hub: Hub, gatewayId: string | null, maxBatches = 500): Promise<number> {
  let replayed = 0
  for (const batchId of await batchesToReplay(hub.db.pool, gatewayId, maxBatches)) {
    const { resolved, stored } = await hub.db.transaction(async (client) => {
      const series = await replaySeries(hub, client, batchId, await lockSeriesOfBatch(client, batchId))
      const events = await replayHeldEvents(hub, client, batchId)
      return { resolved: series + events.resolved, stored: events.stored }
    })
    eventNewsOf(hub).add(stored)
    replayed += resolved
  }
  if (replayed > 0) announceCommit(hub)
  return replayed
}

async function replayBy(hub: Hub, client: PoolClient, entry: LockedEntry): Promise<Replay> {
  if (entry.device !== null) return replayDevice(hub, client, entry)
  if (entry.point === null) return replayMessage(hub, client, entry)
  return { refusal: await replayOne(hub, client, entry), stored: [] }
}

async function replayDevice(hub: Hub, client: PoolClient, entry: LockedEntry): Promise<Replay> {
  const refusals: Reason[] = []
  const { resolved, stored } = await replayEvents(hub, client, entry.batchId!, [entry], (held) =>
    refusals.push(held.reason),
  )
  const refusal = resolved > 0 ? null : (refusals[0] ?? { code: 'replay.no_such_events' })
  return { refusal, stored }
}

async function replayOne(hub: Hub, client: PoolClient, entry: LockedEntry): Promise<Reason | null> {
  const refusals: Reason[] = []
  const done = await replaySeries(hub, client, entry.batchId!, [entry], (held) => refusals.push(held.reason))
  return done > 0 ? null : (refusals[0] ?? { code: 'replay.no_such_series' })
}

/** Takes in what can be taken in of these series of one batch. @returns how many entries that resolved */
async function replaySeries(
  hub: Hub,
  client: PoolClient,
  batchId: string,
  entries: readonly LockedEntry[],
  onHeld?: (held: HeldSeries) => void,
): Promise<number> {
  const stored = entries.length > 0 ? await batchPayload(client, batchId) : null
  if (!stored) return 0
  const message = decodeBatch(stored.payload)
  const wanted = new Set(entries.map((entry) => entry.point!))
  const series = message.series.filter(({ p }) => wanted.has(p))
  const directory = new PointDirectory()
  await holdCatalogues(client, [stored.gatewayId])
  await directory.reload(client, [stored.gatewayId])
  const now = hub.clock.now()
  const intake = takeIn({ ...message, series }, directory.lookupOf(stored.gatewayId), now.getTime())
  const heldPoints = new Set(intake.held.map((held) => held.point))
  for (const held of intake.held) {
    onHeld?.(held)
    const entry = entries.find(({ point }) => point === held.point)!
    await noteFault(client, entry.id, heldCodes[held.why], held.reason)
  }
  const resolved = entries.filter(
    ({ point }) => series.some(({ p }) => p === point) && !heldPoints.has(point!),
  )
  const points = new Set(resolved.map(({ point }) => point!))
  if (resolved.length === 0) return 0
  const part = { ...message, series: series.filter(({ p }) => points.has(p)) }
  const taken = takeIn(part, directory.lookupOf(stored.gatewayId), now.getTime()).taken
  await storeReplay(client, resolved[0]!, part, taken, now)
  await resolveEntries(
    client,
    resolved.map(({ id }) => id),
    'replayed',
    { who: 'catalogue', note: null, at: now },
  )
  return resolved.length
}

async function storeReplay(
  client: PoolClient,
  entry: LockedEntry,
  part: BatchMessage,
  taken: readonly TakenSeries[],
  at: Date,
): Promise<void> {
  const batchId = BigInt(entry.batchId!)
  await enterLog(client)
  await insertReplay(client, {
    gatewayId: entry.gatewayId,
    entryId: entry.id,
    batchId: entry.batchId!,
    payload: packBatch(part),
    at,
  })
  const blocks = taken.flatMap((series) =>
    toBlocks([{ batchId, ...series }]).map((block) => ({ pointId: series.pointId, block })),
  )
  await insertBlocks(client, blocks)
  await upsertLatest(client, newestOf(taken.map((series) => ({ batchId, ...series }))))
}

/** A message that once was refused as a whole: it goes the way of all messages, within this transaction. */
async function replayMessage(hub: Hub, client: PoolClient, entry: LockedEntry): Promise<Replay> {
  if (!entry.topic.endsWith('/up/batch')) return refused({ code: 'replay.only_batches' })
  let message: BatchMessage
  try {
    message = decodeBatch(entry.payload!)
  } catch (error) {
    return refused(undecodable(error))
  }
  const { gatewayId, topic, receivedAt } = entry
  const batch = { gatewayId, topic, payload: entry.payload!, receivedAt, message, ...spanOf(message) }
  await client.query('savepoint replay')
  try {
    const writer = new GroupWriter(hub.db, new PointDirectory())
    let result = await writer.writeIn(client, [batch])
    if (result.outcomes[0] === 'quarantined') {
      // Another batch has its number: it goes in under that of its entry
      const renumbered = { ...message, outbox: REPLAY_OUTBOX, sequence: Number(entry.id) }
      result = await writer.writeIn(client, [{ ...batch, message: renumbered }])
    }
    if (result.outcomes[0] === 'refused') return refused({ code: 'replay.gateway_revoked' })
    return { refusal: null, stored: result.events }
  } catch (error) {
    await client.query('rollback to savepoint replay')
    return refused({ code: 'ingest.poison', fault: error instanceof Error ? error.message : String(error) })
  }
}

const refused = (refusal: Reason): Replay => ({ refusal, stored: [] })

async function lockOpen(client: PoolClient, id: string): Promise<LockedEntry> {
  const entry = await lockEntry(client, id)
  if (entry?.state !== 'open') {
    throw fail(telemetryErrors.quarantineResolved, `It is ${entry?.state ?? 'gone'} already`, {
      state: entry?.state ?? null,
    })
  }
  return entry
}

async function entryOf(hub: Hub, user: CurrentUser, id: string): Promise<QuarantineRow> {
  const row = await findEntry(hub.db.pool, user, id, 'quarantine.resolve')
  if (!row) throw fail(telemetryErrors.quarantineNotFound, 'There is no such entry', { id })
  return row
}

const PREVIEW_CHARACTERS = 400

function toEntry({ head, batchId: _batchId, receivedAt, ...row }: QuarantineRow): HeldEntry {
  return { ...row, receivedAt: receivedAt.toISOString(), preview: previewOf(head, row.bytes) }
}

/** Text where it is text, be it compressed; else hexadecimal. */
function previewOf(head: Buffer, bytes: number): string {
  const text = textOf(head, bytes)
  if (text !== null) return text.slice(0, PREVIEW_CHARACTERS)
  return head.subarray(0, PREVIEW_CHARACTERS / 2).toString('hex')
}

function textOf(head: Buffer, bytes: number): string | null {
  try {
    const whole = head.length === bytes ? zstdDecompressSync(head, { maxOutputLength: 1024 * 1024 }) : null
    if (whole) return whole.toString('utf8')
  } catch {
    // Not compressed, or broken: shown as it is
  }
  const text = head.toString('utf8')
  // eslint-disable-next-line no-control-regex
  return /[\0-\x08\x0e-\x1f\ufffd]/.test(text) ? null : text
}
