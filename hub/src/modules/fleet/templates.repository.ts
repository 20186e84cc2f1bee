import type { ManagedConfig, Permission } from '@courtyard/protocols/contract'
import { scopeSql } from '../../platform/auth/scope-sql.ts'
import type { Viewer } from '../../platform/auth/user.ts'
import type { Client } from './configs.repository.ts'

export interface TemplateRow {
  readonly id: string
  readonly name: string
  readonly note: string
  /** Null: imported, for everybody. */
  readonly projectId: string | null
  readonly config: ManagedConfig
  readonly createdBy: string
  readonly createdAt: Date
}

const FIELDS = `id, name, note, project_id as "projectId", config, created_by as "createdBy", created_at as "createdAt"`

/** Addresses of a site are seen by those who may see its project; what was imported is everybody's. */
function visible(user: Viewer, permission: Permission, params: unknown[]): string {
  return `(project_id is null or ${scopeSql(user, permission, { project: 'project_id' }, params)})`
}

export async function listTemplates(
  client: Client,
  user: Viewer,
): Promise<(Omit<TemplateRow, 'config'> & { buses: number; devices: number })[]> {
  const params: unknown[] = []
  const { rows } = await client.query<Omit<TemplateRow, 'config'> & { buses: number; devices: number }>(
    `select id, name, note, project_id as "projectId", created_by as "createdBy", created_at as "createdAt",
       jsonb_array_length(config->'buses') as buses, jsonb_array_length(config->'devices') as devices
     from gateway_template where ${visible(user, 'gateways.read', params)} order by name`,
    params,
  )
  return rows
}

/** Null when there is none within the scope. */
export async function findTemplate(
  client: Client,
  user: Viewer,
  id: string,
  permission: Permission,
): Promise<TemplateRow | null> {
  const params: unknown[] = [id]
  const { rows } = await client.query<TemplateRow>(
    `select ${FIELDS} from gateway_template where id = $1 and ${visible(user, permission, params)}`,
    params,
  )
  return rows[0] ?? null
}

/** False when the name is taken. */
export async function insertTemplate(client: Client, row: TemplateRow): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into gateway_template (id, name, note, project_id, config, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do nothing`,
    [row.id, row.name, row.note, row.projectId, JSON.stringify(row.config), row.createdBy, row.createdAt],
  )
  return rowCount === 1
}

export async function deleteTemplate(client: Client, id: string): Promise<void> {
  await client.query('delete from gateway_template where id = $1', [id])
}
