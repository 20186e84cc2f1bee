/** What processes, steps and answers are called. */
import type {
  Candidate,
  Guard,
  ProcessDetail,
  ProcessEvent,
  ProcessField,
  ProcessStep,
  ProcessSummary,
  StepSignal,
  TaskOutcome,
} from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { day, label, quantity } from '#lib/format/index.svelte.ts'
import { m } from '#lib/paraglide/messages.js'

type Operator = Guard['anyOf'][number]['allOf'][number]['is']

export const kindWords: Readonly<Record<ProcessStep['kind'], () => string>> = {
  start: m.wf_kind_start,
  approval: m.wf_kind_approval,
  task: m.wf_kind_task,
  action: m.wf_kind_action,
  decision: m.wf_kind_decision,
  end: m.wf_kind_end,
}
export const signalWords: Readonly<Record<StepSignal, () => string>> = {
  next: m.wf_signal_next,
  approved: m.wf_signal_approved,
  refused: m.wf_signal_refused,
  sentBack: m.wf_signal_sentBack,
  done: m.wf_signal_done,
  timedOut: m.wf_signal_timedOut,
}
export const doWords: Readonly<Record<TaskOutcome, () => string>> = {
  approved: m.wf_do_approved,
  refused: m.wf_do_refused,
  sentBack: m.wf_do_sentBack,
  done: m.wf_do_done,
}
export const doneWords: Readonly<Record<TaskOutcome, () => string>> = {
  approved: m.wf_done_approved,
  refused: m.wf_done_refused,
  sentBack: m.wf_done_sentBack,
  done: m.wf_done_done,
}
export const outcomeWords: Readonly<Record<'approved' | 'refused' | 'done', () => string>> = {
  approved: m.wf_outcome_approved,
  refused: m.wf_outcome_refused,
  done: m.wf_outcome_done,
}
export const stateWords: Readonly<Record<ProcessSummary['state'], () => string>> = {
  running: m.wf_state_running,
  finished: m.wf_state_finished,
  withdrawn: m.wf_state_withdrawn,
  cancelled: m.wf_state_cancelled,
}
export const operatorWords: Readonly<Record<Operator, () => string>> = {
  eq: m.wf_is_eq,
  ne: m.wf_is_ne,
  gt: m.wf_is_gt,
  ge: m.wf_is_ge,
  lt: m.wf_is_lt,
  le: m.wf_is_le,
  in: m.wf_is_in,
  notIn: m.wf_is_notIn,
}
export const ruleWords = { one: m.wf_rule_one, all: m.wf_rule_all, majority: m.wf_rule_majority } as const

/** The state of a process in a word. */
export function stateOf(process: Pick<ProcessSummary, 'state' | 'outcome' | 'overdue'>): {
  tone: Tone
  text: string
} {
  if (process.state === 'finished' && process.outcome) {
    return {
      tone: process.outcome === 'refused' ? 'fault' : 'ok',
      text: outcomeWords[process.outcome](),
    }
  }
  if (process.state !== 'running') return { tone: 'unknown', text: stateWords[process.state]() }
  return process.overdue
    ? { tone: 'attention', text: m.wf_overdue() }
    : { tone: 'accent', text: m.wf_state_running() }
}

/** A value of a field as people write it. */
export function valueText(
  field: ProcessField | undefined,
  value: string | boolean | null | undefined,
): string {
  if (value === null || value === undefined || value === '') return '—'
  if (typeof value === 'boolean') return value ? m.wf_yes() : m.wf_no()
  if (!field) return value
  if (field.kind === 'boolean') return value === 'true' ? m.wf_yes() : m.wf_no()
  if (field.kind === 'choice') {
    const option = field.options.find((one) => one.value === value)
    return option ? label(option.label) : value
  }
  if (field.kind === 'day') return day(value)
  if (field.kind === 'decimal' || field.kind === 'integer') {
    const text = quantity(value, undefined, field.scale === 2 ? 2 : undefined)
    return field.unit ? `${text} ${field.unit}` : text
  }
  return value
}

/** `金额 大于 5,000 元 并且 …`. */
export function guardText(guard: Guard, fields: readonly ProcessField[]): string {
  return guard.anyOf
    .map(({ allOf }) =>
      allOf
        .map(({ field: name, is, values }) => {
          const field = fields.find((one) => one.name === name)
          const many = is === 'in' || is === 'notIn'
          const value = (many ? values : values.slice(0, 1)).map((one) => valueText(field, one)).join(', ')
          return `${field ? label(field.label) : name} ${operatorWords[is]()} ${value}`
        })
        .join(` ${m.wf_condition_and()} `),
    )
    .join(` ${m.wf_condition_or()} `)
}

/** Who is asked: roles and people by name. */
export function candidatesText(candidates: readonly Candidate[], names: CandidateNames): string {
  return candidates
    .map((one) => {
      if (one.kind === 'role') return names.role(one.role)
      if (one.kind === 'people') return one.ids.map((id) => names.person(id)).join('、')
      return one.kind === 'starter' ? m.wf_candidate_starter() : m.wf_candidate_departmentHead()
    })
    .join('、')
}
export interface CandidateNames {
  role(code: string): string
  person(id: string): string
}

/** What happened, without who did it. */
export function eventText(event: ProcessEvent, { content }: Pick<ProcessDetail, 'content'>): string {
  const found = content.steps.find(({ key }) => key === event.step)
  const step = found ? label(found.name) : (event.step ?? '')
  const people = event.people.join('、')
  switch (event.kind) {
    case 'entered':
      return people ? m.wf_event_entered_asks({ step, people }) : m.wf_event_entered({ step })
    case 'decided':
      return m.wf_event_decided({ step, outcome: signalWords[event.outcome as TaskOutcome]?.() ?? '' })
    case 'escalated':
      return people ? m.wf_event_escalated({ step, people }) : m.wf_event_escalated_nobody({ step })
    case 'fallback':
      return m.wf_event_fallback({ step, people })
    case 'reassigned':
      return m.wf_event_reassigned({ step, people })
    case 'finished':
      return m.wf_event_finished({ outcome: finishText(event.outcome) })
    case 'nobody':
      return m.wf_event_nobody({ step })
    case 'overdue':
      return m.wf_event_overdue({ step })
    case 'expired':
      return m.wf_event_expired({ step })
    case 'acted':
      return m.wf_event_acted({ step })
    case 'started':
      return m.wf_event_started()
    case 'changed':
      return m.wf_event_changed()
    case 'commented':
      return m.wf_event_commented()
    case 'withdrawn':
      return m.wf_event_withdrawn()
    case 'cancelled':
      return m.wf_event_cancelled()
  }
}

function finishText(outcome: string | null): string {
  if (outcome === 'approved' || outcome === 'refused' || outcome === 'done') return outcomeWords[outcome]()
  return outcome === 'withdrawn' ? m.wf_state_withdrawn() : m.wf_state_cancelled()
}

export const eventTone: Partial<Record<ProcessEvent['kind'], Tone>> = {
  escalated: 'attention',
  overdue: 'attention',
  expired: 'attention',
  fallback: 'attention',
  nobody: 'fault',
  withdrawn: 'unknown',
  cancelled: 'unknown',
}
