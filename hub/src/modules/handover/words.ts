/** What is done here, as the log of operations says it. */
import { registerAuditVerbs } from '../../platform/audit/audit-words.ts'
import type { Texts } from '../../platform/reasons/reason.ts'
import type { HandoverStep } from './domain/handover-steps.ts'
import type { PermitAction } from './domain/permit-steps.ts'

const verbs: Readonly<Record<HandoverStep | PermitAction, Texts>> = {
  notify: { zh: '通知', en: 'notified' },
  appoint: { zh: '预约', en: 'appointed' },
  inspect: { zh: '验收', en: 'inspected' },
  terms: { zh: '登记约定事项', en: 'noted what was agreed' },
  read: { zh: '抄表', en: 'took a reading' },
  complete: { zh: '办结', en: 'completed' },
  cancel: { zh: '取消', en: 'cancelled' },
  approve: { zh: '批准', en: 'approved' },
  takeDeposit: { zh: '收取押金', en: 'took the deposit' },
  begin: { zh: '开始', en: 'began' },
  finish: { zh: '结束', en: 'finished' },
}

registerAuditVerbs(verbs)
