/**
 * A process under the lock of its row: moves go into the machine, what comes out is looked up or done, and in the end
 * all of it is saved. Everything happens in the transaction of the caller: either the whole step counts or none of it.
 */
import type { ProcessField, ProcessStep } from '@courtyard/protocols/contract'
import { fail } from '../errors.ts'
import { administrators, namesOf, peopleFor, type CandidateContext } from './directory.repository.ts'
import { advance, type Advance, type ProcessEffect, type ProcessSnapshot } from './engine/machine.ts'
import { CANCELLED, WITHDRAWN, type ProcessMove, type Vote } from './engine/process-state.ts'
import { excludesStarter, seatsFor, type WaitingStep } from './engine/votes.ts'
import { deadlineAt } from './engine/working-time.ts'
import { workflowErrors } from './errors.ts'
import { fieldsOf, type CompiledVersion } from './machines.ts'
import { tellNews } from './news.ts'
import { emitEvent } from '../webhooks/index.ts'
import { PROCESS_FINISHED } from './webhook-events.ts'
import { insertEvents, saveStanding, type NewEvent, type ProcessRow } from './process.repository.ts'
import { processSubject, type FinalOutcome, type ProcessInfo, type ProcessScene } from './subjects.ts'
import { closeRound, giveTask, insertTask, insertTimer, settleTask } from './task.repository.ts'

/** A definition without faults needs fewer; one that goes round for ever is stopped. */
const MOST_EFFECTS = 1_000

export class ProcessRun {
  readonly row: ProcessRow
  readonly scene: ProcessScene
  private readonly compiled: CompiledVersion
  private readonly before: ProcessSnapshot
  private snapshot: ProcessSnapshot
  private readonly events: NewEvent[] = []
  private readonly voices: { readonly seat: number; readonly vote: Vote }[] = []
  private readonly asked: string[] = []
  private readonly escalated: string[] = []
  private outcome: FinalOutcome | null = null

  constructor(scene: ProcessScene, row: ProcessRow, compiled: CompiledVersion) {
    this.scene = scene
    this.row = row
    this.compiled = compiled
    this.before = row.snapshot
    this.snapshot = row.snapshot
  }

  get standing(): ProcessSnapshot {
    return this.snapshot
  }
  get fieldTypes(): readonly ProcessField[] {
    return fieldsOf(this.compiled)
  }
  /** The step in which it waits for people; null when it is over. */
  get waiting(): WaitingStep | null {
    const step = this.step(this.snapshot.value)
    return step?.kind === 'approval' || step?.kind === 'task' ? step : null
  }
  get candidateContext(): CandidateContext {
    const { projectId, starterId } = this.row
    return { projectId, starterId, now: this.scene.now }
  }
  get info(): ProcessInfo {
    const { id, projectId, key, subjectId, title, starterId } = this.row
    return {
      id,
      projectId,
      definition: key,
      subjectId,
      title,
      starterId,
      fields: this.snapshot.context.fields,
    }
  }

  /** What happened, in the order in which it is told. */
  note(event: NewEvent): void {
    this.events.push(event)
  }

  /** A voice that was let in: written down whatever step it leads to. */
  async vote(move: Extract<ProcessMove, { type: 'VOTE' }>): Promise<void> {
    this.voices.push({ seat: move.seat, vote: move.vote })
    await this.move(move)
  }

  /** Goes on from what was just begun. */
  async settle(first: Advance): Promise<void> {
    this.snapshot = first.snapshot
    const effects = [...first.effects]
    for (let count = 0; effects.length > 0; count++) {
      if (count > MOST_EFFECTS) throw new Error(`process ${this.row.id} goes round for ever`)
      effects.push(...(await this.carryOut(effects.shift()!)))
    }
  }

  async move(move: ProcessMove): Promise<void> {
    const fields = JSON.stringify(this.snapshot.context.fields)
    await this.settle(advance(this.compiled.machine, this.snapshot, move))
    if (this.snapshot.value === WITHDRAWN) this.outcome = 'withdrawn'
    if (this.snapshot.value === CANCELLED) this.outcome = 'cancelled'
    if (JSON.stringify(this.snapshot.context.fields) !== fields) {
      await processSubject(this.row.subjectKind)?.onFieldsChanged?.(this.scene, this.info)
    }
  }

  /** @throws AppError `process.changed` when the row is not what it was */
  async save(): Promise<void> {
    const { tx, now } = this.scene
    await this.saveTasks()
    if (this.outcome !== null) {
      this.note({ kind: 'finished', outcome: this.outcome })
      await processSubject(this.row.subjectKind)?.onFinished?.(this.scene, this.info, this.outcome)
    }
    await insertEvents(tx, this.row.id, now, this.events)
    const moved = this.snapshot.context.round !== this.before.context.round || this.outcome !== null
    const ended = this.outcome === 'withdrawn' || this.outcome === 'cancelled' ? this.outcome : 'finished'
    const saved = await saveStanding(tx, this.row.id, this.row.revision, {
      state: this.outcome === null ? 'running' : ended,
      outcome: ended === 'finished' ? this.outcome : null,
      // Ended from outside: it stays where it stood
      step: this.snapshot.value.startsWith('$') ? this.row.step : this.snapshot.value,
      snapshot: this.snapshot,
      since: moved ? now : this.row.since,
      finishedAt: this.outcome === null ? null : now,
    })
    if (!saved) throw fail(workflowErrors.changed, 'It changed meanwhile', { id: this.row.id })
    await this.tellOthers()
    await this.tell()
  }

  private async tellOthers(): Promise<void> {
    if (this.outcome === null) return
    const { id: processId, key: definition, projectId, subjectKind, subjectId } = this.row
    const data = { processId, definition, outcome: this.outcome, subjectKind, subjectId }
    await emitEvent(this.scene.tx, this.scene.now, { type: PROCESS_FINISHED, projectId, data })
  }

  private tell(): Promise<void> {
    const holdersIn = ({ context }: ProcessSnapshot) =>
      context.seats.flatMap(({ holders, vote }) => (vote ? [] : holders))
    return tellNews(this.scene, {
      ...{ row: this.row, waiting: this.outcome === null ? this.waiting : null },
      ...{ asked: this.asked, escalated: this.escalated, events: this.events, outcome: this.outcome },
      stepNames: new Map([...this.compiled.machine.steps].map(([key, { name }]) => [key, name])),
      ...{ holders: holdersIn(this.snapshot), heldBefore: holdersIn(this.before) },
    })
  }

  private step(key: string): ProcessStep | null {
    return this.compiled.machine.steps.get(key) ?? null
  }

  private async carryOut(effect: ProcessEffect): Promise<readonly ProcessEffect[]> {
    switch (effect.type) {
      case 'entered':
        this.note({ kind: 'entered', step: effect.step })
        return []
      case 'finish':
        this.outcome = effect.outcome
        return []
      case 'ask':
        return this.answer({ type: 'SEAT', seats: await this.seats(this.step(effect.step) as WaitingStep) })
      case 'act':
        await this.act(effect.step, effect.action)
        return this.answer({ type: 'ACT' })
    }
  }

  private answer(move: ProcessMove): readonly ProcessEffect[] {
    const { snapshot, effects } = advance(this.compiled.machine, this.snapshot, move)
    this.snapshot = snapshot
    return effects
  }

  private async act(step: string, action: string): Promise<void> {
    const known = processSubject(this.row.subjectKind)?.actions?.[action]
    if (!known) throw new Error(`process subject ${this.row.subjectKind} has no action ${action}`)
    await known.run(this.scene, this.info)
    this.note({ kind: 'acted', step })
  }

  /** Nobody fits: the administrators; nor they: it waits until somebody gives it to a person. */
  private async seats(step: WaitingStep): Promise<string[][]> {
    const { tx } = this.scene
    const fitting = (people: readonly string[]) =>
      excludesStarter(step) ? people.filter((id) => id !== this.row.starterId) : people
    const asked = fitting(await peopleFor(tx, step.candidates, this.candidateContext))
    const people = asked.length > 0 ? asked : fitting(await administrators(tx, this.candidateContext))
    const kind = asked.length > 0 ? 'entered' : people.length > 0 ? 'fallback' : 'nobody'
    // The step was told of when it was entered: whom it asks is added there
    if (kind === 'entered') this.events.pop()
    this.note({ kind, step: step.key, people })
    return seatsFor(step, people)
  }

  /** Brings the rows that people and clocks look at to what the machine says. */
  private async saveTasks(): Promise<void> {
    const { tx, now } = this.scene
    const old = this.before.context
    const { round, seats } = this.snapshot.context
    const step = this.waiting
    const here = { processId: this.row.id, step: step?.key ?? '', round, at: now }
    await this.saveVotes()
    if (round !== old.round || !step) await closeRound(tx, { ...here, round: step ? round - 1 : round })
    if (!step) return
    const known = new Map(round === old.round ? old.seats.map((seat) => [seat.no, seat]) : [])
    const dueAt = round === old.round ? this.dueAt(step, this.row.since) : this.dueAt(step, now)
    for (const seat of seats) {
      const before = known.get(seat.no)
      if (!before) {
        await insertTask(tx, here, seat, seat.overrides ? null : dueAt)
        ;(seat.overrides ? this.escalated : this.asked).push(...seat.holders)
      } else if (before.holders.join() !== seat.holders.join()) {
        await giveTask(tx, here, seat)
        this.asked.push(...seat.holders.filter((id) => !before.holders.includes(id)))
      }
    }
    if (round === old.round) return
    for (const [index, { after }] of step.deadlines.entries()) {
      await insertTimer(tx, here, index, this.deadline(after, now))
    }
  }

  private async saveVotes(): Promise<void> {
    const { tx, now } = this.scene
    const at = { processId: this.row.id, round: this.before.context.round }
    const names = await namesOf(
      tx,
      this.voices.flatMap(({ vote }) => [vote.by, vote.behalfOf ?? vote.by]),
    )
    for (const { seat, vote } of this.voices) {
      const by = names.get(vote.by) ?? ''
      const behalfOf = vote.behalfOf === null ? null : (names.get(vote.behalfOf) ?? '')
      await settleTask(tx, at, seat, { outcome: vote.outcome, byId: vote.by, by, behalfOf, at: now })
    }
  }

  private dueAt(step: WaitingStep, from: Date): Date | null {
    const ends = step.deadlines.map(({ after }) => this.deadline(after, from).getTime())
    return ends.length > 0 ? new Date(Math.min(...ends)) : null
  }

  private deadline(after: WaitingStep['deadlines'][number]['after'], from: Date): Date {
    return deadlineAt(from, after, this.compiled.version.content.workingTime, this.row.timeZone)
  }
}
