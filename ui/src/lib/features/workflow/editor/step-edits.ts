/** Edits of a definition that concern more than one field. */
import type { ProcessContent, ProcessStep, StepSignal } from '@courtyard/protocols/contract'

/** What each kind of step leads on from. */
export const signalsOf: Readonly<Record<ProcessStep['kind'], readonly StepSignal[]>> = {
  start: ['next'],
  approval: ['approved', 'refused', 'sentBack', 'timedOut'],
  task: ['done', 'timedOut'],
  action: ['next'],
  decision: ['next'],
  end: [],
}

const blankNames: Readonly<Record<ProcessStep['kind'], { zh: string; en: string }>> = {
  start: { zh: '发起', en: 'Start' },
  approval: { zh: '审批', en: 'Approval' },
  task: { zh: '任务', en: 'Task' },
  action: { zh: '自动执行', en: 'Automatic' },
  decision: { zh: '条件分支', en: 'Decision' },
  end: { zh: '结束', en: 'End' },
}

/** A step of a kind with a key that nobody has; leads to the ends that are there. */
export function blankStep(kind: ProcessStep['kind'], content: ProcessContent): ProcessStep {
  const keys = new Set(content.steps.map(({ key }) => key))
  let number = 1
  while (keys.has(`${kind}${number}`)) number++
  const key = `${kind}${number}`
  const end = (outcome: string): string => {
    const ends = content.steps.filter((one) => one.kind === 'end')
    return (ends.find((one) => one.outcome === outcome) ?? ends[0])?.key ?? key
  }
  const base = { key, name: { ...blankNames[kind] } }
  const people = { candidates: [], deadlines: [] }
  switch (kind) {
    case 'approval':
      return {
        ...{ ...base, ...people, kind, rule: 'one', withoutStarter: true },
        transitions: [
          { on: 'approved', to: end('approved') },
          { on: 'refused', to: end('refused') },
        ],
      }
    case 'task':
      return {
        ...{ ...base, ...people, kind, instruction: { zh: '', en: '' }, edits: [] },
        transitions: [{ on: 'done', to: end('done') }],
      }
    case 'action':
      return { ...base, kind, action: '-', transitions: [{ on: 'next', to: end('done') }] }
    case 'end':
      return { ...base, kind, outcome: 'done', transitions: [] }
    case 'start':
    case 'decision':
      return { ...base, kind, transitions: [{ on: 'next', to: end('approved') }] }
  }
}

/**
 * Puts a new step behind the one that is chosen: its first way leads through the new one, which goes on to where that
 * way led. Ends and steps without a way are only added.
 */
export function connectStep(
  content: ProcessContent,
  step: ProcessStep,
  after: string | null,
): ProcessContent {
  const before = content.steps.find(({ key }) => key === after)
  const way = before?.transitions[0]
  const at = before ? content.steps.indexOf(before) + 1 : content.steps.length
  const place = (steps: ProcessStep[], added: ProcessStep) => [
    ...steps.slice(0, at),
    added,
    ...steps.slice(at),
  ]
  if (!before || !way || step.kind === 'end') return { ...content, steps: place(content.steps, step) }
  const [first, ...rest] = step.transitions
  const through = { ...step, transitions: first ? [{ ...first, to: way.to }, ...rest] : [] } as ProcessStep
  const steps = content.steps.map((one) =>
    one === before ? { ...one, transitions: [{ ...way, to: step.key }, ...one.transitions.slice(1)] } : one,
  )
  return { ...content, steps: place(steps, through) }
}

/** Ways to a step that goes lead to where its own first way led. */
export function withoutStep(content: ProcessContent, key: string): ProcessContent {
  const gone = content.steps.find((one) => one.key === key)
  const next = gone?.transitions.map(({ to }) => to).find((to) => to !== key)
  const steps = content.steps
    .filter((one) => one.key !== key)
    .map((one) => ({
      ...one,
      transitions: one.transitions.flatMap((way) =>
        way.to !== key ? [way] : next && next !== one.key ? [{ ...way, to: next }] : [],
      ),
    }))
  return { ...content, steps }
}

/** A definition to begin with: one approval. */
export function blankDefinition(name: { zh: string; en: string }, subject: string): ProcessContent {
  return {
    name,
    subject,
    workingTime: { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' },
    steps: [
      { kind: 'start', key: 'start', name: blankNames.start, transitions: [{ on: 'next', to: 'approval' }] },
      {
        ...{
          kind: 'approval',
          key: 'approval',
          name: blankNames.approval,
          rule: 'one',
          withoutStarter: true,
        },
        candidates: [{ kind: 'role', role: 'manager' }],
        deadlines: [],
        transitions: [
          { on: 'approved', to: 'approved' },
          { on: 'refused', to: 'refused' },
        ],
      },
      {
        kind: 'end',
        key: 'approved',
        name: { zh: '通过', en: 'Approved' },
        transitions: [],
        outcome: 'approved',
      },
      {
        kind: 'end',
        key: 'refused',
        name: { zh: '不通过', en: 'Refused' },
        transitions: [],
        outcome: 'refused',
      },
    ],
  }
}
