/** Replay of events that were held: all of a device in a batch once more; those that are in stay as they are. */
import type { PoolClient } from 'pg'
import { decodeBatch } from '@courtyard/protocols/wire'
import type { Hub } from '../../platform/module.ts'
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

/** Takes in the held events of a batch, as far as that is possible by now. @returns how many entries that resolved */
export async function replayHeldEvents(hub: Hub, client: PoolClient, batchId: string): Promise<number> {
  return replayEvents(hub, client, batchId, await lockEventsOfBatch(client, batchId))
}

export async function replayEvents(
  hub: Hub,
  client: PoolClient,
  batchId: string,
  entries: readonly LockedEntry[],
  onHeld?: (held: HeldEvents) => void,
): Promise<number> {
  const batch = entries.length > 0 ? await batchPayload(client, batchId) : null
  if (!batch) return 0
  const now = hub.clock.now()
  const { projectId, gatewayId } = entries[0]!
  const devices = new Set(entries.map(({ device }) => device))
  const events = (decodeBatch(batch.payload).events ?? []).filter(({ device }) => devices.has(device))
  const { receivedAt } = batch
  const source = { batchId: BigInt(batchId), projectId, gatewayId, receivedAt, asOf: now, events }
  const { held } = await takeEventsIn(client, [source])
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
  return resolved.length
}
