/** Revisions of configurations, and what gateways last said of theirs. Contents are sealed. */
import type { PoolClient } from 'pg'
import type { ConfigIssue, ConfigState, Permission } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import type { FleetSchema } from './domain/secret-places.ts'

export type Client = Pick<PoolClient, 'query'>

export interface ConfigRow {
  readonly id: string
  readonly gatewayId: string
  readonly number: number
  readonly state: ConfigState
  readonly note: string
  readonly createdBy: string
  readonly createdAt: Date
  readonly settledAt: Date | null
  readonly issues: ConfigIssue[]
}
export interface SealedConfigRow extends ConfigRow {
  readonly contentSealed: Buffer
}

const FIELDS = `c.id, c.gateway_id as "gatewayId", c.number, c.state, c.note, c.created_by as "createdBy",
  c.created_at as "createdAt", c.settled_at as "settledAt", c.issues`
const SEALED = `${FIELDS}, c.content_sealed as "contentSealed"`

/** State of a revision of this gateway. */
export async function stateOfConfig(
  client: Client,
  gatewayId: string,
  id: string,
): Promise<{ number: number; state: ConfigState } | null> {
  const { rows } = await client.query<{ number: number; state: ConfigState }>(
    'select number, state from gateway_config where id = $1 and gateway_id = $2',
    [id, gatewayId],
  )
  return rows[0] ?? null
}

/** Newest first. */
export async function listConfigs(client: Client, gatewayId: string): Promise<ConfigRow[]> {
  const { rows } = await client.query<ConfigRow>(
    `select ${FIELDS} from gateway_config c where c.gateway_id = $1 order by c.number desc limit 500`,
    [gatewayId],
  )
  return rows
}

/** Null when there is none within the scope. */
export async function findConfig(
  client: Client,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<(SealedConfigRow & { projectId: string }) | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<SealedConfigRow & { projectId: string }>(
    `select ${SEALED}, g.project_id as "projectId" from gateway_config c join gateway g on g.id = c.gateway_id
     where c.id = $1 and ${scopeSql(user, permission, { project: 'g.project_id' }, params)}`,
    params,
  )
  return rows[0] ?? null
}

export async function configInState(
  client: Client,
  gatewayId: string,
  state: 'pending' | 'running',
): Promise<SealedConfigRow | null> {
  const { rows } = await client.query<SealedConfigRow>(
    `select ${SEALED} from gateway_config c where c.gateway_id = $1 and c.state = $2`,
    [gatewayId, state],
  )
  return rows[0] ?? null
}

/** The newest up to a number: where secrets are looked for. */
export async function newestConfigs(
  client: Client,
  gatewayId: string,
  upTo: number | null,
  most: number,
): Promise<SealedConfigRow[]> {
  const { rows } = await client.query<SealedConfigRow>(
    `select ${SEALED} from gateway_config c where c.gateway_id = $1 and ($2::int is null or c.number <= $2)
     order by c.number desc limit $3`,
    [gatewayId, upTo, most],
  )
  return rows
}

/** Whoever changes revisions of a gateway does so alone. */
export async function lockGateway(client: Client, gatewayId: string): Promise<void> {
  await client.query('select from gateway where id = $1 for update', [gatewayId])
}

export async function newestNumber(client: Client, gatewayId: string): Promise<number | null> {
  const { rows } = await client.query<{ number: number | null }>(
    'select max(number) as number from gateway_config where gateway_id = $1',
    [gatewayId],
  )
  return rows[0]!.number
}

export async function insertConfig(
  client: Client,
  row: Omit<SealedConfigRow, 'settledAt' | 'issues'>,
): Promise<void> {
  await client.query(
    `insert into gateway_config (id, gateway_id, number, state, note, created_by, created_at, content_sealed)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [row.id, row.gatewayId, row.number, row.state, row.note, row.createdBy, row.createdAt, row.contentSealed],
  )
}

/** @param settledAt null: it is on its way (again) */
export async function setConfigState(
  client: Client,
  id: string,
  state: ConfigState,
  settledAt: Date | null,
  issues: readonly ConfigIssue[] = [],
): Promise<void> {
  await client.query(
    `update gateway_config set state = $2, settled_at = $3, issues = $4, sent_at = null where id = $1`,
    [id, state, settledAt, JSON.stringify(issues)],
  )
}

/** What was in this state is superseded by what comes now. */
export async function supersede(
  client: Client,
  gatewayId: string,
  state: 'pending' | 'running',
  now: Date,
): Promise<void> {
  await client.query(
    `update gateway_config set state = 'superseded', settled_at = $3 where gateway_id = $1 and state = $2`,
    [gatewayId, state, now],
  )
}

/**
 * Takes what is to be handed down to gateways: of several processes one gets each.
 * @param quietSince handed down before, but not after this: the gateway has had time to say something
 * @param gatewayId null: to all gateways that are online
 */
export async function takeUnsent(
  client: Client,
  gatewayId: string | null,
  quietSince: Date,
  now: Date,
): Promise<SealedConfigRow[]> {
  const { rows } = await client.query<SealedConfigRow>(
    `update gateway_config c set sent_at = $3 from gateway g
     where g.id = c.gateway_id and c.state = 'pending' and g.revoked_at is null
       and (c.sent_at is null or c.sent_at <= $2) and (g.id = $1 or ($1::uuid is null and g.online))
     returning ${SEALED}`,
    [gatewayId, quietSince, now],
  )
  return rows
}

export interface ReportRow {
  readonly schema: FleetSchema | null
  readonly runningId: string | null
  readonly runningAt: Date | null
  readonly runningSealed: Buffer | null
}

export async function findReport(client: Client, gatewayId: string): Promise<ReportRow | null> {
  const { rows } = await client.query<ReportRow>(
    `select schema, running_id as "runningId", running_at as "runningAt", running_sealed as "runningSealed"
     from gateway_report where gateway_id = $1`,
    [gatewayId],
  )
  return rows[0] ?? null
}

/** @returns whether it is another one than before */
export async function saveSchema(client: Client, gatewayId: string, schema: FleetSchema): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into gateway_report (gateway_id, schema, schema_revision) values ($1, $2, $3)
     on conflict (gateway_id) do update set schema = excluded.schema, schema_revision = excluded.schema_revision
     where gateway_report.schema_revision is distinct from excluded.schema_revision`,
    [gatewayId, JSON.stringify(schema), schema.revision],
  )
  return rowCount === 1
}

export async function saveRunning(
  client: Client,
  gatewayId: string,
  running: { revisionId: string | null; at: Date; sealed: Buffer },
): Promise<void> {
  await client.query(
    `insert into gateway_report (gateway_id, running_id, running_at, running_sealed) values ($1, $2, $3, $4)
     on conflict (gateway_id) do update set running_id = excluded.running_id, running_at = excluded.running_at,
       running_sealed = excluded.running_sealed`,
    [gatewayId, running.revisionId, running.at, running.sealed],
  )
}

/** Everything sealed, for a change of the master key. */
export async function* allSealed(
  client: Client,
): AsyncGenerator<{ table: SealedTable; id: string; sealed: Buffer }> {
  for (const table of Object.keys(sealedColumns) as SealedTable[]) {
    const { id, sealed } = sealedColumns[table]
    let after = '00000000-0000-0000-0000-000000000000'
    for (;;) {
      const { rows } = await client.query<{ id: string; sealed: Buffer }>(
        `select ${id} as id, ${sealed} as sealed from ${table} where ${id} > $1 and ${sealed} is not null
         order by ${id} limit 50`,
        [after],
      )
      for (const row of rows) yield { table, ...row }
      if (rows.length === 0) break
      after = rows.at(-1)!.id
    }
  }
}

export type SealedTable = keyof typeof sealedColumns
const sealedColumns = {
  gateway_config: { id: 'id', sealed: 'content_sealed' },
  gateway_report: { id: 'gateway_id', sealed: 'running_sealed' },
} as const

/** Unless somebody was quicker. */
export async function replaceSealed(
  client: Client,
  table: SealedTable,
  id: string,
  before: Buffer,
  after: Buffer,
): Promise<void> {
  const column = sealedColumns[table]
  await client.query(
    `update ${table} set ${column.sealed} = $3 where ${column.id} = $1 and ${column.sealed} = $2`,
    [id, before, after],
  )
}
