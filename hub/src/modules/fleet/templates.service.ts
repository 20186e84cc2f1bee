/** Sites as templates: what a gateway runs, without its secrets. */
import { randomUUID } from 'node:crypto'
import type { GatewayTemplate, ManagedConfig, Permission } from '@courtyard/protocols/contract'
import { fail, invalidInput } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { requireGateway } from '../gateways/index.ts'
import { configInState, findReport } from './configs.repository.ts'
import type { Actor } from './configs.service.ts'
import { checkShape } from './domain/config-check.ts'
import { withoutSecrets, type FleetSchema } from './domain/secret-places.ts'
import { fleetErrors } from './errors.ts'
import { openConfig } from './sealed-config.ts'
import { deleteTemplate, findTemplate, insertTemplate, type TemplateRow } from './templates.repository.ts'

interface Naming {
  readonly name: string
  readonly note: string
}

/** @throws AppError `gateway.nothing_runs`, `gateway_template.name_taken` */
export async function copySite(
  hub: Hub,
  actor: Actor,
  input: Naming & { gatewayId: string },
): Promise<GatewayTemplate> {
  const { id, projectId } = await requireGateway(
    hub.db.pool,
    actor.user,
    input.gatewayId,
    'gateways.configure',
  )
  const report = await findReport(hub.db.pool, id)
  const config = await runningConfig(hub, id, report?.runningSealed ?? null)
  if (!config) throw fail(fleetErrors.nothingRuns, 'The gateway has not told yet what it runs')
  return keep(hub, actor, input, config, report?.schema ?? null, projectId)
}

/** @throws AppError `gateway_template.name_taken`, `input.invalid` */
export async function importTemplate(
  hub: Hub,
  actor: Actor,
  input: Naming & { config: ManagedConfig },
): Promise<GatewayTemplate> {
  const faults = checkShape(input.config)
  if (faults.length > 0) throw invalidInput('The template is not valid', faults)
  return keep(hub, actor, input, input.config, null, null)
}

/** @throws AppError `gateway_template.not_found`, outside the scope too */
export async function requireTemplate(
  hub: Hub,
  { user }: Pick<Actor, 'user'>,
  id: string,
  permission: Permission = 'gateways.read',
): Promise<TemplateRow> {
  const row = await findTemplate(hub.db.pool, user, id, permission)
  if (!row) throw fail(fleetErrors.templateNotFound, 'There is no such template', { id })
  return row
}

export async function removeTemplate(hub: Hub, actor: Actor, id: string): Promise<void> {
  const { name, projectId } = await requireTemplate(hub, actor, id, 'gateways.configure')
  await hub.db.transaction(async (client) => {
    await deleteTemplate(client, id)
    await actor.audit(client, {
      action: 'gatewayTemplate.remove',
      entity: 'gatewayTemplate',
      entityId: id,
      projectId,
      before: { name },
    })
  })
}

/** What the gateway told, else the revision of ours that it runs. */
async function runningConfig(
  hub: Hub,
  gatewayId: string,
  sealed: Buffer | null,
): Promise<ManagedConfig | null> {
  if (sealed) return openConfig(hub, 'gateway_report', gatewayId, sealed)
  const row = await configInState(hub.db.pool, gatewayId, 'running')
  return row && openConfig(hub, 'gateway_config', row.id, row.contentSealed)
}

async function keep(
  hub: Hub,
  { user, audit }: Actor,
  { name, note }: Naming,
  config: ManagedConfig,
  schema: FleetSchema | null,
  projectId: string | null,
): Promise<GatewayTemplate> {
  const row: TemplateRow = {
    id: randomUUID(),
    name,
    note,
    projectId,
    config: withoutSecrets(config, schema),
    createdBy: user.username,
    createdAt: hub.clock.now(),
  }
  await hub.db.transaction(async (client) => {
    if (!(await insertTemplate(client, row))) {
      throw fail(fleetErrors.templateNameTaken, `There is a template named ${name} already`, { name })
    }
    await audit(client, {
      action: projectId ? 'gatewayTemplate.copy' : 'gatewayTemplate.import',
      entity: 'gatewayTemplate',
      entityId: row.id,
      projectId,
      after: { name, note },
    })
  })
  return toTemplate({ ...row, buses: row.config.buses.length, devices: row.config.devices.length })
}

export function toTemplate(
  row: Omit<TemplateRow, 'config'> & { buses: number; devices: number },
): GatewayTemplate {
  const { id, name, note, buses, devices, createdBy, createdAt } = row
  return { id, name, note, buses, devices, createdBy, createdAt: createdAt.toISOString() }
}
