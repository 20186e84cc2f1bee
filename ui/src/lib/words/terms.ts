/** Words for the codes of the contract, in the language of the person. */
import type {
  BillRun,
  DeviceDetail,
  Gateway,
  IntervalStatus,
  MeteringPoint,
  QuarantineEntry,
  Records,
  RegisterRead,
  Household,
  Building,
  BillLine,
} from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'

type Words<K extends string> = Readonly<Record<K, () => string>>
export type Medium = MeteringPoint['medium']

export const mediumWords: Words<Medium> = {
  electricity: m.medium_electricity,
  water: m.medium_water,
  gas: m.medium_gas,
  heat: m.medium_heat,
  environment: m.medium_environment,
  equipment: m.medium_equipment,
}
/** CSS colour of a medium in charts and icons. */
export const mediumColour: Readonly<Record<Medium, string>> = {
  electricity: 'var(--electricity)',
  water: 'var(--water)',
  gas: 'var(--gas)',
  heat: 'var(--heat)',
  environment: 'var(--accent)',
  equipment: 'var(--ink-3)',
}

export const meteringRoleWords: Words<MeteringPoint['role']> = {
  household: m.role_household,
  shop: m.role_shop,
  lift: m.role_lift,
  pump: m.role_pump,
  lighting: m.role_lighting,
  buildingTotal: m.role_building_total,
  siteTotal: m.role_site_total,
  other: m.role_other,
}

export const intervalWords: Words<IntervalStatus> = {
  measured: m.interval_measured,
  estimated: m.interval_estimated,
  rollover: m.interval_rollover,
  replaced: m.interval_replaced,
  gap: m.interval_gap,
  held: m.interval_held,
}
export const intervalTone: Readonly<Record<IntervalStatus, Tone>> = {
  measured: 'ok',
  estimated: 'attention',
  rollover: 'accent',
  replaced: 'accent',
  gap: 'unknown',
  held: 'fault',
}

export const deviceWords: Words<DeviceDetail['state']> = {
  online: m.state_online,
  degraded: m.state_degraded,
  offline: m.state_offline,
  unknown: m.state_unknown,
}
export const deviceTone: Readonly<Record<DeviceDetail['state'], Tone>> = {
  online: 'ok',
  degraded: 'attention',
  offline: 'fault',
  unknown: 'unknown',
}

export const gatewayWords: Words<Gateway['state']> = {
  awaitingEnrolment: m.state_awaiting,
  online: m.state_online,
  offline: m.state_offline,
  revoked: m.state_revoked,
}
export const gatewayTone: Readonly<Record<Gateway['state'], Tone>> = {
  awaitingEnrolment: 'attention',
  online: 'ok',
  offline: 'fault',
  revoked: 'unknown',
}

export const runWords: Words<BillRun['status']> = {
  computing: m.run_computing,
  previewed: m.run_previewed,
  issuing: m.run_issuing,
  issued: m.run_issued,
  failed: m.run_failed,
  cancelled: m.run_cancelled,
}
export const runTone: Readonly<Record<BillRun['status'], Tone>> = {
  computing: 'accent',
  previewed: 'attention',
  issuing: 'accent',
  issued: 'ok',
  failed: 'fault',
  cancelled: 'unknown',
}

export const recordsWords: Words<Records> = {
  all: m.sys_records_all,
  department: m.sys_records_department,
  own: m.sys_records_own,
}

export const sourceWords: Words<RegisterRead['source']> = {
  feed: m.source_feed,
  manual: m.source_manual,
  phone: m.source_phone,
  import: m.source_import,
  estimate: m.source_estimate,
}

export const quarantineWords: Words<QuarantineEntry['state']> = {
  open: m.quarantine_open,
  replayed: m.quarantine_replayed,
  discarded: m.quarantine_discarded,
}

export const roomKindWords: Words<Building['rooms'][number]['kind']> = {
  flat: m.room_flat,
  shop: m.room_shop,
  common: m.room_common,
  office: m.room_office,
  basement: m.room_basement,
  storage: m.room_storage,
  advertising: m.room_advertising,
  parking: m.room_parking,
}
export const householdKindWords: Words<Household['kind']> = {
  residential: m.household_residential,
  commercial: m.household_commercial,
  property: m.household_property,
}

export const bandWords: Words<NonNullable<BillLine['band']>> = {
  sharp: m.band_sharp,
  peak: m.band_peak,
  flat: m.band_flat,
  valley: m.band_valley,
  deepValley: m.band_deep_valley,
}

/** Quality codes of a reading: 0 good … 5 connection lost. */
export function qualityWord(quality: number): string {
  const words = [
    m.quality_good,
    m.quality_uncertain,
    m.quality_invalid,
    m.quality_timeout,
    m.quality_refused,
    m.quality_disconnected,
  ]
  return (words[quality] ?? m.state_unknown)()
}
export const qualityTone = (quality: number): Tone =>
  quality === 0 ? 'ok' : quality === 1 ? 'attention' : 'fault'
