/** What people and modules do with a process as a whole. */
import type { ProcessFields } from '@courtyard/protocols/contract'
import { fail } from '../errors.ts'
import type { Hub } from '../module.ts'
import type { WorkflowClient } from './client.ts'
import { workflowErrors } from './errors.ts'
import { by, openRun, requireFields, requireRunning, withProcess, type ProcessActor } from './run-command.ts'

/** @throws AppError `process.not_found`, `process.not_starter`, `process.over` */
export function withdrawProcess(
  hub: Hub,
  actor: ProcessActor,
  id: string,
  commandId: string,
  comment: string,
): Promise<string> {
  return withProcess(hub, actor, id, commandId, async (run) => {
    if (run.row.starterId !== actor.user.id)
      throw fail(workflowErrors.notStarter, 'Only who started it may take it back', { id })
    requireRunning(run.row)
    run.note({ kind: 'withdrawn', step: run.row.step, ...by(actor), comment, commandId })
    await run.move({ type: 'WITHDRAW' })
    return { verb: 'withdraw', after: { comment } }
  })
}

/** For administrators. @throws AppError `process.not_found`, `process.over` */
export function cancelProcess(
  hub: Hub,
  actor: ProcessActor,
  id: string,
  commandId: string,
  comment: string,
): Promise<string> {
  return withProcess(hub, actor, id, commandId, async (run) => {
    requireRunning(run.row)
    run.note({ kind: 'cancelled', step: run.row.step, ...by(actor), comment, commandId })
    await run.move({ type: 'CANCEL' })
    return { verb: 'cancel', after: { comment } }
  })
}

/** Also when it is over. @throws AppError `process.not_found` */
export function commentProcess(
  hub: Hub,
  actor: ProcessActor,
  id: string,
  {
    commandId,
    comment,
    attachments,
  }: {
    readonly commandId: string
    readonly comment: string
    readonly attachments: readonly { readonly name: string; readonly href: string }[]
  },
): Promise<string> {
  return withProcess(hub, actor, id, commandId, (run) => {
    run.note({
      kind: 'commented',
      step: run.row.state === 'running' ? run.row.step : null,
      ...by(actor),
      comment,
      attachments,
      commandId,
    })
    return Promise.resolve({ verb: 'comment', after: { comment, attachments } })
  })
}

/**
 * A module tells a process that fields of its subject changed; guards look at them from then on.
 * @throws AppError `process.not_found`, `process.over`, `input.invalid`
 */
export async function changeProcessFields(
  hub: Hub,
  tx: WorkflowClient,
  actor: ProcessActor,
  id: string,
  fields: ProcessFields,
): Promise<void> {
  const run = await openRun(hub, tx, actor.audit, id)
  requireRunning(run.row)
  const before = run.standing.context.fields
  requireFields({ ...before, ...fields }, run.fieldTypes, null, 'fields.')
  run.note({ kind: 'changed', step: run.row.step, ...by(actor), fields: { before, after: fields } })
  await run.move({ type: 'CHANGE', fields })
  await run.save()
}
