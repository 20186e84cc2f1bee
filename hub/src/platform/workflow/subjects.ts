/** What processes can be about: modules say it when they are loaded. */
import type {
  ProcessContent,
  ProcessField,
  ProcessFields,
  ProcessOutcome,
} from '@courtyard/protocols/contract'
import type { Audit } from '../audit/audit.ts'
import type { Hub } from '../module.ts'
import type { Texts } from '../reasons/reason.ts'
import type { WorkflowClient } from './client.ts'

/** How a process ended. */
export type FinalOutcome = ProcessOutcome | 'withdrawn' | 'cancelled'

/** A process as its subject's module sees it. */
export interface ProcessInfo {
  readonly id: string
  readonly projectId: string | null
  /** Key of the definition. */
  readonly definition: string
  readonly subjectId: string
  readonly title: string
  readonly starterId: string
  readonly fields: ProcessFields
}

/** What a handler works with: the transaction of the step, whose audit is written with it. */
export interface ProcessScene {
  readonly hub: Hub
  readonly tx: WorkflowClient
  readonly audit: Audit
  readonly now: Date
}

export interface ProcessAction {
  readonly label: Texts
  /** In the transaction of the step: what it throws undoes the step, and the person is told. */
  run(scene: ProcessScene, process: ProcessInfo): Promise<void>
}

export interface ProcessSubject {
  /** camelCase: `fitOutPermit`. */
  readonly kind: string
  readonly label: Texts
  /** What guards may ask and tasks may fill in. */
  readonly fields: readonly ProcessField[]
  /** What automatic steps may do, by name. */
  readonly actions?: Readonly<Record<string, ProcessAction>>
  /** Called once, in the transaction of the last step: what it throws undoes that step. */
  onFinished?(scene: ProcessScene, process: ProcessInfo, outcome: FinalOutcome): Promise<void>
  /** Called in the transaction of a step that filled in fields, or in which somebody changed them. */
  onFieldsChanged?(scene: ProcessScene, process: ProcessInfo): Promise<void>
  /** Definitions by key that every installation begins with; edited and published on like any other. */
  readonly definitions?: Readonly<Record<string, ProcessContent>>
  /** Page of the thing in the console, `/fit-outs/…`; null: it has none. */
  link(process: Pick<ProcessInfo, 'id' | 'subjectId'>): string | null
}

const subjects = new Map<string, ProcessSubject>()

/** @throws when the kind is taken or a field stands there twice */
export function registerProcessSubject(subject: ProcessSubject): void {
  if (subjects.has(subject.kind)) throw new Error(`process subject ${subject.kind} is registered twice`)
  const names = subject.fields.map(({ name }) => name)
  if (new Set(names).size !== names.length) throw new Error(`process subject ${subject.kind}: a field twice`)
  subjects.set(subject.kind, subject)
}

export function processSubject(kind: string): ProcessSubject | null {
  return subjects.get(kind) ?? null
}

export function processSubjects(): readonly ProcessSubject[] {
  return [...subjects.values()]
}

type FieldInput = Pick<ProcessField, 'name' | 'label' | 'kind'> & Partial<ProcessField>

/** A field with what most of them have. */
export function processField(field: FieldInput): ProcessField {
  return { required: false, unit: null, scale: null, options: [], ...field }
}
