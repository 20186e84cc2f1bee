/** Voices and deadlines of the step that a process waits in, inside the transaction of the caller. */
import { rowsOf, type WorkflowClient, type WorkflowReader } from './client.ts'
import type { Seat } from './engine/process-state.ts'

export interface TaskRow {
  readonly id: string
  readonly processId: string
  readonly step: string
  readonly round: number
  readonly seat: number
  readonly state: 'open' | 'decided' | 'cancelled'
}

export async function taskById(client: WorkflowReader, id: string): Promise<TaskRow | null> {
  const rows = await rowsOf<TaskRow>(
    client,
    `select id, process_id as "processId", step, round, seat, state from process_task where id = $1::uuid`,
    [id],
  )
  return rows[0] ?? null
}

export interface OpenStep {
  readonly processId: string
  readonly step: string
  readonly round: number
  readonly at: Date
}

export async function insertTask(
  client: WorkflowClient,
  { processId, step, round, at }: OpenStep,
  seat: Seat,
  dueAt: Date | null,
): Promise<void> {
  const [row] = await rowsOf<{ id: string }>(
    client,
    `insert into process_task (process_id, step, round, seat, escalated, opened_at, due_at)
     values ($1::uuid, $2, $3::int, $4::int, $5::boolean, $6::timestamptz, $7::timestamptz) returning id`,
    [processId, step, round, seat.no, seat.overrides, at.toISOString(), dueAt?.toISOString() ?? null],
  )
  await setHolders(client, row!.id, seat.holders)
}

async function setHolders(client: WorkflowClient, taskId: string, holders: readonly string[]): Promise<void> {
  await rowsOf(client, `delete from process_task_holder where task_id = $1::uuid`, [taskId])
  await rowsOf(
    client,
    `insert into process_task_holder (task_id, user_id)
     select $1::uuid, value::uuid from jsonb_array_elements_text($2::jsonb)`,
    [taskId, JSON.stringify(holders)],
  )
}

export async function giveTask(
  client: WorkflowClient,
  { processId, round }: Pick<OpenStep, 'processId' | 'round'>,
  seat: Seat,
): Promise<void> {
  const [row] = await rowsOf<{ id: string }>(
    client,
    `select id from process_task where process_id = $1::uuid and round = $2::int and seat = $3::int`,
    [processId, round, seat.no],
  )
  await setHolders(client, row!.id, seat.holders)
}

export interface TaskDecision {
  readonly outcome: string
  readonly byId: string
  readonly by: string
  readonly behalfOf: string | null
  readonly at: Date
}

export async function settleTask(
  client: WorkflowClient,
  { processId, round }: Pick<OpenStep, 'processId' | 'round'>,
  seat: number,
  { outcome, byId, by, behalfOf, at }: TaskDecision,
): Promise<void> {
  await rowsOf(
    client,
    `update process_task set state = 'decided', outcome = $4, by_id = $5::uuid, by = $6, behalf_of = $7,
       decided_at = $8::timestamptz
     where process_id = $1::uuid and round = $2::int and seat = $3::int and state = 'open'`,
    [processId, round, seat, outcome, byId, by, behalfOf, at.toISOString()],
  )
}

/** The step was left: what is still open of it is not asked any more, and its deadlines mean nothing. */
export async function closeRound(
  client: WorkflowClient,
  { processId, round, at }: Pick<OpenStep, 'processId' | 'round' | 'at'>,
): Promise<void> {
  await rowsOf(
    client,
    `update process_task set state = 'cancelled' where process_id = $1::uuid and round <= $2::int and state = 'open'`,
    [processId, round],
  )
  await rowsOf(
    client,
    `update process_timer set done_at = $3::timestamptz
     where process_id = $1::uuid and round <= $2::int and done_at is null`,
    [processId, round, at.toISOString()],
  )
}

export async function insertTimer(
  client: WorkflowClient,
  { processId, step, round }: OpenStep,
  deadline: number,
  dueAt: Date,
): Promise<void> {
  await rowsOf(
    client,
    `insert into process_timer (process_id, step, round, deadline, due_at)
     values ($1::uuid, $2, $3::int, $4::int, $5::timestamptz)`,
    [processId, step, round, deadline, dueAt.toISOString()],
  )
}

export interface TimerRow {
  readonly id: string
  readonly processId: string
  readonly step: string
  readonly round: number
  readonly deadline: number
  readonly dueAt: Date
}

/** Oldest first, after the one given: those that fail do not stand in the way of the others. */
export async function dueTimers(
  client: WorkflowReader,
  now: Date,
  after: { readonly dueAt: Date; readonly id: string } | null,
  limit: number,
): Promise<TimerRow[]> {
  return rowsOf<TimerRow>(
    client,
    `select id, process_id as "processId", step, round, deadline, due_at as "dueAt" from process_timer
     where done_at is null and due_at <= $1::timestamptz
       and ($2::timestamptz is null or (due_at, id) > ($2::timestamptz, $3::uuid))
     order by due_at, id limit $4::int`,
    [now.toISOString(), after?.dueAt.toISOString() ?? null, after?.id ?? null, limit],
  )
}

/** @returns false when another process was faster */
export async function takeTimer(client: WorkflowClient, id: string, now: Date): Promise<boolean> {
  const rows = await rowsOf(
    client,
    `update process_timer set done_at = $2::timestamptz where id = $1::uuid and done_at is null returning id`,
    [id, now.toISOString()],
  )
  return rows.length > 0
}
