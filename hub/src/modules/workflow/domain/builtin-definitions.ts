/** Definitions that every installation begins with; edited and published on like any other. */
import type { ProcessContent, ProcessStep, WorkingTime } from '@courtyard/protocols/contract'

const workingTime: WorkingTime = { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }

const start = (to: string): ProcessStep => ({
  kind: 'start',
  key: 'start',
  name: { zh: '发起', en: 'Start' },
  transitions: [{ on: 'next', to }],
})
const approved: ProcessStep = {
  kind: 'end',
  key: 'approved',
  name: { zh: '通过', en: 'Approved' },
  transitions: [],
  outcome: 'approved',
}
const refused: ProcessStep = {
  kind: 'end',
  key: 'refused',
  name: { zh: '不通过', en: 'Refused' },
  transitions: [],
  outcome: 'refused',
}
/** What was sent back is put right by who asked, and goes the whole way again. */
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
  edits: ['text', 'amount'],
  transitions: [{ on: 'done', to: 'approval' }],
}
const byManager = (whenApproved: string): ProcessStep => ({
  kind: 'approval',
  key: 'approval',
  name: { zh: '经理审批', en: 'Approval by the manager' },
  rule: 'one',
  withoutStarter: true,
  candidates: [{ kind: 'role', role: 'manager' }],
  deadlines: [
    { after: { hours: 18, working: true }, then: 'escalate', to: [{ kind: 'role', role: 'administrator' }] },
  ],
  transitions: [
    { on: 'approved', to: whenApproved },
    { on: 'refused', to: 'refused' },
    { on: 'sentBack', to: 'revise' },
  ],
})

const singleApproval: ProcessContent = {
  name: { zh: '一级审批', en: 'Single approval' },
  subject: 'request',
  workingTime,
  steps: [start('approval'), byManager('approved'), revise, approved, refused],
}

const approvalByAmount: ProcessContent = {
  name: { zh: '按金额两级审批', en: 'Two levels by amount' },
  subject: 'request',
  workingTime,
  steps: [
    start('approval'),
    byManager('size'),
    {
      kind: 'decision',
      key: 'size',
      name: { zh: '金额大小', en: 'How much' },
      transitions: [
        {
          on: 'next',
          to: 'second',
          when: { anyOf: [{ allOf: [{ field: 'amount', is: 'gt', values: ['5000'] }] }] },
        },
        { on: 'next', to: 'approved' },
      ],
    },
    {
      kind: 'approval',
      key: 'second',
      name: { zh: '公司审批', en: 'Approval by the company' },
      rule: 'one',
      withoutStarter: true,
      candidates: [{ kind: 'role', role: 'administrator' }],
      deadlines: [{ after: { hours: 18, working: true }, then: 'mark', to: [] }],
      transitions: [
        { on: 'approved', to: 'approved' },
        { on: 'refused', to: 'refused' },
        { on: 'sentBack', to: 'revise' },
      ],
    },
    revise,
    approved,
    refused,
  ],
}

export const builtinDefinitions: Readonly<Record<string, ProcessContent>> = {
  singleApproval,
  approvalByAmount,
}
