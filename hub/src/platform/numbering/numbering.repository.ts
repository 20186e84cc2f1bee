import type pg from 'pg'
import type { NumberReset } from '@courtyard/protocols/numbering'

type Client = Pick<pg.ClientBase, 'query'>

/** A rule in force, and the moment that numbers are made from. */
export interface RuleRow {
  readonly projectCode: string
  /** Of the moment asked for, in the project's time zone. */
  readonly day: string
  /** Null: as it comes with the program. */
  readonly pattern: string | null
  readonly reset: NumberReset | null
  readonly version: number
  readonly changedAt: Date | null
  readonly changedBy: string | null
}

const lockKey = `hashtextextended('number/' || $1::text || '/' || $2::text, 0)`

/** Many take numbers at the same time; while somebody changes the rule nobody does. Held until the transaction ends. */
export async function lockForTaking(client: Client, projectId: string, kind: string): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock_shared(${lockKey})`, [projectId, kind])
}

export async function lockForChange(client: Client, projectId: string, kind: string): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${lockKey})`, [projectId, kind])
}

/** Null when there is no such project. */
export async function findRule(
  client: Client,
  projectId: string,
  kind: string,
  at: Date,
): Promise<RuleRow | null> {
  const { rows } = await client.query<RuleRow>(
    `SELECT project.code AS "projectCode", to_char($3::timestamptz AT TIME ZONE project.time_zone, 'YYYY-MM-DD') AS day,
            rule.pattern, rule.reset, coalesce(rule.version, 0) AS version, rule.changed_at AS "changedAt",
            rule.changed_by AS "changedBy"
       FROM project LEFT JOIN number_rule AS rule ON rule.project_id = project.id AND rule.kind = $2
      WHERE project.id = $1`,
    [projectId, kind, at],
  )
  return rows[0] ?? null
}

export interface CounterKey {
  readonly projectId: string
  readonly kind: string
  readonly period: string
}

/**
 * Takes `count` running numbers; the counter stays locked until the transaction ends, and a rollback gives them back.
 * @returns the first of them
 */
export async function takeSequence(client: Client, key: CounterKey, count: number): Promise<bigint> {
  const { rows } = await client.query<{ first: string }>(
    `INSERT INTO number_sequence (project_id, kind, period, next) VALUES ($1, $2, $3, 1 + $4::bigint)
     ON CONFLICT (project_id, kind, period) DO UPDATE SET next = number_sequence.next + $4::bigint
     RETURNING next - $4::bigint AS first`,
    [key.projectId, key.kind, key.period, count],
  )
  return BigInt(rows[0]!.first)
}

/** The next running number of a period; 1 before the first. */
export async function nextInPeriod(client: Client, key: CounterKey): Promise<bigint> {
  const { rows } = await client.query<{ next: string }>(
    'SELECT next FROM number_sequence WHERE project_id = $1 AND kind = $2 AND period = $3',
    [key.projectId, key.kind, key.period],
  )
  return BigInt(rows[0]?.next ?? 1)
}

/** Where the counter stands; it stays locked until the transaction ends. */
export async function lockCounter(client: Client, key: CounterKey): Promise<bigint> {
  const { rows } = await client.query<{ next: string }>(
    `INSERT INTO number_sequence (project_id, kind, period) VALUES ($1, $2, $3)
     ON CONFLICT (project_id, kind, period) DO UPDATE SET next = number_sequence.next RETURNING next`,
    [key.projectId, key.kind, key.period],
  )
  return BigInt(rows[0]!.next)
}

/** Of a counter that is locked. */
export async function setCounter(client: Client, key: CounterKey, next: bigint): Promise<void> {
  await client.query(
    'UPDATE number_sequence SET next = $4::bigint WHERE project_id = $1 AND kind = $2 AND period = $3',
    [key.projectId, key.kind, key.period, next.toString()],
  )
}

/** Which of these numbers documents of the project have already. @param table of a registered kind, never input */
export async function takenNumbers(
  client: Client,
  table: string,
  projectId: string,
  numbers: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ number: string }>(
    `SELECT number FROM "${table}" WHERE project_id = $1 AND number = any($2::text[])`,
    [projectId, numbers],
  )
  return new Set(rows.map(({ number }) => number))
}

export interface NewRule {
  readonly projectId: string
  readonly kind: string
  readonly pattern: string
  readonly reset: NumberReset
  readonly version: number
  readonly by: string
  readonly at: Date
}

export async function saveRule(client: Client, rule: NewRule): Promise<void> {
  await client.query(
    `INSERT INTO number_rule (project_id, kind, pattern, reset, version, changed_by, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (project_id, kind) DO UPDATE SET pattern = excluded.pattern, reset = excluded.reset,
       version = excluded.version, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
    [rule.projectId, rule.kind, rule.pattern, rule.reset, rule.version, rule.by, rule.at],
  )
}
