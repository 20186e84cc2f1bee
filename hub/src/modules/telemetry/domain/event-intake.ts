/** Decides which events of a batch go in and which are held back, and why. */
import type { DeviceEvent } from '@courtyard/protocols/contract'
import type { TelemetryReason } from '../reasons.ts'
import { describeInstant, EARLIEST_MS, MAX_AHEAD_MS } from './intake.ts'

export interface KnownDevice {
  readonly id: string
  readonly name: string
}
export type DeviceLookup = (key: string) => KnownDevice | undefined

export interface TakenEvent {
  readonly device: KnownDevice
  readonly event: DeviceEvent
}

/** Events of one device that stay in the quarantine. */
export interface HeldEvents {
  readonly device: string
  readonly why: 'deviceUnknown' | 'timeOutOfRange'
  /** Of the first of them. */
  readonly reason: TelemetryReason
  readonly events: number
}

export interface EventIntake {
  readonly taken: TakenEvent[]
  /** One per device. */
  readonly held: HeldEvents[]
}

/**
 * Unlike a series an event stands for itself: the good ones of a device go in beside a bad one. Replay hands in all
 * of the device once more, which changes nothing for those that are in.
 */
export function takeEvents(
  events: readonly DeviceEvent[],
  lookup: DeviceLookup,
  receivedMs: number,
): EventIntake {
  const taken: TakenEvent[] = []
  const held = new Map<string, HeldEvents>()
  for (const event of events) {
    const device = lookup(event.device)
    const fault = findFault(event, device, receivedMs)
    if (!fault) {
      taken.push({ device: device!, event })
      continue
    }
    const before = held.get(event.device) ?? { device: event.device, ...fault, events: 0 }
    held.set(event.device, { ...before, events: before.events + 1 })
  }
  return { taken, held: [...held.values()] }
}

function findFault(
  event: DeviceEvent,
  device: KnownDevice | undefined,
  receivedMs: number,
): Pick<HeldEvents, 'why' | 'reason'> | null {
  if (!device) {
    return { why: 'deviceUnknown', reason: { code: 'ingest.device_unknown', device: event.device } }
  }
  if (event.atMs >= EARLIEST_MS && event.atMs <= receivedMs + MAX_AHEAD_MS) return null
  const at = describeInstant(event.atMs)
  return {
    why: 'timeOutOfRange',
    reason: { code: 'ingest.event_time_out_of_range', device: event.device, event: event.id, at },
  }
}
