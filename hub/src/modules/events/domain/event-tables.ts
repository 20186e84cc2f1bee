/** Which event goes into which table, and where each of its fields. The routes and the ingest both read this. */
import type { DeviceEvent, EventType } from '@courtyard/protocols/contract'

/** What every event has and no table keeps under its own name. */
type BaseField = 'id' | 'device' | 'atMs' | 'type'
type FieldOf<T extends EventType> = Exclude<keyof Extract<DeviceEvent, { type: T }>, BaseField>

export interface EventColumn {
  readonly name: string
  readonly sql: 'text' | 'boolean' | 'float8'
}

export interface EventTable {
  readonly name: string
  /** By field of the event. */
  readonly columns: Readonly<Record<string, EventColumn>>
  /** Columns that people search by; each has an index on its beginning. */
  readonly searched: readonly string[]
}

const text = (name: string): EventColumn => ({ name, sql: 'text' })

const access: Record<FieldOf<'access'>, EventColumn> = {
  door: text('door'),
  granted: { name: 'granted', sql: 'boolean' },
  credential: text('credential'),
  person: text('person'),
  personName: text('person_name'),
  card: text('card'),
  direction: text('direction'),
  reason: text('reason'),
  picture: text('picture'),
}
const attendance: Record<FieldOf<'attendance'>, EventColumn> = {
  person: text('person'),
  personName: text('person_name'),
  credential: text('credential'),
  punch: text('punch'),
  workCode: text('work_code'),
}
const door: Record<FieldOf<'door'>, EventColumn> = { door: text('door'), state: text('state') }
const vehicle: Record<FieldOf<'vehicle'>, EventColumn> = {
  lane: text('lane'),
  direction: text('direction'),
  plate: text('plate'),
  plateColor: text('plate_color'),
  vehicleType: text('vehicle_type'),
  confidence: { name: 'confidence', sql: 'float8' },
  list: text('list'),
  picture: text('picture'),
}
const alarm: Record<FieldOf<'alarm'>, EventColumn> = {
  code: text('code'),
  severity: text('severity'),
  state: text('state'),
  message: text('message'),
}

export const eventTables: Readonly<Record<EventType, EventTable>> = {
  access: { name: 'access_event', columns: access, searched: ['person', 'person_name', 'card', 'door'] },
  attendance: { name: 'attendance_event', columns: attendance, searched: ['person', 'person_name'] },
  door: { name: 'door_event', columns: door, searched: ['door'] },
  vehicle: { name: 'vehicle_event', columns: vehicle, searched: ['plate'] },
  alarm: { name: 'alarm_event', columns: alarm, searched: ['code'] },
}

/** In the order that breaks ties of instants, newest last. */
export const eventTypes = Object.keys(eventTables) as EventType[]
