/** Words for roles, keys and what happened. */
import type { HouseholdEvent, KeyKind, PartyRoleKind, Settlement } from '@courtyard/protocols/contract'
import { m } from '#lib/paraglide/messages.js'

type Words<K extends string> = Readonly<Record<K, () => string>>

export const roleWords: Words<PartyRoleKind> = {
  owner: m.est_role_owner,
  coOwner: m.est_role_co_owner,
  family: m.est_role_family,
  resident: m.est_role_resident,
  tenant: m.est_role_tenant,
  contact: m.est_role_contact,
}
export const keyWords: Words<KeyKind> = {
  door: m.est_key_door,
  mailbox: m.est_key_mailbox,
  card: m.est_key_card,
  remote: m.est_key_remote,
  other: m.est_key_other,
}
export const settlementWords: Words<Settlement> = {
  nothingDue: m.est_settle_nothing,
  staysWithSeller: m.est_settle_seller,
  takenOver: m.est_settle_buyer,
}
export const eventWords: Words<HouseholdEvent['kind']> = {
  movedIn: m.est_event_moved_in,
  movedOut: m.est_event_moved_out,
  roleBegan: m.est_event_role_began,
  roleEnded: m.est_event_role_ended,
  ownerChanged: m.est_event_owner_changed,
  handedOver: m.est_event_handed_over,
  keysGiven: m.est_event_keys_given,
  keysReturned: m.est_event_keys_returned,
  vehicleRegistered: m.est_event_vehicle,
  note: m.est_event_note,
  call: m.est_event_call,
  edited: m.est_event_edited,
}

export const isRole = (text: string): text is PartyRoleKind => Object.hasOwn(roleWords, text)
const isSettlement = (text: string): text is Settlement => Object.hasOwn(settlementWords, text)

/** Details of events are codes for some kinds and words of people for others. */
export function detailText(event: HouseholdEvent): string {
  const { kind, detail } = event
  if (detail === null || kind === 'edited') return ''
  if ((kind === 'roleBegan' || kind === 'roleEnded') && isRole(detail)) return roleWords[detail]()
  if (kind === 'ownerChanged' && isSettlement(detail)) return settlementWords[detail]()
  return detail
}
