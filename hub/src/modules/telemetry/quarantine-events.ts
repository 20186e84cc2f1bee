/** Replay of events that were held: all of a device in a batch once more; those that are in stay as they are. */
import type { PoolClient } from 'pg'
import { decodeBatch } from '@courtyard/protocols/wire'
import type { Hub } from '../../platform/module.ts'
import type { StoredEventRef } from '../events/index.ts'
import type { HeldEvents } from './domain/event-intake.ts'
import { heldCodes } from './errors.ts'
import { takeEventsIn } from './ingest/take-events.ts'
import {
  batchPayload,
  lockEventsOfBatch,
  noteFault,
  resolveEntries,
  type LockedEntry,
} from './quarantine.repository.ts'

export interface ReplayedEvents {
  /** How many entries that resolved. */
  readonly resolved: number
  /** What is new, also of entries that are still held in part; to be announced after the commit. */
  readonly stored: readonly StoredEventRef[]
}

/** Takes in the held events of a batch, as far as that is possible by now. */
export async function replayHeldEvents(
  hub: Hub,
  client: PoolClient,
  batchId: string,
): Promise<ReplayedEvents> {
  return replayEvents(hub, client, batchId, await lockEventsOfBatch(client, batchId))
}

export async function replayEvents(
  hub: Hub,
  client: PoolClient,
  batchId: string,
  entries: readonly LockedEntry[],
  onHeld?: (held: HeldEvents) => void,
): Promise<ReplayedEvents> {
  const batch = entries.length > 0 ? await batchPayload(client, batchId) : null
  if (!batch) return { resolved: 0, stored: [] }
  const now = hub.clock.now()
  const { projectId, gatewayId } = entries[0]!
  const devices = new Set(entries.map(({ device }) => device))
  const events = (decodeBatch(batch.payload).events ?? []).filter(({ device }) => devices.has(device))
  const { receivedAt } = batch
  const source = { batchId: BigInt(batchId), projectId, gatewayId, receivedAt, asOf: now, events }
  const { held, stored } = await takeEventsIn(client, [source])
  for (const still of held[0]!) {
    onHeld?.(still)
    const entry = entries.find(({ device }) => device === still.device)!
    await noteFault(client, entry.id, heldCodes[still.why], still.reason)
  }
  const open = new Set(events.map(({ device }) => device))
  for (const { device } of held[0]!) open.delete(device)
  const resolved = entries.filter(({ device }) => open.has(device!)).map(({ id }) => id)
  if (resolved.length > 0) {
    await resolveEntries(client, resolved, 'replayed', { who: 'catalogue', note: null, at: now })
  }
  return { resolved: resolved.length, stored }
}
