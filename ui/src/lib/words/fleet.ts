/** Words for gateways, commands and events, in the language of the person. */
import type {
  CommandBody,
  ConfigRevision,
  DeviceCommandView,
  DeviceEvent,
  EventType,
} from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'

type Words<K extends string> = Readonly<Record<K, () => string>>
type Tones<K extends string> = Readonly<Record<K, Tone>>

export const configWords: Words<ConfigRevision['state']> = {
  draft: m.config_draft,
  pending: m.config_pending,
  running: m.config_running,
  refused: m.config_refused,
  rolledBack: m.config_rolled_back,
  superseded: m.config_superseded,
}
export const configTone: Tones<ConfigRevision['state']> = {
  draft: 'unknown',
  pending: 'accent',
  running: 'ok',
  refused: 'fault',
  rolledBack: 'fault',
  superseded: 'unknown',
}

type CommandState = DeviceCommandView['state']
export const commandWords: Words<CommandState> = {
  awaitingApproval: m.command_awaiting,
  queued: m.command_queued,
  sent: m.command_sent,
  acknowledged: m.command_acknowledged,
  confirmed: m.command_confirmed,
  failed: m.command_failed,
  expired: m.command_expired,
  rejected: m.command_rejected,
  cancelled: m.command_cancelled,
}
export const commandTone: Tones<CommandState> = {
  awaitingApproval: 'attention',
  queued: 'accent',
  sent: 'accent',
  acknowledged: 'ok',
  confirmed: 'ok',
  failed: 'fault',
  expired: 'attention',
  rejected: 'unknown',
  cancelled: 'unknown',
}
/** States of a command and the steps that a gateway reports between them. */
export function commandStepWord(state: string): string {
  const between: Readonly<Record<string, () => string>> = {
    received: m.command_received,
    executing: m.command_executing,
    approved: m.command_approved,
  }
  return ((commandWords as Readonly<Record<string, () => string>>)[state] ?? between[state])?.() ?? state
}

export const kindWords: Words<CommandBody['kind']> = {
  relay: m.kind_relay,
  valve: m.kind_valve,
  door: m.kind_door,
  barrier: m.kind_barrier,
  clock: m.kind_clock,
  setpoint: m.kind_setpoint,
  write: m.kind_write,
  people: m.kind_people,
  plates: m.kind_plates,
}

export const eventTypes = ['access', 'attendance', 'door', 'vehicle', 'alarm'] as const satisfies EventType[]
export const eventWords: Words<EventType> = {
  access: m.event_access,
  attendance: m.event_attendance,
  door: m.event_door,
  vehicle: m.event_vehicle,
  alarm: m.event_alarm,
}
/** CSS colour of a type in charts. */
export const eventColour: Readonly<Record<EventType, string>> = {
  access: 'var(--accent)',
  attendance: 'var(--water)',
  door: 'var(--gas)',
  vehicle: 'var(--electricity)',
  alarm: 'var(--heat)',
}

type EventOf<T extends EventType> = Extract<DeviceEvent, { type: T }>
export const credentialWords: Words<EventOf<'access'>['credential']> = {
  card: m.credential_card,
  fingerprint: m.credential_fingerprint,
  face: m.credential_face,
  palm: m.credential_palm,
  pin: m.credential_pin,
  qr: m.credential_qr,
  button: m.credential_button,
  remote: m.credential_remote,
  plate: m.credential_plate,
  unknown: m.state_unknown,
}
export const punchWords: Words<EventOf<'attendance'>['punch']> = {
  checkIn: m.punch_check_in,
  checkOut: m.punch_check_out,
  breakOut: m.punch_break_out,
  breakIn: m.punch_break_in,
  overtimeIn: m.punch_overtime_in,
  overtimeOut: m.punch_overtime_out,
  unspecified: m.punch_unspecified,
}
export const doorWords: Words<EventOf<'door'>['state']> = {
  opened: m.door_opened,
  closed: m.door_closed,
  locked: m.door_locked,
  unlocked: m.door_unlocked,
  forced: m.door_forced,
  heldOpen: m.door_held_open,
  tampered: m.door_tampered,
  exitButton: m.door_exit_button,
}
export const doorTone: Tones<EventOf<'door'>['state']> = {
  opened: 'unknown',
  closed: 'unknown',
  locked: 'unknown',
  unlocked: 'accent',
  forced: 'fault',
  heldOpen: 'attention',
  tampered: 'fault',
  exitButton: 'accent',
}
export const severityTone: Tones<EventOf<'alarm'>['severity']> = {
  info: 'accent',
  warning: 'attention',
  critical: 'fault',
}
export const severityWords: Words<EventOf<'alarm'>['severity']> = {
  info: m.severity_info,
  warning: m.severity_attention,
  critical: m.severity_critical,
}
type Colour = NonNullable<EventOf<'vehicle'>['plateColor']>
export const plateColourWords: Words<Colour> = {
  blue: m.plate_blue,
  yellow: m.plate_yellow,
  green: m.plate_green,
  white: m.plate_white,
  black: m.plate_black,
  other: m.plate_other,
}
export const plateListWords: Words<NonNullable<EventOf<'vehicle'>['list']>> = {
  allow: m.plate_list_allow,
  block: m.plate_list_block,
  none: m.plate_list_none,
}
