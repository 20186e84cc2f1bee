/** What people do with the tasks of a process. */
import type { ProcessFields, TaskOutcome } from '@courtyard/protocols/contract'
import { fail } from '../errors.ts'
import type { Hub } from '../module.ts'
import { activePeople, isDelegated, namesOf } from './directory.repository.ts'
import type { Vote } from './engine/process-state.ts'
import { excludesStarter, refusalOf, type VoteRefusal, type WaitingStep } from './engine/votes.ts'
import { workflowErrors } from './errors.ts'
import type { ProcessRun } from './process-run.ts'
import type { NewEvent } from './process.repository.ts'
import { by, requireFields, withTask, type ProcessActor } from './run-command.ts'
import type { TaskRow } from './task.repository.ts'

export interface TaskAnswer {
  /** Made by the caller: pressing twice is one answer. */
  readonly commandId: string
  readonly outcome: TaskOutcome
  readonly comment: string
  readonly fields: ProcessFields
}

/**
 * Somebody answers a task: a holder, or who stands in for one. Whether he may know of it is asked by the caller.
 * @throws AppError `task.not_found`, `task.over`, `task.own_process`, `task.one_voice`, `task.outcome`, `input.invalid`
 */
export function decideTask(
  hub: Hub,
  actor: ProcessActor,
  taskId: string,
  answer: TaskAnswer,
): Promise<string> {
  return withTask(hub, actor, taskId, answer.commandId, async (run, task) => {
    const { user } = actor
    const step = run.waiting
    const { context } = run.standing
    const seat = context.seats.find(({ no }) => no === task.seat)
    if (task.state !== 'open' || !step || !seat || task.round !== context.round) throw refused('passed', task)
    const behalfOf = await principalOf(run, seat.holders, user.id)
    const vote: Vote = { by: user.id, behalfOf, outcome: answer.outcome }
    const move = { seat: task.seat, round: task.round, vote }
    const refusal = refusalOf(step, context, move)
    if (refusal) throw refused(refusal, task)
    const fields = filledIn(step, answer, run)
    run.note(await decisionEvent(run, step.key, actor, vote, answer, fields))
    await run.vote({ type: 'VOTE', ...move, fields })
    return {
      verb: 'decide',
      after: { step: step.key, outcome: answer.outcome, comment: answer.comment, fields, behalfOf },
    }
  })
}

/** Who is acted for: null when the person is asked himself, or is nobody here. */
async function principalOf(
  run: ProcessRun,
  holders: readonly string[],
  userId: string,
): Promise<string | null> {
  if (holders.includes(userId)) return null
  const { tx, now } = run.scene
  for (const holder of holders) if (await isDelegated(tx, holder, userId, now)) return holder
  return null
}

/** Fields that the task lets people fill in; what was not sent stays as it is. */
function filledIn(step: WaitingStep, { fields, outcome }: TaskAnswer, run: ProcessRun): ProcessFields {
  const edits = step.kind === 'task' && outcome === 'done' ? step.edits : []
  const before = Object.entries(run.standing.context.fields).filter(([name]) => edits.includes(name))
  requireFields({ ...Object.fromEntries(before), ...fields }, run.fieldTypes, edits, 'body.fields.')
  return fields
}

async function decisionEvent(
  run: ProcessRun,
  step: string,
  { user }: ProcessActor,
  vote: Vote,
  { comment, commandId }: TaskAnswer,
  fields: ProcessFields,
): Promise<NewEvent> {
  const names = await namesOf(run.scene.tx, vote.behalfOf === null ? [] : [vote.behalfOf])
  const before = run.standing.context.fields
  const changed = Object.keys(fields).filter((name) => (before[name] ?? '') !== (fields[name] ?? ''))
  const values = (from: ProcessFields) =>
    Object.fromEntries(changed.map((name) => [name, from[name] ?? null]))
  return {
    ...{
      kind: 'decided',
      step,
      byId: user.id,
      by: user.displayName,
      outcome: vote.outcome,
      comment,
      commandId,
    },
    behalfOfId: vote.behalfOf,
    behalfOf: vote.behalfOf === null ? null : (names.get(vote.behalfOf) ?? ''),
    ...(changed.length > 0 ? { fields: { before: values(before), after: values(fields) } } : {}),
  }
}

/**
 * An administrator gives an open task to one person.
 * @throws AppError `task.not_found`, `task.over`, `task.own_process`, `task.one_voice`, `workflow_person.not_found`
 */
export function reassignTask(
  hub: Hub,
  actor: ProcessActor,
  taskId: string,
  {
    commandId,
    userId,
    comment,
  }: { readonly commandId: string; readonly userId: string; readonly comment: string },
): Promise<string> {
  return withTask(hub, actor, taskId, commandId, async (run, task) => {
    const step = run.waiting
    const { round, seats, starterId } = run.standing.context
    if (task.state !== 'open' || !step || task.round !== round) throw refused('passed', task)
    if (!(await activePeople(run.scene.tx, [userId])).has(userId)) {
      throw fail(workflowErrors.personNotFound, 'There is no such person', { userId })
    }
    if (excludesStarter(step) && userId === starterId) throw refused('ownProcess', task)
    const others = seats.filter(({ no }) => no !== task.seat)
    if (others.some(({ holders, vote }) => holders.includes(userId) || vote?.by === userId))
      throw refused('oneVoice', task)
    run.note({ kind: 'reassigned', step: step.key, ...by(actor), comment, people: [userId], commandId })
    await run.move({ type: 'REASSIGN', seat: task.seat, round, to: userId })
    return { verb: 'reassign', after: { step: step.key, userId, comment } }
  })
}

const refusals: Readonly<
  Record<VoteRefusal, { readonly kind: { code: string; status: number }; readonly text: string }>
> = {
  passed: { kind: workflowErrors.taskOver, text: 'The step was left' },
  decided: { kind: workflowErrors.taskOver, text: 'It was answered' },
  notYours: { kind: workflowErrors.taskNotFound, text: 'There is no such task' },
  ownProcess: { kind: workflowErrors.ownProcess, text: 'A second person has to decide' },
  oneVoice: { kind: workflowErrors.oneVoice, text: 'One voice per person and step' },
  outcome: { kind: workflowErrors.outcome, text: 'The step knows no such answer' },
}

function refused(why: VoteRefusal, { id }: TaskRow) {
  return fail(refusals[why].kind, refusals[why].text, { id })
}
