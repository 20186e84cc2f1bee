import { registerErrors } from '../errors.ts'
import './reasons.ts'

export const workflowErrors = {
  definitionNotFound: { code: 'process_definition.not_found', status: 404 },
  /** It has no published version, or it was retired. */
  notStartable: { code: 'process_definition.not_startable', status: 409 },
  /** Somebody has a definition of this key already. */
  keyTaken: { code: 'process_definition.key_taken', status: 409 },
  /** Somebody changed it meanwhile; `details.revision` says what it is now. */
  stale: { code: 'process_definition.stale', status: 409 },
  /** Nothing was changed since the last version. */
  noDraft: { code: 'process_definition.no_draft', status: 409 },
  notFound: { code: 'process.not_found', status: 404 },
  /** Another process has this id. */
  idTaken: { code: 'process.id_taken', status: 409 },
  /** One about the same thing runs; `details.processId` says which. */
  alreadyRunning: { code: 'process.already_running', status: 409 },
  /** It is over. */
  over: { code: 'process.over', status: 409 },
  /** Another press of this process has this id. */
  commandTaken: { code: 'process.command_taken', status: 409 },
  /** It changed while this was done; doing it again helps. */
  changed: { code: 'process.changed', status: 409 },
  notStarter: { code: 'process.not_starter', status: 403 },
  taskNotFound: { code: 'task.not_found', status: 404 },
  /** Somebody has answered, or the step was left. */
  taskOver: { code: 'task.over', status: 409 },
  ownProcess: { code: 'task.own_process', status: 403 },
  /** One voice per person and step. */
  oneVoice: { code: 'task.one_voice', status: 409 },
  /** The step knows no such answer. */
  outcome: { code: 'task.outcome', status: 409 },
  personNotFound: { code: 'workflow_person.not_found', status: 404 },
  delegationNotFound: { code: 'task_delegation.not_found', status: 404 },
  delegationOverlaps: { code: 'task_delegation.overlaps', status: 409 },
  cursorInvalid: { code: 'process.cursor_invalid', status: 400 },
} as const

registerErrors(workflowErrors)
