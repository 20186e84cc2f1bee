/**
 * A definition compiled to a state machine of XState: one state per step. The machine only computes; what has to be
 * looked up or done (who is asked, the module's action) comes out as an effect and goes back in as a move.
 */
import {
  assign,
  createMachine,
  initialTransition,
  transition,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from 'xstate'
import type {
  ProcessContent,
  ProcessField,
  ProcessFields,
  ProcessOutcome,
  ProcessStep,
  StepSignal,
} from '@courtyard/protocols/contract'
import { holds, kindsOf, type FieldKinds } from './guard.ts'
import { CANCELLED, WITHDRAWN, type ProcessContext, type ProcessMove, type Seat } from './process-state.ts'
import { refusalOf, tally, type WaitingStep } from './votes.ts'

export interface ProcessMachine {
  readonly machine: AnyStateMachine
  readonly steps: ReadonlyMap<string, ProcessStep>
}

/** Where a process stands; plain JSON. */
export interface ProcessSnapshot {
  readonly status: 'active' | 'done'
  /** Key of the step. */
  readonly value: string
  readonly context: ProcessContext
}

export type ProcessEffect =
  | { readonly type: 'entered'; readonly step: string }
  /** The step waits for people: find them and answer with `SEAT`. */
  | { readonly type: 'ask'; readonly step: string }
  /** Do the module's action and answer with `ACT`. */
  | { readonly type: 'act'; readonly step: string; readonly action: string }
  | { readonly type: 'finish'; readonly step: string; readonly outcome: ProcessOutcome }

export interface Advance {
  readonly snapshot: ProcessSnapshot
  /** In the order in which they came about. */
  readonly effects: readonly ProcessEffect[]
}

type Scene<E extends ProcessMove['type'] = ProcessMove['type']> = {
  readonly context: ProcessContext
  readonly event: Extract<ProcessMove, { type: E }>
}

export function compile(content: ProcessContent, fields: readonly ProcessField[]): ProcessMachine {
  const kinds = kindsOf(fields)
  const start = content.steps.find(({ kind }) => kind === 'start')!
  const machine = createMachine({
    id: 'process',
    initial: start.key,
    context: ({ input }: { input: Begin }) => ({ ...input, round: 0, seats: [], timedOut: false }),
    on: {
      WITHDRAW: { target: `.${WITHDRAWN}` },
      CANCEL: { target: `.${CANCELLED}` },
      CHANGE: { actions: assign(({ context, event }: Scene<'CHANGE'>) => merge(context, event.fields)) },
    },
    states: {
      ...Object.fromEntries(content.steps.map((step) => [step.key, stateOf(step, kinds)])),
      [WITHDRAWN]: { type: 'final' },
      [CANCELLED]: { type: 'final' },
    },
  } as never) as AnyStateMachine
  return { machine, steps: new Map(content.steps.map((step) => [step.key, step])) }
}

interface Begin {
  readonly starterId: string
  readonly fields: ProcessFields
}

export function begin({ machine }: ProcessMachine, input: Begin): Advance {
  return advanced(initialTransition(machine, input as never))
}

/** A move that the state does not take changes nothing: whether it counts is asked before (`refusalOf`). */
export function advance({ machine }: ProcessMachine, from: ProcessSnapshot, move: ProcessMove): Advance {
  return advanced(transition(machine, restored(machine, from), move))
}

function restored(machine: AnyStateMachine, { value, context, status }: ProcessSnapshot): AnyMachineSnapshot {
  return machine.resolveState({ value, context, status })
}

function advanced([snapshot, actions]: readonly [
  AnyMachineSnapshot,
  readonly { type: string; params?: unknown }[],
]): Advance {
  const { value, context, status } = snapshot as { value: string; context: ProcessContext; status: string }
  const effects = actions.map(({ type, params }) => ({ type, ...(params as object) }) as ProcessEffect)
  return {
    snapshot: {
      status: status === 'done' ? 'done' : 'active',
      value,
      context,
    },
    effects,
  }
}

function stateOf(step: ProcessStep, kinds: FieldKinds): object {
  const entered = effect('entered', { step: step.key })
  switch (step.kind) {
    case 'start':
    case 'decision':
      return { entry: [entered], always: branches(step, kinds, () => 'next') }
    case 'action':
      return {
        entry: [entered, effect('act', { step: step.key, action: step.action })],
        on: { ACT: branches(step, kinds, () => 'next') },
      }
    case 'end':
      return {
        type: 'final',
        entry: [clear, entered, effect('finish', { step: step.key, outcome: step.outcome })],
      }
    case 'approval':
    case 'task':
      return waitingState(step, kinds, entered)
  }
}

function waitingState(step: WaitingStep, kinds: FieldKinds, entered: object): object {
  const newRound = assign(({ context }: Scene) => ({ round: context.round + 1, seats: [], timedOut: false }))
  const thisRound = ({ context, event }: { context: ProcessContext; event: { round: number } }) =>
    event.round === context.round
  return {
    entry: [newRound, entered, effect('ask', { step: step.key })],
    exit: [clear],
    always: branches(step, kinds, ({ seats, timedOut }) => (timedOut ? 'timedOut' : tally(step, seats))),
    on: {
      SEAT: {
        guard: ({ context }: Scene) => context.seats.length === 0,
        actions: assign(({ event }: Scene<'SEAT'>) => ({
          seats: event.seats.map((holders, index) => seat(index + 1, holders, false)),
        })),
      },
      VOTE: {
        guard: ({ context, event }: Scene<'VOTE'>) => refusalOf(step, context, event) === null,
        actions: assign(({ context, event }: Scene<'VOTE'>) => ({
          ...merge(context, event.fields),
          seats: changeSeat(context.seats, event.seat, { vote: event.vote }),
        })),
      },
      ESCALATE: {
        guard: thisRound,
        actions: assign(({ context, event }: Scene<'ESCALATE'>) => ({
          seats: [...context.seats, seat(context.seats.length + 1, event.holders, true)],
        })),
      },
      TIME_OUT: {
        guard: (scene: Scene<'TIME_OUT'>) =>
          thisRound(scene) && step.transitions.some(({ on }) => on === 'timedOut'),
        actions: assign({ timedOut: true }),
      },
      REASSIGN: {
        guard: thisRound,
        actions: assign(({ context, event }: Scene<'REASSIGN'>) => ({
          seats: changeSeat(context.seats, event.seat, { holders: [event.to] }),
        })),
      },
    },
  }
}

const clear = assign({ seats: () => [], timedOut: false })

const seat = (no: number, holders: readonly string[], overrides: boolean): Seat => ({ no, holders, overrides, vote: null }) // prettier-ignore

function changeSeat(seats: readonly Seat[], no: number, change: Partial<Seat>): Seat[] {
  return seats.map((one) => (one.no === no && one.vote === null ? { ...one, ...change } : one))
}

function merge(context: ProcessContext, fields: ProcessFields): Pick<ProcessContext, 'fields'> {
  return { fields: { ...context.fields, ...fields } }
}

const effect = (type: ProcessEffect['type'], params: object) => ({ type, params })

/** The transitions of a step in their order: the first whose signal was given and whose guard holds. */
function branches(
  step: ProcessStep,
  kinds: FieldKinds,
  signalOf: (context: ProcessContext) => StepSignal | null,
): object[] {
  return step.transitions.map(({ on, when, to }) => ({
    target: to,
    guard: ({ context }: Scene) => signalOf(context) === on && holds(when, context.fields, kinds),
  }))
}
