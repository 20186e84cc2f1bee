/** Lists events as the contract shows them. */
import type { DeviceEvent, EventType, StoredEvent } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { cursorText, parseCursor } from './domain/cursor.ts'
import { eventTypes } from './domain/event-tables.ts'
import { eventErrors } from './errors.ts'
import { listEvents, type EventRow } from './events.repository.ts'

export interface EventsQuery {
  readonly projectId?: string | undefined
  readonly deviceId?: string | undefined
  readonly type?: EventType | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly q?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** @throws AppError `events.cursor_invalid` */
export async function pageOfEvents(
  hub: Hub,
  user: CurrentUser,
  { type, cursor, limit, ...query }: EventsQuery,
): Promise<{ items: z.infer<typeof StoredEvent>[]; nextCursor: string | null }> {
  const after = cursor === undefined ? null : parseCursor(cursor)
  if (cursor !== undefined && !after) throw fail(eventErrors.cursorInvalid, 'This cursor is none of ours')
  const types = type ? [type] : eventTypes
  // One more tells whether there is a next page
  const rows = await listEvents(hub.db.pool, user, { ...query, types, after, limit: limit + 1 })
  const items = rows.slice(0, limit)
  const last = rows.length > limit ? items.at(-1) : undefined
  return { items: items.map(toStoredEvent), nextCursor: last ? cursorText(last) : null }
}

function toStoredEvent(row: EventRow): z.infer<typeof StoredEvent> {
  const { projectId, gatewayId, deviceId, deviceName, batchId } = row
  return {
    // Ids are those of a table
    id: `${row.type}-${row.id}`,
    projectId,
    gatewayId,
    deviceId,
    deviceName,
    batchId,
    at: new Date(row.atMs).toISOString(),
    receivedAt: row.receivedAt.toISOString(),
    event: toEvent(row),
  }
}

/** What the device said, put together again: columns that are null were not said. */
function toEvent({ type, eventId, deviceKey, atMs, fields }: EventRow): DeviceEvent {
  const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
  return { id: eventId, device: deviceKey, atMs, type, ...said } as DeviceEvent
}
