/** What gateways say about configurations: `up/schema` and `up/config`. */
import type { PoolClient } from 'pg'
import { ConfigReport, SchemaMessage } from '@courtyard/protocols/contract'
import { auditAsSystem } from '../../platform/audit/audit.ts'
import type { Hub } from '../../platform/module.ts'
import { instantOf, projectOf } from '../gateways/index.ts'
import {
  findReport,
  lockGateway,
  saveRunning,
  saveSchema,
  setConfigState,
  stateOfConfig,
  supersede,
} from './configs.repository.ts'
import { nextState } from './domain/config-state.ts'
import { openConfig, sealConfig } from './sealed-config.ts'

/** @returns whether it made sense */
export async function takeSchema(hub: Hub, gatewayId: string, json: unknown): Promise<boolean> {
  const { success, data } = SchemaMessage.safeParse(json)
  if (!success) return false
  const projectId = await projectOf(hub.db.pool, gatewayId)
  if (projectId === null) return true
  const { v: _version, ...schema } = data
  if (await saveSchema(hub.db.pool, gatewayId, schema)) {
    hub.live.publish('gatewayConfig', { gatewayId }, { projectId })
  }
  return true
}

/** A report that comes again changes nothing. @returns whether it made sense */
export async function takeReport(hub: Hub, gatewayId: string, json: unknown): Promise<boolean> {
  const { success, data: report } = ConfigReport.safeParse(json)
  if (!success) return false
  const projectId = await projectOf(hub.db.pool, gatewayId)
  if (projectId === null) return true
  const known = await hub.db.transaction(async (client) => {
    await lockGateway(client, gatewayId)
    if (report.state === 'running') await keepRunning(hub, client, gatewayId, report)
    return settle(hub, client, gatewayId, projectId, report)
  })
  hub.live.publish('gatewayConfig', { gatewayId }, { projectId })
  return known
}

async function keepRunning(
  hub: Hub,
  client: PoolClient,
  gatewayId: string,
  report: ConfigReport,
): Promise<void> {
  const { revision: revisionId, atMs, config } = report
  // A gateway whose clock is wrong has not been running since 1970
  const toldAt = Date.parse(instantOf(atMs) ?? '')
  const nowMs = hub.clock.now().getTime()
  const at = new Date(toldAt > 0 && toldAt < nowMs ? toldAt : nowMs)
  const before = await findReport(client, gatewayId)
  const kept =
    config ??
    (before?.runningSealed ? openConfig(hub, 'gateway_report', gatewayId, before.runningSealed) : null)
  if (!kept) return
  await saveRunning(client, gatewayId, {
    revisionId,
    at,
    sealed: sealConfig(hub, 'gateway_report', gatewayId, kept),
  })
}

/** @returns false for a revision that this gateway never got */
async function settle(
  hub: Hub,
  client: PoolClient,
  gatewayId: string,
  projectId: string,
  report: ConfigReport,
): Promise<boolean> {
  const now = hub.clock.now()
  if (report.revision === null) {
    // The site file of the box runs, whatever ran before
    if (report.state === 'running') await supersede(client, gatewayId, 'running', now)
    return true
  }
  const row = await stateOfConfig(client, gatewayId, report.revision)
  if (!row || row.state === 'draft') return false
  const next = nextState(row.state, report.state)
  if (!next) return true
  if (next === 'running') await supersede(client, gatewayId, 'running', now)
  await setConfigState(client, report.revision, next, now, report.issues)
  await auditAsSystem(`gateway ${gatewayId}`)(client, {
    action: `gateway.config.${next}`,
    entity: 'gateway',
    entityId: gatewayId,
    projectId,
    before: { revision: row.number, state: row.state },
    after: { state: next, issues: report.issues.slice(0, 20) },
  })
  return true
}
