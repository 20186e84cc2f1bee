/** Processes for other modules: what they can be about, and starting them. */
export { changeProcessFields } from './process.service.ts'
export type { ProcessActor } from './run-command.ts'
export { startProcess, type StartProcess } from './start-process.ts'
export {
  processField,
  registerProcessSubject,
  type FinalOutcome,
  type ProcessAction,
  type ProcessInfo,
  type ProcessScene,
  type ProcessSubject,
} from './subjects.ts'
