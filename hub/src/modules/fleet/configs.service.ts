/** Revisions of a gateway's configuration: checked, numbered, handed down. */
import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { ConfigRevision, ManagedConfig, Permission, RouteResponse } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, type InputFault } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { requireGateway, type GatewayRow } from '../gateways/index.ts'
import {
  configInState,
  findConfig,
  findReport,
  insertConfig,
  listConfigs,
  lockGateway,
  newestConfigs,
  newestNumber,
  setConfigState,
  stateOfConfig,
  supersede,
  type Client,
  type ConfigRow,
  type SealedConfigRow,
} from './configs.repository.ts'
import { handDown } from './config-delivery.ts'
import { checkShape, checkTogether } from './domain/config-check.ts'
import { diffConfigs } from './domain/config-diff.ts'
import { maskSecrets, unmaskSecrets, type FleetSchema } from './domain/secret-places.ts'
import { fleetErrors } from './errors.ts'
import { openConfig, sealConfig } from './sealed-config.ts'
import { checkSchema } from './validation/schema-check.ts'

export interface Actor {
  readonly user: CurrentUser
  readonly audit: Audit
}

/** How far back a secret is looked for that the newest revision does not have. */
const MOST_SOURCES = 20

export async function schemaOf(hub: Hub, user: CurrentUser, gatewayId: string): Promise<FleetSchema | null> {
  await requireGateway(hub.db.pool, user, gatewayId, 'gateways.read')
  return (await findReport(hub.db.pool, gatewayId))?.schema ?? null
}

export async function revisionsOf(hub: Hub, user: CurrentUser, gatewayId: string): Promise<ConfigRevision[]> {
  await requireGateway(hub.db.pool, user, gatewayId, 'gateways.read')
  return (await listConfigs(hub.db.pool, gatewayId)).map(toRevision)
}

export async function currentConfig(
  hub: Hub,
  user: CurrentUser,
  gatewayId: string,
): Promise<RouteResponse<'GET /api/gateways/:id/config'>> {
  await requireGateway(hub.db.pool, user, gatewayId, 'gateways.read')
  const report = await findReport(hub.db.pool, gatewayId)
  const schema = report?.schema ?? null
  const pending = await configInState(hub.db.pool, gatewayId, 'pending')
  const running = report?.runningSealed
    ? {
        revisionId: report.runningId,
        at: report.runningAt!.toISOString(),
        config: maskSecrets(openConfig(hub, 'gateway_report', gatewayId, report.runningSealed), schema),
      }
    : null
  return { running, pending: pending && detailOf(hub, pending, schema) }
}

/** @throws AppError `gateway_config.not_found`, outside the scope too */
export async function revisionOf(hub: Hub, user: CurrentUser, id: string) {
  const row = await requireConfig(hub, user, id, 'gateways.read')
  return detailOf(hub, row, (await findReport(hub.db.pool, row.gatewayId))?.schema ?? null)
}

/** Everything that the hub can see; the gateway has the last word. */
export async function faultsOf(
  hub: Hub,
  config: ManagedConfig,
  schema: FleetSchema | null,
): Promise<InputFault[]> {
  const shape = checkShape(config)
  if (shape.length > 0) return shape
  const together = checkTogether(config, schema)
  if (!schema) return together
  const seen = new Set(together.map(({ path }) => path))
  const bySchema = await checkSchema(config, schema, hub.log)
  return [...together, ...bySchema.filter(({ path }) => !seen.has(path))]
}

/** The configuration with its secrets, as far as the hub knows them. */
export async function withSecrets(
  hub: Hub,
  client: Client,
  gatewayId: string,
  config: ManagedConfig,
  upTo: number | null = null,
): Promise<ManagedConfig> {
  const report = await findReport(client, gatewayId)
  const rows = await newestConfigs(client, gatewayId, upTo, MOST_SOURCES)
  const sources = rows.map((row) => openConfig(hub, 'gateway_config', row.id, row.contentSealed))
  if (report?.runningSealed) {
    sources.push(openConfig(hub, 'gateway_report', gatewayId, report.runningSealed))
  }
  return unmaskSecrets(config, sources, report?.schema ?? null)
}

export interface SaveInput {
  readonly config: ManagedConfig
  readonly note: string
  readonly draft: boolean
  readonly basedOn: number | null
}

/** @throws AppError `input.invalid`, `gateway_config.conflict`, `gateway.revoked` */
export async function saveRevision(
  hub: Hub,
  actor: Actor,
  gatewayId: string,
  input: SaveInput,
): Promise<ConfigRevision> {
  const gateway = await requireUsable(hub, actor.user, gatewayId)
  await refuseFaults(hub, gatewayId, input.config, input.draft)
  const id = await hub.db.transaction(async (client) => {
    await lockGateway(client, gatewayId)
    const newest = await newestNumber(client, gatewayId)
    if (newest !== input.basedOn) {
      throw fail(fleetErrors.configConflict, 'Somebody has saved another revision meanwhile', { newest })
    }
    const config = await withSecrets(hub, client, gatewayId, input.config, newest)
    return insertRevision(hub, client, actor, gateway, { ...input, config, number: (newest ?? 0) + 1 })
  })
  return told(hub, actor.user, gateway, id)
}

/**
 * A draft goes on its way as it is; an older revision as a copy with a number of its own, so that the history tells
 * what ran when.
 * @throws AppError `gateway_config.in_use`, `input.invalid`, `gateway.revoked`
 */
export async function applyRevision(hub: Hub, actor: Actor, id: string): Promise<ConfigRevision> {
  const row = await requireConfig(hub, actor.user, id, 'gateways.configure')
  const gateway = await requireUsable(hub, actor.user, row.gatewayId)
  const config = openConfig(hub, 'gateway_config', row.id, row.contentSealed)
  await refuseFaults(hub, gateway.id, config, false)
  const applied = await hub.db.transaction(async (client) => {
    await lockGateway(client, gateway.id)
    // As it is now, not as it was before the checks
    const { number, state } = (await stateOfConfig(client, gateway.id, id))!
    if (state === 'pending' || state === 'running') {
      throw fail(fleetErrors.configInUse, 'This revision runs or is on its way already', { state })
    }
    if (state === 'draft') return releaseDraft(hub, client, actor, row, gateway.projectId)
    const next = ((await newestNumber(client, gateway.id)) ?? 0) + 1
    const note = `#${number}${row.note ? ` ${row.note}` : ''}`.slice(0, 300)
    return insertRevision(hub, client, actor, gateway, { config, note, draft: false, number: next })
  })
  return told(hub, actor.user, gateway, applied)
}

async function releaseDraft(
  hub: Hub,
  client: PoolClient,
  { audit }: Actor,
  row: SealedConfigRow,
  projectId: string,
): Promise<string> {
  await supersede(client, row.gatewayId, 'pending', hub.clock.now())
  await setConfigState(client, row.id, 'pending', null)
  const { number } = row
  const entity = { entity: 'gateway', entityId: row.gatewayId, projectId }
  await audit(client, { action: 'gateway.config.apply', ...entity, after: { revision: number } })
  return row.id
}

async function insertRevision(
  hub: Hub,
  client: PoolClient,
  { user, audit }: Actor,
  gateway: GatewayRow,
  made: { config: ManagedConfig; note: string; draft: boolean; number: number },
): Promise<string> {
  const { config, note, draft, number } = made
  const now = hub.clock.now()
  const id = randomUUID()
  const [former] = await newestConfigs(client, gateway.id, null, 1)
  if (!draft) await supersede(client, gateway.id, 'pending', now)
  await insertConfig(client, {
    id,
    gatewayId: gateway.id,
    number,
    state: draft ? 'draft' : 'pending',
    note,
    createdBy: user.username,
    createdAt: now,
    contentSealed: sealConfig(hub, 'gateway_config', id, config),
  })
  const report = await findReport(client, gateway.id)
  const before = former
    ? openConfig(hub, 'gateway_config', former.id, former.contentSealed)
    : report?.runningSealed
      ? openConfig(hub, 'gateway_report', gateway.id, report.runningSealed)
      : null
  await audit(client, {
    action: draft ? 'gateway.config.draft' : 'gateway.config.save',
    entity: 'gateway',
    entityId: gateway.id,
    projectId: gateway.projectId,
    after: { revision: number, note, ...diffConfigs(before, config, report?.schema ?? null) },
  })
  return id
}

/** Drafts may be half-done; but what is too large or deep is not even kept. */
async function refuseFaults(
  hub: Hub,
  gatewayId: string,
  config: ManagedConfig,
  draft: boolean,
): Promise<void> {
  const schema = (await findReport(hub.db.pool, gatewayId))?.schema ?? null
  const faults = draft ? checkShape(config) : await faultsOf(hub, config, schema)
  if (faults.length === 0) return
  // Paths inside the configuration, as `validate` gives them
  throw invalidInput('The configuration is not valid', faults)
}

async function requireUsable(hub: Hub, user: CurrentUser, gatewayId: string): Promise<GatewayRow> {
  const gateway = await requireGateway(hub.db.pool, user, gatewayId, 'gateways.configure')
  if (gateway.revokedAt) throw fail(fleetErrors.gatewayRevoked, 'The gateway is revoked; it must enrol again')
  return gateway
}

async function requireConfig(hub: Hub, user: CurrentUser, id: string, permission: Permission) {
  const row = await findConfig(hub.db.pool, user, id, permission)
  if (!row) throw fail(fleetErrors.configNotFound, 'There is no such revision', { id })
  return row
}

async function told(hub: Hub, user: CurrentUser, gateway: GatewayRow, id: string): Promise<ConfigRevision> {
  hub.live.publish('gatewayConfig', { gatewayId: gateway.id }, { projectId: gateway.projectId })
  await handDown(hub, gateway.id)
  return toRevision(await requireConfig(hub, user, id, 'gateways.configure'))
}

export function toRevision(row: ConfigRow): ConfigRevision {
  const { id, gatewayId, number, state, note, createdBy, issues } = row
  return {
    id,
    gatewayId,
    number,
    state,
    note,
    createdBy,
    createdAt: row.createdAt.toISOString(),
    settledAt: row.settledAt?.toISOString() ?? null,
    issues,
  }
}

function detailOf(hub: Hub, row: SealedConfigRow, schema: FleetSchema | null) {
  const config = openConfig(hub, 'gateway_config', row.id, row.contentSealed)
  return { ...toRevision(row), config: maskSecrets(config, schema) }
}
