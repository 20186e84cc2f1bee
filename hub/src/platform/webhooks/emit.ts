/**
 * Writes down what happened for those who subscribe to it, in the transaction of what happened: without it nobody is
 * told, with it everybody is, whatever is killed afterwards. Sending is `sender.ts`.
 */
import { randomUUID } from 'node:crypto'
import { rowsOf, type WorkflowClient } from '../workflow/client.ts'

export interface HubEvent {
  /** Registered by `registerEvents`. */
  readonly type: string
  /** Null: of the company; told to those who keep all projects. */
  readonly projectId: string | null
  /**
   * Ids and states, by which a receiver asks for more with a key of its own. Nothing that is masked for anybody: no
   * names of people, no phone, identity or card numbers.
   */
  readonly data: Readonly<Record<string, unknown>>
}

export async function emitEvent(client: WorkflowClient, at: Date, event: HubEvent): Promise<void> {
  await store(client, at, [event])
}

/**
 * For what comes in masses: asks first whether anybody subscribes to any of the types.
 * @param events called only then
 */
export async function emitEvents(
  client: WorkflowClient,
  at: Date,
  types: readonly string[],
  events: () => readonly HubEvent[],
): Promise<void> {
  if (types.length === 0 || !(await anybodyFor(client, types))) return
  const made = events()
  for (let from = 0; from < made.length; from += CHUNK)
    await store(client, at, made.slice(from, from + CHUNK))
}

const CHUNK = 1_000

async function anybodyFor(client: WorkflowClient, types: readonly string[]): Promise<boolean> {
  const rows = await rowsOf(
    client,
    `select 1 as one from webhook where active and archived_at is null
       and events && array(select jsonb_array_elements_text($1::jsonb)) limit 1`,
    [JSON.stringify(types)],
  )
  return rows.length > 0
}

/** PostgreSQL keeps neither NUL nor halves of surrogate pairs. */
const storable = (_name: string, value: unknown) =>
  typeof value === 'string' ? value.replaceAll('\0', '\u{fffd}').toWellFormed() : value

/** One statement: events that somebody subscribes to, and a delivery for each who does. */
async function store(client: WorkflowClient, at: Date, events: readonly HubEvent[]): Promise<void> {
  const rows = events.map((event) => ({ id: randomUUID(), ...event }))
  await rowsOf(
    client,
    `with wanted as (
       select w.id as webhook_id, e.* from jsonb_to_recordset($1::jsonb) as e (id uuid, type text, "projectId" uuid, data jsonb)
       join webhook w on w.active and w.archived_at is null and e.type = any(w.events)
         and (w.all_projects or e."projectId" = any(w.project_ids))),
     happened as (
       insert into webhook_event (id, type, project_id, data, at)
       select distinct on (id) id, type, "projectId", data, $2::timestamptz from wanted)
     insert into webhook_delivery (webhook_id, event_id, state, next_at, created_at)
     select webhook_id, id, 'queued', $2::timestamptz, $2::timestamptz from wanted`,
    [JSON.stringify(rows, storable), at.toISOString()],
  )
}
