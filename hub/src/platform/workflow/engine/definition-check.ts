/** What is wrong with a definition; one without issues runs, ends or waits for somebody, whatever people answer. */
import type {
  Candidate,
  ProcessContent,
  ProcessField,
  ProcessStep,
  ProcessTransition,
  StepKind,
  StepSignal,
} from '@courtyard/protocols/contract'
import type { Reason } from '../../reasons/reason.ts'
import type { WorkflowReason } from '../reasons.ts'
import { checkGuard } from './guard-check.ts'

export interface DefinitionFault {
  /** Null: the whole. */
  readonly step: string | null
  readonly reason: Reason
}

/** What a definition may refer to. */
export interface Surroundings {
  /** Null: nobody registered such a subject. */
  readonly subject: { readonly fields: readonly ProcessField[]; readonly actions: readonly string[] } | null
  readonly roles: ReadonlySet<string>
  /** People that can be asked. */
  readonly people: ReadonlySet<string>
}

export function checkDefinition(content: ProcessContent, around: Surroundings): DefinitionFault[] {
  const steps = new Map(content.steps.map((step) => [step.key, step]))
  const faults: DefinitionFault[] = []
  const add = (step: string | null, reason: WorkflowReason) => faults.push({ step, reason })
  const starts = content.steps.filter(({ kind }) => kind === 'start')
  if (!around.subject) add(null, { code: 'workflow.unknown_subject', subject: content.subject })
  if (starts.length === 0) add(null, { code: 'workflow.no_start' })
  for (const { key } of starts.slice(1)) add(key, { code: 'workflow.two_starts' })
  if (!content.steps.some(({ kind }) => kind === 'end')) add(null, { code: 'workflow.no_end' })
  if (content.workingTime.from >= content.workingTime.to) add(null, { code: 'workflow.working_time' })
  for (const key of repeated(content.steps)) add(key, { code: 'workflow.key_twice', key })
  for (const step of content.steps) {
    for (const reason of stepFaults(step, steps, around)) add(step.key, reason)
  }
  if (starts[0]) faults.push(...pathFaults(starts[0].key, steps))
  return faults
}

function repeated(steps: readonly ProcessStep[]): string[] {
  const keys = steps.map(({ key }) => key)
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))]
}

/** Signals that each kind of step must lead on from, and those that it may. */
const signals: Readonly<Record<StepKind, { must: readonly StepSignal[]; may: readonly StepSignal[] }>> = {
  start: { must: ['next'], may: [] },
  approval: { must: ['approved', 'refused'], may: ['sentBack'] },
  task: { must: ['done'], may: [] },
  action: { must: ['next'], may: [] },
  decision: { must: ['next'], may: [] },
  end: { must: [], may: [] },
}

function stepFaults(
  step: ProcessStep,
  steps: ReadonlyMap<string, ProcessStep>,
  around: Surroundings,
): WorkflowReason[] {
  return [
    ...signalFaults(step),
    ...step.transitions.flatMap((one) => wayFaults(step, one, steps, around)),
    ...ownFaults(step, around),
  ]
}

function signalFaults(step: ProcessStep): WorkflowReason[] {
  const timesOut = 'deadlines' in step && step.deadlines.some(({ then }) => then === 'timeOut')
  const must = [...signals[step.kind].must, ...(timesOut ? (['timedOut'] as const) : [])]
  const may = [...must, ...signals[step.kind].may]
  const given = new Set(step.transitions.map(({ on }) => on))
  return [
    ...must
      .filter((on) => !given.has(on))
      .map((on) => ({ code: 'workflow.signal_missing' as const, signal: signalWords[on] })),
    ...[...given]
      .filter((on) => !may.includes(on))
      .map((on) => ({ code: 'workflow.signal_foreign' as const, signal: signalWords[on] })),
    ...[...given].flatMap((on) =>
      orderFaults(
        on,
        step.transitions.filter((one) => one.on === on),
      ),
    ),
  ]
}

/** Whatever the fields say, one way has to be open, and none may stand behind one that always is. */
function orderFaults(on: StepSignal, ways: readonly ProcessTransition[]): WorkflowReason[] {
  const open = ways.findIndex(({ when }) => when === undefined)
  if (open < 0) return [{ code: 'workflow.no_default', signal: signalWords[on] }]
  return ways.slice(open + 1).map(({ to }) => ({ code: 'workflow.after_default', to }))
}

function wayFaults(
  step: ProcessStep,
  { to, when }: ProcessTransition,
  steps: ReadonlyMap<string, ProcessStep>,
  { subject }: Surroundings,
): WorkflowReason[] {
  const faults: WorkflowReason[] = []
  const target = steps.get(to)
  if (!target) faults.push({ code: 'workflow.unknown_target', to })
  else if (target.kind === 'start') faults.push({ code: 'workflow.to_start' })
  else if (to === step.key) faults.push({ code: 'workflow.to_itself' })
  if (when && subject) faults.push(...checkGuard(when, subject.fields))
  return faults
}

function ownFaults(step: ProcessStep, { subject, roles, people }: Surroundings): WorkflowReason[] {
  if (step.kind === 'action') {
    const known = subject === null || subject.actions.includes(step.action)
    return known ? [] : [{ code: 'workflow.unknown_action', action: step.action }]
  }
  if (step.kind !== 'approval' && step.kind !== 'task') return []
  const faults: WorkflowReason[] = []
  const { candidates, deadlines } = step
  if (candidates.length === 0) faults.push({ code: 'workflow.no_candidates' })
  const onlyStarter = candidates.length > 0 && candidates.every(({ kind }) => kind === 'starter')
  if (step.kind === 'approval' && step.withoutStarter && onlyStarter)
    faults.push({ code: 'workflow.starter_alone' })
  for (const { then, to } of deadlines) {
    if (then === 'escalate' && to.length === 0) faults.push({ code: 'workflow.escalate_to_nobody' })
  }
  faults.push(
    ...[...candidates, ...deadlines.flatMap(({ to }) => to)].flatMap((one) =>
      candidateFaults(one, roles, people),
    ),
  )
  if (step.kind === 'task' && subject) {
    const names = new Set(subject.fields.map(({ name }) => name))
    const unknown = step.edits.filter((field) => !names.has(field))
    faults.push(...unknown.map((field) => ({ code: 'workflow.unknown_field' as const, field })))
  }
  return faults
}

function candidateFaults(
  candidate: Candidate,
  roles: ReadonlySet<string>,
  people: ReadonlySet<string>,
): WorkflowReason[] {
  if (candidate.kind === 'role' && !roles.has(candidate.role))
    return [{ code: 'workflow.unknown_role', role: candidate.role }]
  if (candidate.kind === 'people' && candidate.ids.some((id) => !people.has(id)))
    return [{ code: 'workflow.unknown_person' }]
  return []
}

/** Steps that are never reached, from which there is no end, and loops in which nobody is ever asked. */
function pathFaults(start: string, steps: ReadonlyMap<string, ProcessStep>): DefinitionFault[] {
  const next = (key: string) =>
    (steps.get(key)?.transitions ?? []).map(({ to }) => to).filter((to) => steps.has(to))
  const reached = closure([start], next)
  const before = (key: string) =>
    [...steps.values()].filter((one) => next(one.key).includes(key)).map((one) => one.key)
  const ends = [...steps.values()].filter(({ kind }) => kind === 'end').map(({ key }) => key)
  const leading = closure(ends, before)
  const faults: DefinitionFault[] = []
  for (const key of steps.keys()) {
    if (!reached.has(key)) faults.push({ step: key, reason: { code: 'workflow.unreachable' } })
    else if (!leading.has(key) && ends.length > 0)
      faults.push({ step: key, reason: { code: 'workflow.never_ends' } })
  }
  const alone = [...reached].filter((key) => ['start', 'decision', 'action'].includes(steps.get(key)!.kind))
  const circling = alone.filter((key) =>
    closure(
      next(key).filter((to) => alone.includes(to)),
      (one) => next(one).filter((to) => alone.includes(to)),
    ).has(key),
  )
  if (circling.length > 0) {
    const reason: WorkflowReason = { code: 'workflow.automatic_loop', steps: circling.join(', ') }
    faults.push({ step: circling[0]!, reason })
  }
  return faults
}

function closure(from: readonly string[], next: (key: string) => readonly string[]): Set<string> {
  const seen = new Set<string>()
  const queue = [...from]
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (seen.has(key)) continue
    seen.add(key)
    queue.push(...next(key))
  }
  return seen
}

/** As the console calls them. */
const signalWords = {
  next: { zh: '下一步', en: 'next' },
  approved: { zh: '同意', en: 'approved' },
  refused: { zh: '不同意', en: 'refused' },
  sentBack: { zh: '退回', en: 'sent back' },
  done: { zh: '完成', en: 'done' },
  timedOut: { zh: '超时', en: 'time is over' },
} as const satisfies Record<StepSignal, { zh: string; en: string }>
