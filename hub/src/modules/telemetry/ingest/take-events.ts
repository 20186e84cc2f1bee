/** Events of new batches: looked up, stored, or held, in the transaction of their batches. */
import type { PoolClient } from 'pg'
import type { DeviceEvent } from '@courtyard/protocols/contract'
import { devicesOf, storeEvents, type NewEvent, type StoredEventRef } from '../../events/index.ts'
import { takeEvents, type DeviceLookup, type HeldEvents } from '../domain/event-intake.ts'

/** Where some events come from. */
export interface EventSource {
  readonly batchId: bigint
  readonly projectId: string
  readonly gatewayId: string
  readonly receivedAt: Date
  /** Nothing beyond a day after this goes in. */
  readonly asOf: Date
  readonly events: readonly DeviceEvent[]
}

export interface EventsTaken {
  readonly stored: StoredEventRef[]
  /** By position of the source. */
  readonly held: HeldEvents[][]
}

export async function takeEventsIn(
  client: PoolClient,
  sources: readonly EventSource[],
): Promise<EventsTaken> {
  if (!sources.some(({ events }) => events.length > 0)) return { stored: [], held: sources.map(() => []) }
  const lookupOf = await readDevices(client, sources)
  const taken: NewEvent[] = []
  const held = sources.map(({ events, asOf, ...source }) => {
    const intake = takeEvents(events, lookupOf(source.gatewayId), asOf.getTime())
    for (const { device, event } of intake.taken) {
      taken.push({ ...source, deviceId: device.id, deviceName: device.name, event })
    }
    return intake.held
  })
  return { stored: await storeEvents(client, taken), held }
}

async function readDevices(
  client: PoolClient,
  sources: readonly EventSource[],
): Promise<(gatewayId: string) => DeviceLookup> {
  const keyOf = (gatewayId: string, key: string) => `${gatewayId}/${key}`
  const wanted = new Map<string, { gatewayId: string; key: string }>()
  for (const { gatewayId, events } of sources) {
    for (const { device: key } of events) wanted.set(keyOf(gatewayId, key), { gatewayId, key })
  }
  const devices = await devicesOf(client, [...wanted.values()])
  const byKey = new Map(devices.map((device) => [keyOf(device.gatewayId, device.key), device]))
  return (gatewayId) => (key) => byKey.get(keyOf(gatewayId, key))
}
