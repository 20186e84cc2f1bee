/** Processes that run: rows, voices, deadlines and history, inside the transaction of the caller. */
import type {
  ProcessContent,
  ProcessEventKind,
  ProcessField,
  ProcessState,
} from '@courtyard/protocols/contract'
import { rowsOf, type WorkflowClient, type WorkflowReader } from './client.ts'
import type { ProcessSnapshot } from './engine/machine.ts'

export interface ProcessRow {
  readonly id: string
  readonly projectId: string | null
  readonly key: string
  readonly version: number
  readonly subjectKind: string
  readonly subjectId: string
  readonly title: string
  readonly starterId: string
  readonly starter: string
  readonly state: ProcessState
  readonly outcome: string | null
  readonly step: string
  readonly snapshot: ProcessSnapshot
  readonly revision: number
  readonly since: Date
  readonly startedAt: Date
  readonly finishedAt: Date | null
  readonly timeZone: string
}

const PROCESS = `p.id, p.project_id as "projectId", p.key, p.version, p.subject_kind as "subjectKind",
  p.subject_id as "subjectId", p.title, p.starter_id as "starterId", p.starter, p.state, p.outcome, p.step,
  p.snapshot, p.revision, p.since, p.started_at as "startedAt", p.finished_at as "finishedAt",
  coalesce((select time_zone from project where id = p.project_id), 'Asia/Shanghai') as "timeZone"`

/** Nobody else changes it until the transaction ends. */
export async function lockProcess(client: WorkflowClient, id: string): Promise<ProcessRow | null> {
  const rows = await rowsOf<ProcessRow>(
    client,
    `select ${PROCESS} from process p where p.id = $1::uuid for update of p`,
    [id],
  )
  return rows[0] ?? null
}

export async function processById(client: WorkflowReader, id: string): Promise<ProcessRow | null> {
  const rows = await rowsOf<ProcessRow>(client, `select ${PROCESS} from process p where p.id = $1::uuid`, [
    id,
  ])
  return rows[0] ?? null
}

export interface VersionRow {
  readonly key: string
  readonly version: number
  readonly content: ProcessContent
  readonly fields: readonly ProcessField[]
}

export async function versionOf(client: WorkflowReader, key: string, version: number): Promise<VersionRow> {
  const rows = await rowsOf<VersionRow>(
    client,
    `select key, version, content, fields from process_version where key = $1 and version = $2::int`,
    [key, version],
  )
  return rows[0]!
}

/** The version that new processes begin with; null: there is no such definition. */
export async function startableVersion(
  client: WorkflowClient,
  key: string,
): Promise<{ readonly version: number | null; readonly subject: string; readonly retired: boolean } | null> {
  const rows = await rowsOf<{ version: number | null; subject: string; retired: boolean }>(
    client,
    `select version, subject, retired_at is not null as retired from process_definition where key = $1 for share`,
    [key],
  )
  return rows[0] ?? null
}

export interface NewProcess {
  readonly id: string
  readonly projectId: string | null
  readonly key: string
  readonly version: number
  readonly subjectKind: string
  readonly subjectId: string
  readonly title: string
  readonly starterId: string
  readonly starter: string
  readonly step: string
  readonly snapshot: ProcessSnapshot
  readonly startedAt: Date
}

/** @returns false when the id is taken or another process about the subject runs */
export async function insertProcess(client: WorkflowClient, row: NewProcess): Promise<boolean> {
  const inserted = await rowsOf(
    client,
    `insert into process (id, project_id, key, version, subject_kind, subject_id, title, starter_id, starter, step,
       snapshot, since, started_at)
     values ($1::uuid, $2::uuid, $3, $4::int, $5, $6, $7, $8::uuid, $9, $10, $11::jsonb, $12::timestamptz,
       $12::timestamptz)
     on conflict do nothing returning id`,
    [
      ...[row.id, row.projectId, row.key, row.version, row.subjectKind, row.subjectId, row.title],
      ...[row.starterId, row.starter, row.step, JSON.stringify(row.snapshot), row.startedAt.toISOString()],
    ],
  )
  return inserted.length > 0
}

/** Id of the one that runs about a subject. */
export async function runningAbout(
  client: WorkflowClient,
  subjectKind: string,
  subjectId: string,
): Promise<string | null> {
  const rows = await rowsOf<{ id: string }>(
    client,
    `select id from process where subject_kind = $1 and subject_id = $2 and state = 'running'`,
    [subjectKind, subjectId],
  )
  return rows[0]?.id ?? null
}

export interface ProcessStanding {
  readonly state: ProcessState
  readonly outcome: string | null
  readonly step: string
  readonly snapshot: ProcessSnapshot
  readonly since: Date
  readonly finishedAt: Date | null
}

/** @returns false when it changed since `revision` */
export async function saveStanding(
  client: WorkflowClient,
  id: string,
  revision: number,
  standing: ProcessStanding,
): Promise<boolean> {
  const { state, outcome, step, snapshot, since, finishedAt } = standing
  const saved = await rowsOf(
    client,
    `update process set state = $3, outcome = $4, step = $5, snapshot = $6::jsonb, since = $7::timestamptz,
       finished_at = $8::timestamptz, revision = revision + 1
     where id = $1::uuid and revision = $2::int returning id`,
    [
      ...[id, revision, state, outcome, step, JSON.stringify(snapshot)],
      ...[since.toISOString(), finishedAt?.toISOString() ?? null],
    ],
  )
  return saved.length > 0
}

export interface NewEvent {
  readonly kind: ProcessEventKind
  readonly step?: string | null
  readonly byId?: string | null
  readonly by?: string | null
  readonly behalfOfId?: string | null
  readonly behalfOf?: string | null
  readonly outcome?: string | null
  readonly comment?: string | null
  readonly people?: readonly string[]
  readonly attachments?: readonly { readonly name: string; readonly href: string }[]
  readonly fields?: unknown
  readonly commandId?: string | null
}

/** In their order. */
export async function insertEvents(
  client: WorkflowClient,
  processId: string,
  at: Date,
  events: readonly NewEvent[],
): Promise<void> {
  for (const event of events) {
    await rowsOf(
      client,
      `insert into process_event (process_id, at, kind, step, by_id, by, behalf_of_id, behalf_of, outcome, comment,
         people, attachments, fields, command_id)
       values ($1::uuid, $2::timestamptz, $3, $4, $5::uuid, $6, $7::uuid, $8, $9, $10,
         array(select jsonb_array_elements_text($11::jsonb)::uuid), $12::jsonb, $13::jsonb, $14::uuid)`,
      [
        ...[
          processId,
          at.toISOString(),
          event.kind,
          event.step ?? null,
          event.byId ?? null,
          event.by ?? null,
        ],
        ...[event.behalfOfId ?? null, event.behalfOf ?? null, event.outcome ?? null, event.comment || null],
        ...[JSON.stringify(event.people ?? []), JSON.stringify(event.attachments ?? [])],
        ...[event.fields === undefined ? null : JSON.stringify(event.fields), event.commandId ?? null],
      ],
    )
  }
}

/** Who gave a command that was taken in; null: nobody yet. */
export async function commandGiver(
  client: WorkflowClient,
  processId: string,
  commandId: string,
): Promise<string | null> {
  const rows = await rowsOf<{ byId: string }>(
    client,
    `select by_id as "byId" from process_event where process_id = $1::uuid and command_id = $2::uuid`,
    [processId, commandId],
  )
  return rows[0]?.byId ?? null
}
