/** A fit-out permit as what a process is about: its steps change the permit in their own transaction. */
import { fail, invalidInput } from '../../platform/errors.ts'
import {
  processField,
  registerProcessSubject,
  type FinalOutcome,
  type ProcessInfo,
  type ProcessScene,
} from '../../platform/workflow/index.ts'
import type { WorkflowClient } from '../../platform/workflow/client.ts'
import { act, settle, stateAtEnd, type PermitAction } from './domain/permit-steps.ts'
import { fitOutProcess } from './domain/fit-out-process.ts'
import { handoverErrors } from './errors.ts'
import {
  permitHead,
  reviseApplication,
  savePermit,
  setDecoration,
  type PermitHead,
} from './fit-out.repository.ts'
import { tellOfPermit, tellOfRooms } from './news.ts'
import type { HandoverReason } from './reasons.ts'

/** Kind of the subject, and key of the process that applications begin with. */
export const FIT_OUT = 'fitOutPermit'

registerProcessSubject({
  kind: FIT_OUT,
  label: { zh: '装修许可', en: 'Fit-out permit' },
  fields: [
    processField({ name: 'company', label: { zh: '装修公司', en: 'Company' }, kind: 'text', required: true }),
    processField({ name: 'work', label: { zh: '施工内容', en: 'Work' }, kind: 'longText', required: true }),
    processField({ name: 'startsOn', label: { zh: '开始', en: 'From' }, kind: 'day', required: true }),
    processField({ name: 'endsOn', label: { zh: '结束', en: 'Until' }, kind: 'day', required: true }),
    processField({
      ...{ name: 'depositAmount', label: { zh: '押金', en: 'Deposit' }, kind: 'decimal', required: true },
      ...{ unit: '元', scale: 2 },
    }),
    processField({
      ...{ name: 'refundedAmount', label: { zh: '退还金额', en: 'Given back' }, kind: 'decimal' },
      ...{ unit: '元', scale: 2 },
    }),
  ],
  actions: {
    approve: { label: { zh: '批准许可', en: 'Approve the permit' }, run: step('approve') },
    takeDeposit: {
      label: { zh: '登记押金已收', en: 'Note that the deposit is in' },
      run: step('takeDeposit'),
    },
    begin: { label: { zh: '开工', en: 'Let work begin' }, run: step('begin') },
    finish: { label: { zh: '完工', en: 'Note that work is done' }, run: step('finish') },
    settleDeposit: { label: { zh: '结算押金', en: 'Settle the deposit' }, run: settleDeposit },
  },
  onFieldsChanged: revised,
  onFinished: ended,
  link: ({ subjectId }) => `/fit-out/${subjectId}`,
  definitions: { [FIT_OUT]: fitOutProcess },
})

const refused = (reason: HandoverReason) =>
  fail(handoverErrors.permitRefused, 'Not with the permit as it is', { issues: [{ path: '', reason }] })

async function locked({ tx }: ProcessScene, { subjectId }: ProcessInfo): Promise<PermitHead> {
  return (await permitHead(tx, subjectId, true))!
}

async function save(
  { tx, audit, now }: ProcessScene,
  permit: PermitHead,
  action: string,
  change: Parameters<typeof savePermit>[2],
): Promise<void> {
  await savePermit(tx, permit.id, change, now)
  if (change.state !== permit.state)
    await tellOfPermit(tx, now, permit, { kind: 'edit', action, fields: ['state'] })
  await audit(tx, {
    action: `fitOut.${action}`,
    entity: FIT_OUT,
    entityId: permit.id,
    projectId: permit.projectId,
    before: { state: permit.state, depositState: permit.depositState },
    after: change,
  })
}

/** The room says how far its fit-out is. */
export async function decorate(
  tx: WorkflowClient,
  { roomId, projectId }: PermitHead,
  state: Parameters<typeof setDecoration>[2],
  now: Date,
): Promise<void> {
  await setDecoration(tx, roomId, state, now)
  await tellOfRooms(tx, now, projectId, [roomId], 'decorationState')
}

function step(action: PermitAction) {
  return async (scene: ProcessScene, process: ProcessInfo): Promise<void> => {
    const permit = await locked(scene, process)
    const next = act(permit, action)
    if ('code' in next) throw refused(next)
    await save(scene, permit, action, next)
    if (action === 'begin') await decorate(scene.tx, permit, 'decorating', scene.now)
  }
}

async function settleDeposit(scene: ProcessScene, process: ProcessInfo): Promise<void> {
  const permit = await locked(scene, process)
  const { refundedAmount } = process.fields
  const next = settle(
    permit,
    typeof refundedAmount === 'string' && refundedAmount !== '' ? refundedAmount : null,
  )
  if (!('code' in next)) return save(scene, permit, 'settleDeposit', { state: permit.state, ...next })
  if (next.code !== 'permit.refund_too_much') throw refused(next)
  throw invalidInput('More than the deposit', [{ path: 'body.fields.refundedAmount', reason: next }])
}

/** Who puts an application right changes the permit with it, as long as nothing was approved. */
async function revised(scene: ProcessScene, process: ProcessInfo): Promise<void> {
  const permit = await locked(scene, process)
  if (permit.state !== 'submitted') return
  const text = (name: string): string => String(process.fields[name] ?? '')
  if (text('endsOn') < text('startsOn')) {
    throw invalidInput('It ends before it begins', [
      { path: 'body.fields.endsOn', reason: { code: 'handover.end_first' } satisfies HandoverReason },
    ])
  }
  await reviseApplication(
    scene.tx,
    permit.id,
    {
      company: text('company'),
      work: text('work'),
      startsOn: text('startsOn'),
      endsOn: text('endsOn'),
      depositAmount: text('depositAmount'),
    },
    scene.now,
  )
  const fields = ['company', 'startsOn', 'endsOn', 'depositAmount']
  await tellOfPermit(scene.tx, scene.now, permit, { kind: 'edit', action: 'revise', fields })
}

async function ended(scene: ProcessScene, process: ProcessInfo, outcome: FinalOutcome): Promise<void> {
  const permit = await locked(scene, process)
  const state = stateAtEnd(permit, outcome)
  await save(scene, permit, 'end', { state, depositState: permit.depositState })
  if (permit.state === 'finished') await decorate(scene.tx, permit, 'decorated', scene.now)
  // Given up while people worked: nobody knows how far they came
  else if (permit.state === 'working') await decorate(scene.tx, permit, 'bare', scene.now)
}
