import { registerReasons, type ReasonOf } from '../../platform/reasons/reason.ts'

/** Why a handover, a change of owner or a permit does not go on. */
export const handoverReasons = registerReasons({
  'handover.no_party': { zh: '尚未填写接房人', en: 'Nobody takes the room over yet' },
  'handover.not_looked': { zh: '还有 {count} 项未查验', en: '{count} items were not looked at' },
  'handover.not_read': { zh: '还有 {count} 块表未抄', en: '{count} meters were not read' },
  'handover.no_rooms': { zh: '没有待交付的房间', en: 'No room waits to be handed over' },
  'handover.end_first': { zh: '结束日期不能早于开始日期', en: 'It ends before it begins' },
  'handover.other_owner': {
    zh: '房间已有业主 {name}，请先核对',
    en: '{name} is the owner of the room already',
  },
  'handover.other_meter': { zh: '不是这个房间的表', en: 'Not a meter of this room' },
  'permit.wrong_state': { zh: '当前状态不能这样操作', en: 'This cannot be done in its present state' },
  'permit.deposit_missing': { zh: '押金未收，不能开工', en: 'Work begins when the deposit is in' },
  'permit.not_inspected': {
    zh: '最近一次巡查未合格，不能完工',
    en: 'Work ends after an inspection that found nothing',
  },
  'permit.in_process': {
    zh: '流程进行中，押金在流程里结算',
    en: 'Its process runs: the deposit is settled there',
  },
  'permit.deposit_state': { zh: '押金状态不允许此操作', en: 'Not with the deposit in its present state' },
  'permit.still_working': { zh: '施工中，押金不能结算', en: 'The deposit is settled when work has ended' },
  'permit.refund_too_much': { zh: '退款不能超过押金', en: 'More than the deposit cannot be given back' },
  'permit.pass_outside': {
    zh: '出入证日期必须在施工期 {from} 至 {to} 内',
    en: 'A pass counts between {from} and {to} at most',
  },
  'ownerChange.same_owner': { zh: '此人已是业主', en: 'This person is the owner already' },
  'ownerChange.amount_changed': {
    zh: '欠费已变为 {amount} 元，请重新确认',
    en: 'Unpaid is {amount} by now: look again',
  },
  'ownerChange.unpaid': {
    zh: '欠费 {amount} 元：请说明由原业主结清还是新业主承担',
    en: '{amount} is unpaid: say who pays',
  },
  'ownerChange.nothing_due': { zh: '没有欠费，无需说明', en: 'Nothing is due' },
  'ownerChange.needs_account': {
    zh: '新业主承担欠费时，必须沿用原户号',
    en: 'To take the bills over, the account has to go on',
  },
  'ownerChange.needs_new_account': {
    zh: '欠费留给原业主时，新业主需要新户号',
    en: 'Bills that stay with the seller need another account for the buyer',
  },
})

export type HandoverReason = ReasonOf<typeof handoverReasons>
