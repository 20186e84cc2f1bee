/** Writes events, each once, in the transaction of the batch that brings them. */
import type { PoolClient } from 'pg'
import type { DeviceEvent, EventType } from '@courtyard/protocols/contract'
import { emitEvents } from '../../platform/webhooks/index.ts'
import { eventTables, eventTypes } from './domain/event-tables.ts'

type Client = PoolClient

/** An event of a device that the hub knows. */
export interface NewEvent {
  readonly projectId: string
  readonly gatewayId: string
  readonly deviceId: string
  readonly deviceName: string
  readonly receivedAt: Date
  /** The batch whose bytes are the evidence. */
  readonly batchId: bigint
  readonly event: DeviceEvent
}

/** An event that was not there before. */
export interface StoredEventRef {
  readonly projectId: string
  readonly gatewayId: string
  /** Key of the device, and id that the gateway gave to the event. */
  readonly key: string
  readonly eventId: string
  readonly deviceId: string
  readonly type: EventType
  readonly at: Date
}

/**
 * Events that are there already (same gateway, device key and id) are left as they are.
 * @returns those that are new
 */
export async function storeEvents(client: Client, events: readonly NewEvent[]): Promise<StoredEventRef[]> {
  const stored: StoredEventRef[] = []
  for (const type of eventTypes) {
    const ofType = events.filter(({ event }) => event.type === type)
    if (ofType.length > 0) stored.push(...(await insertOfType(client, type, ofType)))
  }
  await addCounts(client, stored)
  await tellOthers(client, events, stored)
  return stored
}

/** Of who passed a door other systems learn that somebody did; who it was they ask for by their own rights. */
async function tellOthers(
  client: Client,
  events: readonly NewEvent[],
  stored: readonly StoredEventRef[],
): Promise<void> {
  const passed = stored.filter(({ type }) => type === 'access')
  if (passed.length === 0) return
  const keyOf = (gatewayId: string, key: string, id: string) => [gatewayId, key, id].join('\n')
  const known = new Map(
    events.map((one) => [keyOf(one.gatewayId, one.event.device, one.event.id), one.event]),
  )
  await emitEvents(client, events[0]!.receivedAt, ['access.recorded'], () =>
    passed.map(({ projectId, gatewayId, deviceId, key, eventId, at }) => {
      const event = known.get(keyOf(gatewayId, key, eventId))
      const seen =
        event?.type === 'access'
          ? {
              door: event.door,
              granted: event.granted,
              direction: event.direction,
              credential: event.credential,
            }
          : {}
      const data = { gatewayId, deviceId, deviceKey: key, eventId, at: at.toISOString(), ...seen }
      return { type: 'access.recorded', projectId, data }
    }),
  )
}

async function insertOfType(
  client: Client,
  type: EventType,
  events: readonly NewEvent[],
): Promise<StoredEventRef[]> {
  const { name, columns } = eventTables[type]
  const fields = Object.entries(columns)
  const names = fields.map(([, column]) => column.name).join(', ')
  const values = fields.map(([field, column]) => castOf(field, column.sql)).join(', ')
  const { rows } = await client.query<StoredEventRef>(
    `insert into ${name} (project_id, gateway_id, device_id, device_key, device_name, event_id, at, received_at,
       batch_id, ${names})
     select "projectId", "gatewayId", "deviceId", event->>'device', "deviceName", event->>'id',
       timestamptz 'epoch' + (event->>'atMs')::bigint * interval '1 millisecond', "receivedAt", "batchId", ${values}
     from jsonb_to_recordset($1::jsonb) as e ("projectId" uuid, "gatewayId" uuid, "deviceId" uuid,
       "deviceName" text, "receivedAt" timestamptz, "batchId" bigint, event jsonb)
     -- In one order everywhere: two writers then can't wait for each other in a ring
     order by "gatewayId", event->>'device', event->>'id'
     on conflict (gateway_id, device_key, event_id) do nothing
     returning project_id as "projectId", gateway_id as "gatewayId", device_key as key, event_id as "eventId",
       device_id as "deviceId", '${type}' as type, at`,
    [storableJson(events)],
  )
  return rows
}

function castOf(field: string, sql: string): string {
  return sql === 'text' ? `event->>'${field}'` : `(event->>'${field}')::${sql}`
}

/** PostgreSQL keeps neither NUL nor halves of surrogate pairs. */
function storableJson(events: readonly NewEvent[]): string {
  return JSON.stringify(events, (_, value: unknown) => {
    if (typeof value === 'string') return value.replaceAll('\0', '\u{fffd}').toWellFormed()
    return typeof value === 'bigint' ? value.toString() : value
  })
}

async function addCounts(client: Client, stored: readonly StoredEventRef[]): Promise<void> {
  if (stored.length === 0) return
  await client.query(
    `insert into event_count as c (project_id, type, at, count)
     select project_id, type, date_bin('15 minutes', at, timestamptz 'epoch') as quarter, count(*)
     from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as e (project_id, type, at)
     group by project_id, type, quarter order by project_id, type, quarter
     on conflict (project_id, type, at) do update set count = c.count + excluded.count`,
    [stored.map((e) => e.projectId), stored.map((e) => e.type), stored.map((e) => e.at.toISOString())],
  )
}

/** A device as events name it. */
export interface EventDevice {
  readonly id: string
  readonly gatewayId: string
  readonly key: string
  readonly name: string
}

/** Devices by key, also those that a catalogue no longer lists. */
export async function devicesOf(
  client: Client,
  wanted: readonly { gatewayId: string; key: string }[],
): Promise<EventDevice[]> {
  const { rows } = await client.query<EventDevice>(
    `select d.id, d.gateway_id as "gatewayId", d.key, d.name from device d
     join unnest($1::uuid[], $2::text[]) as w (gateway_id, key) on w.gateway_id = d.gateway_id and w.key = d.key`,
    [wanted.map((w) => w.gatewayId), wanted.map((w) => w.key.replaceAll('\0', '\u{fffd}'))],
  )
  return rows
}
