/** A press of somebody as one transaction under the lock of the process; the same press again changes nothing. */
import type { ProcessFields } from '@courtyard/protocols/contract'
import type { Audit } from '../audit/audit.ts'
import { fail, invalidInput } from '../errors.ts'
import type { Hub } from '../module.ts'
import type { WorkflowClient } from './client.ts'
import { checkFields } from './engine/field-values.ts'
import { workflowErrors } from './errors.ts'
import { compiledVersion } from './machines.ts'
import { ProcessRun } from './process-run.ts'
import { commandGiver, lockProcess, type ProcessRow } from './process.repository.ts'
import { taskById, type TaskRow } from './task.repository.ts'

/** Who acts; the audit of the request. */
export interface ProcessActor {
  readonly user: { readonly id: string; readonly displayName: string }
  readonly audit: Audit
}

export type Work = (run: ProcessRun) => Promise<{ readonly verb: string; readonly after: object }>

export async function withTask(
  hub: Hub,
  actor: ProcessActor,
  taskId: string,
  commandId: string,
  work: (run: ProcessRun, task: TaskRow) => ReturnType<Work>,
): Promise<string> {
  const found = await taskById(hub.db.pool, taskId)
  if (!found) throw fail(workflowErrors.taskNotFound, 'There is no such task', { id: taskId })
  return withProcess(hub, actor, found.processId, commandId, async (run) =>
    // Once more, now that nobody else changes it
    work(run, (await taskById(run.scene.tx, taskId))!),
  )
}

/** @returns id of the process; the same command again changes nothing */
export async function withProcess(
  hub: Hub,
  actor: ProcessActor,
  id: string,
  commandId: string,
  work: Work,
): Promise<string> {
  return hub.db.transaction(async (tx) => {
    const run = await openRun(hub, tx, actor.audit, id)
    const giver = await commandGiver(tx, id, commandId)
    if (giver === actor.user.id) return id
    if (giver !== null) throw fail(workflowErrors.commandTaken, 'Another press has this id', { commandId })
    const { verb, after } = await work(run)
    await actor.audit(tx, {
      ...{ action: `process.${verb}`, entity: 'process', entityId: id, projectId: run.row.projectId },
      after: { title: run.row.title, ...after },
    })
    await run.save()
    return id
  })
}

/** @throws AppError `process.not_found` */
export async function openRun(hub: Hub, tx: WorkflowClient, audit: Audit, id: string): Promise<ProcessRun> {
  const row = await lockProcess(tx, id)
  if (!row) throw fail(workflowErrors.notFound, 'There is no such process', { id })
  const compiled = await compiledVersion(tx, hub.db.url, row.key, row.version)
  return new ProcessRun({ hub, tx, audit, now: hub.clock.now() }, row, compiled)
}

export function requireRunning({ id, state }: ProcessRow): void {
  if (state !== 'running') throw fail(workflowErrors.over, 'It is over', { id, state })
}

export function requireFields(
  values: ProcessFields,
  types: Parameters<typeof checkFields>[1],
  open: readonly string[] | null,
  path: string,
): void {
  const faults = checkFields(values, types, open)
  if (faults.length === 0) return
  throw invalidInput(
    'The fields are not valid',
    faults.map(({ field, reason }) => ({ path: `${path}${field}`, reason })),
  )
}

export const by = ({ user }: ProcessActor) => ({ byId: user.id, by: user.displayName })
