/** Processes: definitions and their versions, what runs, and what waits for whom. */
import * as z from 'zod'
import { ProcessContent, ProcessField, ProcessFields, ProcessKey, ProcessOutcome } from '../workflow.ts'
import { Done, Id, Instant, idParams, type RouteTable } from './route.ts'

const label = z.object({ zh: z.string(), en: z.string() })
export const WorkflowPerson = z.object({ id: Id, name: z.string() })
export type WorkflowPerson = z.infer<typeof WorkflowPerson>

/** What a process can be about, as its module says. */
export const ProcessSubjectView = z.object({
  kind: z.string(),
  label,
  fields: z.array(ProcessField),
  actions: z.array(z.object({ name: z.string(), label })),
})
export type ProcessSubjectView = z.infer<typeof ProcessSubjectView>

/** What the roles and people of a definition are called: role by code, person by id. */
export const CandidateNames = z.object({
  roles: z.record(z.string(), label),
  people: z.record(z.string(), z.string()),
})
export type CandidateNames = z.infer<typeof CandidateNames>

/** What is wrong with a definition, and at which step (null: the whole). */
export const DefinitionIssue = z.object({ step: z.string().nullable(), reason: z.string() })
export type DefinitionIssue = z.infer<typeof DefinitionIssue>

export const ProcessVersionView = z.object({
  version: z.number().int(),
  publishedAt: Instant,
  publishedBy: z.string(),
  note: z.string(),
  /** Processes that run on it. */
  running: z.number().int(),
})
export type ProcessVersionView = z.infer<typeof ProcessVersionView>

export const ProcessDefinitionSummary = z.object({
  key: ProcessKey,
  name: label,
  subject: z.string(),
  subjectLabel: label,
  /** Null before the first version is published. */
  version: z.number().int().nullable(),
  hasDraft: z.boolean(),
  /** A retired definition starts no new processes. */
  retired: z.boolean(),
  running: z.number().int(),
  changedAt: Instant,
})
export type ProcessDefinitionSummary = z.infer<typeof ProcessDefinitionSummary>

export const ProcessDefinitionDetail = ProcessDefinitionSummary.extend({
  /** Sent back with each change: an edit of something that changed meanwhile is refused. */
  revision: z.number().int(),
  /** The draft; without one, the newest version. */
  content: ProcessContent,
  names: CandidateNames,
  issues: z.array(DefinitionIssue),
  versions: z.array(ProcessVersionView),
})
export type ProcessDefinitionDetail = z.infer<typeof ProcessDefinitionDetail>

export const ProcessState = z.enum(['running', 'finished', 'withdrawn', 'cancelled'])
export type ProcessState = z.infer<typeof ProcessState>

export const ProcessSummary = z.object({
  id: Id,
  projectId: Id.nullable(),
  definition: z.object({ key: z.string(), version: z.number().int(), name: label }),
  subject: z.object({ kind: z.string(), label, id: z.string() }),
  title: z.string(),
  /** Page of what it is about; null when it has none of its own. */
  link: z.string().nullable(),
  starter: WorkflowPerson,
  startedAt: Instant,
  finishedAt: Instant.nullable(),
  state: ProcessState,
  outcome: ProcessOutcome.nullable(),
  /** Where it waits; null when it is over. */
  step: z.object({ key: z.string(), name: label, since: Instant, dueAt: Instant.nullable() }).nullable(),
  /** Names of those it waits for. */
  waitingFor: z.array(z.string()),
  overdue: z.boolean(),
})
export type ProcessSummary = z.infer<typeof ProcessSummary>

export const TaskOutcome = z.enum(['approved', 'refused', 'sentBack', 'done'])
export type TaskOutcome = z.infer<typeof TaskOutcome>
export const TaskState = z.enum(['open', 'decided', 'cancelled'])

/** A voice in a step: whose it is, and what became of it. */
export const ProcessTask = z.object({
  id: Id,
  step: z.string(),
  state: TaskState,
  holders: z.array(WorkflowPerson),
  /** It came by escalation: this voice alone decides. */
  escalated: z.boolean(),
  outcome: TaskOutcome.nullable(),
  decidedBy: z.string().nullable(),
  /** In whose place, when somebody acted for another. */
  decidedFor: z.string().nullable(),
  decidedAt: Instant.nullable(),
  openedAt: Instant,
  dueAt: Instant.nullable(),
})
export type ProcessTask = z.infer<typeof ProcessTask>

export const MyTask = z.object({
  id: Id,
  process: ProcessSummary,
  step: z.object({
    key: z.string(),
    kind: z.enum(['approval', 'task']),
    name: label,
    instruction: label.nullable(),
  }),
  state: TaskState,
  /** What the reader may answer. */
  outcomes: z.array(TaskOutcome),
  /** What the process is about. */
  fields: ProcessFields,
  fieldTypes: z.array(ProcessField),
  /** Names of the fields that may be filled in with the answer. */
  edits: z.array(z.string()),
  openedAt: Instant,
  dueAt: Instant.nullable(),
  overdue: z.boolean(),
  escalated: z.boolean(),
  /** Whom the reader stands in for. */
  onBehalfOf: WorkflowPerson.nullable(),
  decided: z.object({ outcome: TaskOutcome, by: z.string(), at: Instant }).nullable(),
})
export type MyTask = z.infer<typeof MyTask>

/**
 * What happened, append-only. `entered` a step, `decided`, `escalated`, `fallback` (nobody fitted: administrators were
 * asked), `nobody`, `expired` (a deadline passed), `acted` (automatic), `commented`, `reassigned`, `withdrawn`, …
 */
export const ProcessEventKind = z.enum(['started', 'entered', 'decided', 'changed', 'escalated', 'fallback', 'nobody', 'overdue', 'expired', 'acted', 'commented', 'reassigned', 'withdrawn', 'cancelled', 'finished']) // prettier-ignore
export type ProcessEventKind = z.infer<typeof ProcessEventKind>
export const ProcessEvent = z.object({
  id: z.string(),
  at: Instant,
  kind: ProcessEventKind,
  step: z.string().nullable(),
  /** Null: by itself. */
  by: z.string().nullable(),
  onBehalfOf: z.string().nullable(),
  outcome: z.string().nullable(),
  comment: z.string().nullable(),
  /** Names of those concerned, such as who was asked. */
  people: z.array(z.string()),
  attachments: z.array(z.object({ name: z.string(), href: z.string() })),
})
export type ProcessEvent = z.infer<typeof ProcessEvent>

export const ProcessDetail = ProcessSummary.extend({
  content: ProcessContent,
  names: CandidateNames,
  fields: ProcessFields,
  fieldTypes: z.array(ProcessField),
  events: z.array(ProcessEvent),
  tasks: z.array(ProcessTask),
  may: z.object({ withdraw: z.boolean(), comment: z.boolean(), administer: z.boolean() }),
  /** The reader's own open task. */
  myTask: MyTask.nullable(),
})
export type ProcessDetail = z.infer<typeof ProcessDetail>

export const Delegation = z.object({
  id: Id,
  from: WorkflowPerson,
  to: WorkflowPerson,
  fromAt: Instant,
  untilAt: Instant,
  note: z.string(),
  state: z.enum(['planned', 'active', 'over']),
})
export type Delegation = z.infer<typeof Delegation>

const keyParams = z.object({ key: ProcessKey })
const commandId = Id.describe('Made by the caller: pressing twice is one answer')
const comment = z.string().trim().max(1_000)
const cursor = z.string().max(200).optional()
const limit = z.coerce.number().int().min(1).max(100).default(30)
const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
/** A file that is kept elsewhere: an address on this hub or https. */
const AttachmentLink = z.object({
  name: z.string().trim().min(1).max(200),
  href: z.string().max(500).regex(/^(\/(?!\/)|https:\/\/)\S+$/),
}) // prettier-ignore

const taskRoutes = {
  'GET /api/tasks': {
    summary: 'What waits for me, soonest due first; or what I decided, newest first',
    query: z.object({ state: z.enum(['open', 'decided']).default('open'), cursor, limit }),
    response: listOf(MyTask),
  },
  'GET /api/tasks/count': {
    summary: 'How much waits for me',
    response: z.object({ open: z.number().int(), overdue: z.number().int() }),
  },
  'GET /api/tasks/:id': { summary: 'A task of mine', params: idParams, response: MyTask },
  'POST /api/tasks/:id/decide': {
    summary: 'Answer a task',
    params: idParams,
    body: z.object({ commandId, outcome: TaskOutcome, comment: comment.default(''), fields: ProcessFields.default({}) }),
    response: ProcessDetail,
  },
  'POST /api/tasks/:id/reassign': {
    summary: 'Give an open task to another person',
    params: idParams,
    body: z.object({ commandId, userId: Id, comment: comment.min(2) }),
    response: ProcessDetail,
  },
  'GET /api/task-delegations': { summary: 'Who stands in for me, and for whom I do', response: z.array(Delegation) },
  'POST /api/task-delegations': {
    summary: 'Let a colleague answer my tasks for a time',
    body: z.object({ id: Id, toId: Id, fromAt: Instant, untilAt: Instant, note: z.string().trim().max(200).default('') }),
    response: Delegation,
  },
  'POST /api/task-delegations/:id/end': { summary: 'End a delegation now', params: idParams, response: Done },
  'GET /api/workflow-people': {
    summary: 'Colleagues to choose from',
    query: z.object({ q: z.string().trim().max(60).optional(), ids: z.string().max(2_000).optional() }),
    response: z.array(WorkflowPerson),
  },
} as const satisfies RouteTable // prettier-ignore

const processRoutes = {
  'GET /api/processes': {
    summary: 'Processes that I started, take part in or may read, newest first',
    query: z.object({
      projectId: Id.optional(),
      state: ProcessState.optional(),
      definition: ProcessKey.optional(),
      subject: z.string().max(60).optional(),
      subjectId: z.string().max(100).optional(),
      mine: z.stringbool().optional(),
      q: z.string().trim().max(100).optional(),
      cursor,
      limit,
    }),
    response: listOf(ProcessSummary),
  },
  'GET /api/processes/:id': { summary: 'A process with its history', params: idParams, response: ProcessDetail },
  'POST /api/processes/:id/withdraw': {
    summary: 'Take back what I started',
    params: idParams,
    body: z.object({ commandId, comment: comment.default('') }),
    response: ProcessDetail,
  },
  'POST /api/processes/:id/cancel': {
    summary: 'End a process without an outcome',
    params: idParams,
    body: z.object({ commandId, comment: comment.min(2) }),
    response: ProcessDetail,
  },
  'POST /api/processes/:id/comments': {
    summary: 'Add a comment',
    params: idParams,
    body: z.object({ commandId, comment: comment.min(1), attachments: z.array(AttachmentLink).max(10).default([]) }),
    response: ProcessDetail,
  },
  'GET /api/requests/kinds': {
    summary: 'What can be asked for: published definitions about a request',
    response: z.array(z.object({ key: ProcessKey, name: label, content: ProcessContent, names: CandidateNames, fieldTypes: z.array(ProcessField) })),
  },
  'POST /api/requests': {
    summary: 'Ask for an approval',
    body: z.object({
      /** Made by the caller: pressing twice is one request. */
      id: Id,
      projectId: Id,
      definition: ProcessKey,
      title: z.string().trim().min(2).max(120),
      text: z.string().trim().max(4_000).default(''),
      amount: z.string().regex(/^\d{1,12}(\.\d{1,2})?$/).nullable().default(null),
    }),
    response: ProcessDetail,
  },
} as const satisfies RouteTable // prettier-ignore

const definitionRoutes = {
  'GET /api/process-subjects': { summary: 'What processes can be about', response: z.array(ProcessSubjectView) },
  'GET /api/process-roles': { summary: 'Roles to choose from', response: z.array(z.object({ code: z.string(), name: label })) },
  'GET /api/process-definitions': { summary: 'Definitions', response: z.array(ProcessDefinitionSummary) },
  'POST /api/process-definitions': {
    summary: 'Make a definition, as a draft',
    body: z.object({ key: ProcessKey, content: ProcessContent }),
    response: ProcessDefinitionDetail,
  },
  'POST /api/process-definitions/check': {
    summary: 'What is wrong with a definition',
    body: z.object({ content: ProcessContent }),
    response: z.array(DefinitionIssue),
  },
  'GET /api/process-definitions/:key': { summary: 'A definition', params: keyParams, response: ProcessDefinitionDetail },
  'GET /api/process-definitions/:key/versions/:version': {
    summary: 'A published version',
    params: keyParams.extend({ version: z.coerce.number().int().min(1) }),
    response: z.object({ content: ProcessContent, names: CandidateNames }),
  },
  'PUT /api/process-definitions/:key': {
    summary: 'Keep a draft',
    params: keyParams,
    body: z.object({ revision: z.number().int(), content: ProcessContent }),
    response: ProcessDefinitionDetail,
  },
  'POST /api/process-definitions/:key/publish': {
    summary: 'Publish the draft as the next version; what runs stays on its own',
    params: keyParams,
    body: z.object({ revision: z.number().int(), note: z.string().trim().max(300).default('') }),
    response: ProcessDefinitionDetail,
  },
  'POST /api/process-definitions/:key/discard': {
    summary: 'Throw the draft away',
    params: keyParams,
    body: z.object({ revision: z.number().int() }),
    response: ProcessDefinitionDetail,
  },
  'POST /api/process-definitions/:key/retire': {
    summary: 'Start no new processes with it, or do so again',
    params: keyParams,
    body: z.object({ revision: z.number().int(), retired: z.boolean() }),
    response: ProcessDefinitionDetail,
  },
} as const satisfies RouteTable // prettier-ignore

export const workflowRoutes = { ...taskRoutes, ...processRoutes, ...definitionRoutes } as const
