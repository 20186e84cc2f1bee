import type { PortalPlace, PortalUsage, PortalBillDetail } from '@courtyard/protocols/contract'
import type { ApiError } from '#lib/api/api-error.ts'
import { m } from '#lib/paraglide/messages.js'

export type Medium = PortalUsage['medium']

export const mediumWords: Readonly<Record<Medium, () => string>> = {
  electricity: m.medium_electricity,
  water: m.medium_water,
  gas: m.medium_gas,
  heat: m.medium_heat,
  environment: m.medium_environment,
  equipment: m.medium_equipment,
}
export const mediumColour: Readonly<Record<Medium, string>> = {
  electricity: 'var(--electricity)',
  water: 'var(--water)',
  gas: 'var(--gas)',
  heat: 'var(--heat)',
  environment: 'var(--accent)',
  equipment: 'var(--ink-3)',
}

const roles: Readonly<Record<Exclude<PortalPlace['role'], 'invited'>, () => string>> = {
  owner: m.portal_role_owner,
  coOwner: m.portal_role_co_owner,
  tenant: m.portal_role_tenant,
  family: m.portal_role_family,
  resident: m.portal_role_resident,
  contact: m.portal_role_contact,
}
export const roleText = ({ role, invitedBy }: PortalPlace): string =>
  role === 'invited' ? m.portal_role_invited({ name: invitedBy ?? '' }) : roles[role]()

export const roomName = ({ building, room }: PortalPlace): string => `${building.name} ${room.code}`

export const stateWords: Readonly<Record<PortalUsage['bars'][number]['state'], () => string>> = {
  measured: m.portal_state_measured,
  estimated: m.portal_state_estimated,
  part: m.portal_state_part,
  none: m.portal_state_none,
}

type Boundary = PortalBillDetail['segments'][number]['from']

/** Where an index comes from, as an owner would say it. */
export function readingText({ method, reads }: Boundary): string {
  if (method === 'interpolated') return m.portal_read_between()
  if (method === 'installation') return m.portal_read_installed()
  const source = reads[0]?.source
  if (source === 'feed') return m.portal_read_feed()
  return source === 'estimate' ? m.portal_read_guess() : m.portal_read_person()
}

/** What happened and what to do, in few words. */
export function portalError(error: ApiError): string {
  const { code, status, details } = error
  if (code === 'network') return m.portal_error_network()
  if (code === 'portal.bad_code' || error.issueAt('code')) return m.portal_error_code()
  if (error.issueAt('phone')) return m.portal_error_phone()
  if (status === 429) return m.portal_error_wait({ seconds: String(details['retryAfterSeconds'] ?? 60) })
  if (code === 'portal.already_invited') return m.portal_error_invited()
  if (code === 'portal.too_many_invited') return m.portal_error_many()
  if (status === 403) return m.portal_error_not_shown()
  if (status === 404) return m.portal_error_gone()
  return status >= 500 ? m.portal_error_server() : m.portal_error_other()
}

/** Whether the sum itself would be another one with more readings; how it is spread over the days does not matter. */
export function restsOnEstimate({ segments }: PortalBillDetail): boolean {
  return segments
    .flatMap(({ from, to }) => [from, to])
    .some(
      ({ method, reads }) => method === 'interpolated' || reads.some(({ source }) => source === 'estimate'),
    )
}
