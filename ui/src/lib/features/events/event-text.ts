/** What an event says, in one line, and what stands beside it. */
import type { DeviceEvent, StoredEvent } from '@courtyard/protocols/contract'
import { instant } from '#lib/format/index.svelte.ts'
import {
  credentialWords,
  doorWords,
  eventWords,
  plateColourWords,
  plateListWords,
  punchWords,
  severityWords,
} from '#lib/words/fleet.ts'
import { m } from '#lib/paraglide/messages.js'

/** Who or what it is about: a name, a plate, a door, an alarm. */
export function eventSubject(event: DeviceEvent): string {
  switch (event.type) {
    case 'access':
      return (
        event.personName ??
        event.person ??
        (event.card ? m.event_card({ card: event.card }) : m.event_nobody())
      )
    case 'attendance':
      return event.personName ?? event.person
    case 'door':
      return m.event_door_of({ door: event.door })
    case 'vehicle':
      return event.plate === '' ? m.event_no_plate() : event.plate
    case 'alarm':
      return event.message
  }
}

/** What happened, without the subject. */
export function eventAction(event: DeviceEvent): string {
  switch (event.type) {
    case 'access':
      return event.granted ? m.event_granted() : m.event_denied()
    case 'attendance':
      return punchWords[event.punch]()
    case 'door':
      return doorWords[event.state]()
    case 'vehicle':
      return event.direction === 'in' ? m.event_entered() : m.event_left()
    case 'alarm':
      return event.state === 'raised' ? m.event_raised() : m.event_cleared()
  }
}

/** Everything else that is known, in the order of its weight. */
export function eventDetails(event: DeviceEvent): string[] {
  const known = (...texts: (string | undefined)[]): string[] =>
    texts.filter((text) => text !== undefined && text !== '') as string[]
  switch (event.type) {
    case 'access':
      return known(
        event.reason,
        m.event_door_of({ door: event.door }),
        event.direction && (event.direction === 'in' ? m.event_in() : m.event_out()),
        credentialWords[event.credential](),
        event.card && event.personName ? m.event_card({ card: event.card }) : undefined,
        event.person && event.personName ? m.event_person({ person: event.person }) : undefined,
      )
    case 'attendance':
      return known(
        credentialWords[event.credential](),
        event.personName ? m.event_person({ person: event.person }) : undefined,
        event.workCode && m.event_work_code({ code: event.workCode }),
      )
    case 'vehicle':
      return known(
        m.event_lane({ lane: event.lane }),
        event.plateColor && event.plate !== '' ? plateColourWords[event.plateColor]() : undefined,
        event.vehicleType,
        event.list && plateListWords[event.list](),
        event.confidence === undefined
          ? undefined
          : m.event_confidence({ percent: Math.round(event.confidence) }),
      )
    case 'alarm':
      return known(severityWords[event.severity](), event.code)
    case 'door':
      return []
  }
}

/** Rows for a spreadsheet; texts that begin like a formula are made harmless. */
export function eventsCsv(events: readonly StoredEvent[]): string {
  const head = [
    m.command_at(),
    m.config_device(),
    m.events_type(),
    m.events_subject(),
    m.events_action(),
    m.events_details(),
  ]
  const rows = events.map(({ at, deviceName, event }) => [
    instant(at, 'full'),
    deviceName,
    eventWords[event.type](),
    eventSubject(event),
    eventAction(event),
    eventDetails(event).join('; '),
  ])
  return [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n'
}

export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
