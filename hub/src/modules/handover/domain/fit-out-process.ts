/** How a fit-out goes from application to end, as it is until somebody publishes another way. */
import type { Candidate, Deadline, ProcessContent, ProcessStep } from '@courtyard/protocols/contract'

const role = (...codes: string[]): Candidate[] => codes.map((code) => ({ kind: 'role', role: code }))
const escalated: Deadline[] = [{ after: { hours: 18, working: true }, then: 'escalate', to: role('manager') }]
const marked: Deadline[] = [{ after: { hours: 18, working: true }, then: 'mark', to: [] }]
const hasDeposit = { anyOf: [{ allOf: [{ field: 'depositAmount', is: 'gt' as const, values: ['0'] }] }] }

const end = (
  key: string,
  zh: string,
  en: string,
  outcome: 'done' | 'refused',
): Extract<ProcessStep, { kind: 'end' }> => ({
  ...{ kind: 'end', key, name: { zh, en }, transitions: [], outcome },
})
const action = (key: string, zh: string, en: string, to: string): ProcessStep => ({
  ...{ kind: 'action', key, name: { zh, en }, action: key, transitions: [{ on: 'next', to }] },
})

const review: ProcessStep = {
  kind: 'approval',
  key: 'review',
  name: { zh: '工程审核', en: 'Technical review' },
  rule: 'one',
  withoutStarter: true,
  candidates: role('engineer'),
  deadlines: escalated,
  transitions: [
    { on: 'approved', to: 'approval' },
    { on: 'refused', to: 'rejected' },
    { on: 'sentBack', to: 'revise' },
  ],
}
const approval: ProcessStep = {
  kind: 'approval',
  key: 'approval',
  name: { zh: '经理审批', en: 'Approval by the manager' },
  rule: 'one',
  withoutStarter: true,
  candidates: role('manager'),
  deadlines: marked,
  transitions: [
    { on: 'approved', to: 'approve' },
    { on: 'refused', to: 'rejected' },
    { on: 'sentBack', to: 'revise' },
  ],
}
const revise: ProcessStep = {
  kind: 'task',
  key: 'revise',
  name: { zh: '修改申请', en: 'Put right' },
  instruction: {
    zh: '按审批意见修改后重新提交，或撤回申请。',
    en: 'Change what was asked for and submit again, or withdraw.',
  },
  candidates: [{ kind: 'starter' }],
  deadlines: [],
  edits: ['company', 'work', 'startsOn', 'endsOn', 'depositAmount'],
  transitions: [{ on: 'done', to: 'review' }],
}
const deposit: ProcessStep = {
  kind: 'task',
  key: 'deposit',
  name: { zh: '收取押金', en: 'Take the deposit' },
  instruction: { zh: '押金到账后办理。', en: 'Answer when the deposit is in.' },
  candidates: role('billingClerk'),
  deadlines: [],
  edits: [],
  transitions: [{ on: 'done', to: 'takeDeposit' }],
}
const work: ProcessStep = {
  kind: 'task',
  key: 'work',
  name: { zh: '施工与巡查', en: 'Work and inspections' },
  instruction: {
    zh: '施工期间发放出入证、登记巡查；完工后办理，进入验收。',
    en: 'Give passes and note inspections meanwhile; answer when the work is done.',
  },
  candidates: role('engineer', 'serviceAgent'),
  deadlines: [],
  edits: [],
  transitions: [{ on: 'done', to: 'inspection' }],
}
const inspection: ProcessStep = {
  kind: 'approval',
  key: 'inspection',
  name: { zh: '竣工验收', en: 'Final inspection' },
  rule: 'one',
  withoutStarter: false,
  candidates: role('engineer', 'manager'),
  deadlines: escalated,
  transitions: [
    { on: 'approved', to: 'finish' },
    { on: 'refused', to: 'work' },
  ],
}
const refund: ProcessStep = {
  kind: 'task',
  key: 'refund',
  name: { zh: '退还押金', en: 'Give the deposit back' },
  instruction: {
    zh: '填写退还金额：留空为全额，0 为不退。',
    en: 'Say how much goes back: empty is all of it, 0 is none.',
  },
  candidates: role('billingClerk'),
  deadlines: [],
  edits: ['refundedAmount'],
  transitions: [{ on: 'done', to: 'settleDeposit' }],
}

export const fitOutProcess: ProcessContent = {
  name: { zh: '装修许可', en: 'Fit-out permit' },
  subject: 'fitOutPermit',
  workingTime: { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' },
  steps: [
    {
      kind: 'start',
      key: 'start',
      name: { zh: '申请', en: 'Application' },
      transitions: [{ on: 'next', to: 'review' }],
    },
    review,
    approval,
    revise,
    action('approve', '批准', 'Approved', 'needsDeposit'),
    {
      kind: 'decision',
      key: 'needsDeposit',
      name: { zh: '是否收押金', en: 'Is there a deposit?' },
      transitions: [
        { on: 'next', to: 'deposit', when: hasDeposit },
        { on: 'next', to: 'begin' },
      ],
    },
    deposit,
    action('takeDeposit', '登记押金', 'Deposit is in', 'begin'),
    action('begin', '开工', 'Work begins', 'work'),
    work,
    inspection,
    action('finish', '完工', 'Work is done', 'hasDeposit'),
    {
      kind: 'decision',
      key: 'hasDeposit',
      name: { zh: '是否有押金', en: 'Is there one to give back?' },
      transitions: [
        { on: 'next', to: 'refund', when: hasDeposit },
        { on: 'next', to: 'closed' },
      ],
    },
    refund,
    action('settleDeposit', '结算押金', 'Deposit is settled', 'closed'),
    end('closed', '结案', 'Closed', 'done'),
    end('rejected', '不予许可', 'Rejected', 'refused'),
  ],
}
