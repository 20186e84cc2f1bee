/** Processes and tasks as people see them. */
import type { MyTask, ProcessDetail, ProcessStep, ProcessSummary } from '@courtyard/protocols/contract'
import { hasEverywhere, opens, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { answersOf } from '../../platform/workflow/engine/votes.ts'
import { workflowErrors } from '../../platform/workflow/errors.ts'
import { processSubject } from '../../platform/workflow/subjects.ts'
import { candidateNames } from './candidate-names.ts'
import {
  eventsOf,
  findProcess,
  newestAbout,
  openTasks,
  tasksOf,
  type DetailRow,
  type MyTaskRow,
  type SummaryRow,
} from './processes.repository.ts'

export function summaryOf(row: SummaryRow, now: Date): ProcessSummary {
  const { id, projectId, key, version, name, subjectKind, subjectId, title, state, outcome, waitingFor } = row
  const subject = processSubject(subjectKind)
  const running = state === 'running'
  return {
    ...{ id, projectId, title, state, outcome },
    definition: { key, version, name },
    subject: {
      kind: subjectKind,
      label: { ...(subject?.label ?? { zh: subjectKind, en: subjectKind }) },
      id: subjectId,
    },
    link: subject?.link({ id, subjectId }) ?? null,
    starter: { id: row.starterId, name: row.starter },
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    step:
      running && row.stepName
        ? {
            key: row.step,
            name: row.stepName,
            since: row.since.toISOString(),
            dueAt: row.dueAt?.toISOString() ?? null,
          }
        : null,
    waitingFor: [...waitingFor],
    overdue: running && row.dueAt !== null && row.dueAt <= now,
  }
}

export function taskOf(row: MyTaskRow, now: Date): MyTask {
  const step = stepOf(row, row.taskStep)
  const waits = step.kind === 'approval' || step.kind === 'task' ? step : null
  const open = row.taskState === 'open'
  return {
    id: row.taskId,
    process: summaryOf(row, now),
    step: {
      ...{ key: step.key, kind: step.kind === 'task' ? 'task' : 'approval', name: step.name },
      instruction: step.kind === 'task' ? step.instruction : null,
    },
    state: row.taskState,
    outcomes: open && waits ? answersOf(waits) : [],
    fields: row.snapshot.context.fields,
    fieldTypes: [...row.fieldTypes],
    edits: open && step.kind === 'task' ? step.edits : [],
    openedAt: row.openedAt.toISOString(),
    dueAt: row.taskDueAt?.toISOString() ?? null,
    overdue: open && row.taskDueAt !== null && row.taskDueAt <= now,
    escalated: row.escalated,
    onBehalfOf: row.principalId !== null ? { id: row.principalId, name: row.principal ?? '' } : null,
    decided:
      row.taskOutcome !== null && row.decidedAt !== null
        ? { outcome: row.taskOutcome, by: row.decidedBy ?? '', at: row.decidedAt.toISOString() }
        : null,
  }
}

function stepOf({ content }: DetailRow, key: string): ProcessStep {
  return content.steps.find((step) => step.key === key)!
}

/** @throws AppError `process.not_found` for what the person may not see */
export async function processDetail(hub: Hub, user: CurrentUser, id: string): Promise<ProcessDetail> {
  const now = hub.clock.now()
  const { pool } = hub.db
  const row = await findProcess(pool, user, now, id)
  if (!row) throw fail(workflowErrors.notFound, 'There is no such process', { id })
  return detailOf(hub, user, row)
}

/**
 * The newest process about a subject, for whoever may see the subject: the caller has looked. Null: there was none.
 */
export async function newestProcessAbout(
  hub: Hub,
  user: CurrentUser,
  subjectKind: string,
  subjectId: string,
): Promise<ProcessDetail | null> {
  const row = await newestAbout(hub.db.pool, subjectKind, subjectId)
  return row && detailOf(hub, user, row)
}

async function detailOf(hub: Hub, user: CurrentUser, row: DetailRow): Promise<ProcessDetail> {
  const now = hub.clock.now()
  const { pool } = hub.db
  const { id } = row
  const [names, events, tasks, mine] = await Promise.all([
    candidateNames(hub, row.content),
    eventsOf(pool, id),
    tasksOf(pool, id),
    openTasks(pool, user, now, { processId: id, after: null, limit: 1 }),
  ])
  const running = row.state === 'running'
  return {
    ...summaryOf(row, now),
    content: row.content,
    names,
    fields: row.snapshot.context.fields,
    fieldTypes: [...row.fieldTypes],
    events: events.map(({ at, ...event }) => ({ ...event, at: at.toISOString() })),
    tasks: tasks.map(({ decidedAt, openedAt, dueAt, ...task }) => ({
      ...task,
      decidedAt: decidedAt?.toISOString() ?? null,
      openedAt: openedAt.toISOString(),
      dueAt: dueAt?.toISOString() ?? null,
    })),
    may: {
      withdraw: running && row.starterId === user.id,
      comment: true,
      administer: running && mayAdminister(user, row),
    },
    myTask: mine[0] ? taskOf(mine[0], now) : null,
  }
}

export function mayAdminister(user: CurrentUser, { projectId }: Pick<SummaryRow, 'projectId'>): boolean {
  if (projectId === null) return hasEverywhere(user, 'workflow.administer')
  return opens(user, 'workflow.administer', { projectId })
}
