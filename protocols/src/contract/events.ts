/**
 * Things that happen at a device, as against values that are read: a card at a door, a punch at a terminal, a car in
 * a lane. They travel in the same batches as readings, with the same guarantee.
 *
 * `id` is the event's identity at its device. It is made from what the device itself says about the event (its
 * serial number, or person, instant and kind), so that the same event read twice (pushed live and read again from
 * the device's log) is stored once.
 */
import * as z from 'zod'

const text = (max: number) => z.string().min(1).max(max)
const base = {
  /** Unique at the device, for ever; never a counter of the agent. */
  id: text(160),
  /** Key of the device at the gateway. */
  device: text(64),
  /** Instant, milliseconds since the epoch, UTC; the device's own clock where it has one. */
  atMs: z.number().int().safe(),
}

export const Credential = z.enum(['card', 'fingerprint', 'face', 'palm', 'pin', 'qr', 'button', 'remote', 'plate', 'unknown']) // prettier-ignore
export type Credential = z.infer<typeof Credential>

/** Somebody asked a door to open, and what it answered. */
export const AccessEvent = z.strictObject({
  ...base,
  type: z.literal('access'),
  /** Door or reader at the device, such as `1`. */
  door: text(40),
  granted: z.boolean(),
  credential: Credential,
  /** Number of the person at the device; absent when nobody was recognised. */
  person: text(64).optional(),
  personName: text(100).optional(),
  card: text(40).optional(),
  direction: z.enum(['in', 'out']).optional(),
  /** Why it was denied, in the device's words. */
  reason: text(200).optional(),
  /** Picture on the gateway's disk; asked for by this key. */
  picture: text(120).optional(),
})
export type AccessEvent = z.infer<typeof AccessEvent>

/** A punch at an attendance terminal. */
export const AttendanceEvent = z.strictObject({
  ...base,
  type: z.literal('attendance'),
  person: text(64),
  personName: text(100).optional(),
  credential: Credential,
  punch: z.enum(['checkIn', 'checkOut', 'breakOut', 'breakIn', 'overtimeIn', 'overtimeOut', 'unspecified']),
  workCode: text(40).optional(),
})
export type AttendanceEvent = z.infer<typeof AttendanceEvent>

/** What became of a door by itself. */
export const DoorEvent = z.strictObject({
  ...base,
  type: z.literal('door'),
  door: text(40),
  state: z.enum(['opened', 'closed', 'locked', 'unlocked', 'forced', 'heldOpen', 'tampered', 'exitButton']),
})
export type DoorEvent = z.infer<typeof DoorEvent>

/** A vehicle in a lane. */
export const VehicleEvent = z.strictObject({
  ...base,
  type: z.literal('vehicle'),
  lane: text(40),
  direction: z.enum(['in', 'out']),
  /** As read; empty when the camera saw a vehicle and no plate. */
  plate: z.string().max(20),
  plateColor: z.enum(['blue', 'yellow', 'green', 'white', 'black', 'other']).optional(),
  vehicleType: text(40).optional(),
  /** 0–100, the camera's own. */
  confidence: z.number().min(0).max(100).optional(),
  /** The camera's list that the plate stands on. */
  list: z.enum(['allow', 'block', 'none']).optional(),
  picture: text(120).optional(),
})
export type VehicleEvent = z.infer<typeof VehicleEvent>

/** The device reports a fault or danger, or that it is over. */
export const AlarmEvent = z.strictObject({
  ...base,
  type: z.literal('alarm'),
  /** Stable name of the alarm at this kind of device, such as `tamper` or `linkDown.3`. */
  code: text(80),
  severity: z.enum(['info', 'warning', 'critical']),
  state: z.enum(['raised', 'cleared']),
  message: text(300),
})
export type AlarmEvent = z.infer<typeof AlarmEvent>

export const DeviceEvent = z.discriminatedUnion('type', [
  AccessEvent,
  AttendanceEvent,
  DoorEvent,
  VehicleEvent,
  AlarmEvent,
])
export type DeviceEvent = z.infer<typeof DeviceEvent>
export const EventType = z.enum(['access', 'attendance', 'door', 'vehicle', 'alarm'])
export type EventType = z.infer<typeof EventType>
