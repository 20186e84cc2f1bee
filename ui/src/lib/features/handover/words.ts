import type { DefectState, DepositState, HandoverState, PermitState } from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { m } from '#lib/paraglide/messages.js'

type Words<K extends string> = Readonly<Record<K, () => string>>
type Tones<K extends string> = Readonly<Record<K, Tone>>

export const handoverStateWords: Words<HandoverState> = {
  planned: m.est_ho_planned,
  notified: m.est_ho_notified,
  appointed: m.est_ho_appointed,
  inspecting: m.est_ho_inspecting,
  completed: m.est_ho_completed,
  cancelled: m.est_ho_cancelled,
}
export const handoverTone: Tones<HandoverState> = {
  planned: 'neutral',
  notified: 'unknown',
  appointed: 'accent',
  inspecting: 'attention',
  completed: 'ok',
  cancelled: 'neutral',
}
export const defectStateWords: Words<DefectState> = {
  open: m.est_defect_open,
  fixing: m.est_defect_fixing,
  fixed: m.est_defect_fixed,
  accepted: m.est_defect_accepted,
  waived: m.est_defect_waived,
}
export const defectTone: Tones<DefectState> = {
  open: 'fault',
  fixing: 'attention',
  fixed: 'attention',
  accepted: 'ok',
  waived: 'neutral',
}
/** What can become of a defect, as the hub has it. */
export const defectNext: Readonly<Record<DefectState, readonly DefectState[]>> = {
  open: ['fixing', 'fixed', 'waived'],
  fixing: ['fixed', 'waived'],
  fixed: ['accepted', 'open'],
  accepted: ['open'],
  waived: ['open'],
}
export const permitStateWords: Words<PermitState> = {
  submitted: m.est_permit_submitted,
  approved: m.est_permit_approved,
  rejected: m.est_permit_rejected,
  working: m.est_permit_working,
  finished: m.est_permit_finished,
  closed: m.est_permit_closed,
  cancelled: m.est_permit_cancelled,
}
export const permitTone: Tones<PermitState> = {
  submitted: 'attention',
  approved: 'ok',
  rejected: 'fault',
  working: 'attention',
  finished: 'ok',
  closed: 'neutral',
  cancelled: 'neutral',
}
export const depositWords: Words<DepositState> = {
  none: m.est_deposit_none,
  due: m.est_deposit_due,
  held: m.est_deposit_held,
  refunded: m.est_deposit_refunded,
  kept: m.est_deposit_kept,
}
