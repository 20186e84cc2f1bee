/** Definitions for tests of the engine. */
import type {
  ProcessContent,
  ProcessStep,
  ProcessTransition,
  StepSignal,
} from '@courtyard/protocols/contract'
import { processField } from '../subjects.ts'
import type { Surroundings } from './definition-check.ts'
import { advance, begin, type Advance, type ProcessMachine, type ProcessSnapshot } from './machine.ts'
import type { ProcessMove, Vote } from './process-state.ts'
import { seatsFor, type WaitingStep } from './votes.ts'

export const fields = [
  processField({ name: 'amount', label: { zh: '金额', en: 'Amount' }, kind: 'decimal', scale: 2 }),
  processField({ name: 'urgent', label: { zh: '加急', en: 'Urgent' }, kind: 'boolean' }),
  processField({ name: 'day', label: { zh: '日期', en: 'Day' }, kind: 'day' }),
]
export const around: Surroundings = {
  subject: { fields, actions: ['stamp'] },
  roles: new Set(['manager']),
  people: new Set(),
}

const words = (text: string) => ({ zh: text, en: text })
export const way = (on: StepSignal, to: string, above?: string): ProcessTransition => ({
  on,
  to,
  ...(above === undefined
    ? {}
    : { when: { anyOf: [{ allOf: [{ field: 'amount', is: 'gt', values: [above] }] }] } }),
})
export const start = (...transitions: ProcessTransition[]): ProcessStep => ({ kind: 'start', key: 'start', name: words('start'), transitions }) // prettier-ignore
export const end = (key: string, outcome: 'approved' | 'refused' | 'done'): ProcessStep => ({ kind: 'end', key, name: words(key), outcome, transitions: [] }) // prettier-ignore
export const decision = (key: string, ...transitions: ProcessTransition[]): ProcessStep => ({ kind: 'decision', key, name: words(key), transitions }) // prettier-ignore
export const action = (key: string, to: string): ProcessStep => ({ kind: 'action', key, name: words(key), action: 'stamp', transitions: [way('next', to)] }) // prettier-ignore

const asked = { candidates: [{ kind: 'role' as const, role: 'manager' }], deadlines: [] }
export function approval(
  key: string,
  transitions: ProcessTransition[],
  more: Partial<Extract<ProcessStep, { kind: 'approval' }>> = {},
): Extract<ProcessStep, { kind: 'approval' }> {
  return {
    kind: 'approval',
    key,
    name: words(key),
    rule: 'one',
    withoutStarter: true,
    transitions,
    ...asked,
    ...more,
  }
}
export function task(key: string, to: string): ProcessStep {
  const instruction = words('')
  return {
    kind: 'task',
    key,
    name: words(key),
    instruction,
    edits: [],
    transitions: [way('done', to)],
    ...asked,
  }
}
export function definition(...steps: ProcessStep[]): ProcessContent {
  const workingTime = { days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }
  return { name: words('Test'), subject: 'request', workingTime, steps }
}

/** A process that is played without a database: people are asked as `people` says, actions are done at once. */
export class Play {
  readonly machine: ProcessMachine
  readonly people: readonly string[]
  readonly entered: string[] = []
  snapshot: ProcessSnapshot

  constructor(machine: ProcessMachine, people: readonly string[], amount = '0') {
    this.machine = machine
    this.people = people
    const first = begin(machine, { starterId: 'starter', fields: { amount } })
    this.snapshot = first.snapshot
    this.take(first)
  }
  get step(): string {
    return this.snapshot.value
  }
  get waiting(): WaitingStep | null {
    const step = this.machine.steps.get(this.step)
    return step?.kind === 'approval' || step?.kind === 'task' ? step : null
  }
  vote(
    by: string,
    outcome: Vote['outcome'],
    more: { seat?: number; behalfOf?: string; round?: number } = {},
  ): this {
    const { seats, round } = this.snapshot.context
    const own = seats.find(({ holders, vote }) => !vote && holders.includes(more.behalfOf ?? by))
    const seat = more.seat ?? own?.no ?? 1
    return this.move({
      ...{ type: 'VOTE', seat, round: more.round ?? round, fields: {} },
      vote: { by, behalfOf: more.behalfOf ?? null, outcome },
    })
  }
  move(move: ProcessMove): this {
    // Through JSON, as it is kept
    const stored = JSON.parse(JSON.stringify(this.snapshot)) as ProcessSnapshot
    this.take(advance(this.machine, stored, move))
    return this
  }
  private take({ snapshot, effects }: Advance): void {
    this.snapshot = snapshot
    for (const effect of effects) {
      if (effect.type === 'entered') this.entered.push(effect.step)
      if (effect.type === 'act') this.move({ type: 'ACT' })
      if (effect.type === 'ask') this.move({ type: 'SEAT', seats: seatsFor(this.waiting!, this.people) })
    }
  }
}
