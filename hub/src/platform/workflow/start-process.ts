/** How a process begins. */
import type { ProcessFields } from '@courtyard/protocols/contract'
import type { Audit } from '../audit/audit.ts'
import { fail } from '../errors.ts'
import type { Hub } from '../module.ts'
import type { WorkflowClient } from './client.ts'
import { begin } from './engine/machine.ts'
import { workflowErrors } from './errors.ts'
import { compiledVersion } from './machines.ts'
import { ProcessRun } from './process-run.ts'
import {
  insertProcess,
  lockProcess,
  processById,
  runningAbout,
  startableVersion,
  type ProcessRow,
} from './process.repository.ts'
import { requireFields } from './run-command.ts'

export interface StartProcess {
  /** Made by who starts it: starting twice is one process. */
  readonly id: string
  /** Key of the definition. */
  readonly definition: string
  /** Null: of the company. */
  readonly projectId: string | null
  /** What it is about, in the terms of its kind; one process of a kind runs about one subject. */
  readonly subjectId: string
  readonly title: string
  readonly fields: ProcessFields
  readonly starter: { readonly id: string; readonly displayName: string }
}

/**
 * Begins a process in the transaction of whatever else is written. The same id from the same person is the same process.
 * @throws AppError `process_definition.not_found`, `process_definition.not_startable`, `process.already_running`,
 *   `process.id_taken`, `input.invalid` (paths `fields.<name>`)
 */
export async function startProcess(
  hub: Hub,
  tx: WorkflowClient,
  audit: Audit,
  input: StartProcess,
): Promise<{ readonly id: string }> {
  const known = await processById(tx, input.id)
  if (known) return sameProcess(known, input)
  const definition = await startableVersion(tx, input.definition)
  if (!definition)
    throw fail(workflowErrors.definitionNotFound, 'There is no such definition', { key: input.definition })
  if (definition.version === null || definition.retired) {
    throw fail(workflowErrors.notStartable, 'No processes are started with it', { key: input.definition })
  }
  const compiled = await compiledVersion(tx, hub.db.url, input.definition, definition.version)
  requireFields(input.fields, compiled.version.fields, null, 'fields.')
  const first = begin(compiled.machine, { starterId: input.starter.id, fields: input.fields })
  const now = hub.clock.now()
  const { id, projectId, subjectId, title } = input
  const inserted = await insertProcess(tx, {
    ...{ id, projectId, subjectId, title, key: input.definition, version: definition.version },
    ...{ subjectKind: definition.subject, starterId: input.starter.id, starter: input.starter.displayName },
    // As it was before the first step: what the first steps bring is saved as a change
    ...{ step: first.snapshot.value, startedAt: now },
    snapshot: { ...first.snapshot, context: { ...first.snapshot.context, round: 0, seats: [] } },
  })
  if (!inserted) return notInserted(tx, definition.subject, input)
  const run = new ProcessRun({ hub, tx, audit, now }, (await lockProcess(tx, id))!, compiled)
  run.note({ kind: 'started', byId: input.starter.id, by: input.starter.displayName })
  await audit(tx, {
    ...{ action: 'process.start', entity: 'process', entityId: id, projectId },
    after: {
      definition: input.definition,
      version: definition.version,
      subjectId,
      title,
      fields: input.fields,
    },
  })
  await run.settle(first)
  await run.save()
  return { id }
}

/** Somebody was faster: the same press, or another process about the same thing. */
async function notInserted(
  tx: WorkflowClient,
  subject: string,
  input: StartProcess,
): Promise<{ id: string }> {
  const known = await processById(tx, input.id)
  if (known) return sameProcess(known, input)
  const processId = await runningAbout(tx, subject, input.subjectId)
  throw fail(workflowErrors.alreadyRunning, 'A process about it runs', { processId })
}

function sameProcess(known: ProcessRow, input: StartProcess): { id: string } {
  const same =
    known.starterId === input.starter.id &&
    known.key === input.definition &&
    known.subjectId === input.subjectId &&
    known.projectId === input.projectId
  if (same) return { id: known.id }
  throw fail(workflowErrors.idTaken, 'Another process has this id', { id: input.id })
}
