import type { ConfigIssue, ManagedConfig } from '@courtyard/protocols/contract'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import { route } from '../../platform/http/route.ts'
import type { Hub, HubApp } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import { findDevice, requireGateway } from '../gateways/index.ts'
import {
  applyRevision,
  currentConfig,
  faultsOf,
  revisionOf,
  revisionsOf,
  saveRevision,
  schemaOf,
  withSecrets,
} from './configs.service.ts'
import { fleetErrors } from './errors.ts'
import { healthOf, healthOfAll, revokeCertificate } from './health.service.ts'
import { requestsOf } from './requests-of.ts'
import { copySite, importTemplate, removeTemplate, requireTemplate, toTemplate } from './templates.service.ts'
import { listTemplates } from './templates.repository.ts'

/** Configurations with thousands of devices. */
const CONFIG_BODY_BYTES = 8 * 1024 * 1024
/** Each of them keeps a bus or a disk of a gateway busy. */
const REQUESTS_PER_MINUTE = 60

export function addFleetRoutes(app: HubApp): void {
  addGatewayViews(app)
  addConfigs(app)
  addTemplates(app)
  addRequests(app)
}

function addGatewayViews(app: HubApp): void {
  const read = { permission: 'gateways.read' } as const
  route(app, 'GET /api/gateways/health', read, ({ hub, user, query }) =>
    healthOfAll(hub, user, query.projectId),
  )
  route(app, 'GET /api/gateways/:id/health', read, ({ hub, user, params }) => healthOf(hub, user, params.id))
  route(app, 'GET /api/gateways/:id/schema', read, ({ hub, user, params }) => schemaOf(hub, user, params.id))
  route(
    app,
    'POST /api/gateways/:id/certificate/revoke',
    { permission: 'gateways.write' },
    ({ hub, user, audit, params }) => revokeCertificate(hub, { user, audit }, params.id),
  )
  route(app, 'GET /api/fleet/ca', read, async ({ hub }) => {
    const { pem, sha256, expiresAt } = await hub.security.authority.describe()
    return { pem, sha256, expiresAt: expiresAt.toISOString() }
  })
}

function addConfigs(app: HubApp): void {
  const read = { permission: 'gateways.read' } as const
  const configure = { permission: 'gateways.configure', bodyLimit: CONFIG_BODY_BYTES } as const
  route(app, 'GET /api/gateways/:id/configs', read, ({ hub, user, params }) =>
    revisionsOf(hub, user, params.id),
  )
  route(app, 'GET /api/gateways/:id/config', read, ({ hub, user, params }) =>
    currentConfig(hub, user, params.id),
  )
  route(app, 'GET /api/gateway-configs/:id', read, ({ hub, user, params }) =>
    revisionOf(hub, user, params.id),
  )
  route(app, 'POST /api/gateways/:id/configs/validate', configure, ({ hub, user, params, body, say }) =>
    validate(hub, user, params.id, body.config, say),
  )
  route(app, 'POST /api/gateways/:id/configs', configure, ({ hub, user, audit, params, body }) =>
    saveRevision(hub, { user, audit }, params.id, body),
  )
  route(app, 'POST /api/gateway-configs/:id/apply', configure, ({ hub, user, audit, params }) =>
    applyRevision(hub, { user, audit }, params.id),
  )
}

function addTemplates(app: HubApp): void {
  const read = { permission: 'gateways.read' } as const
  const configure = { permission: 'gateways.configure', bodyLimit: CONFIG_BODY_BYTES } as const
  route(app, 'GET /api/gateway-templates', read, async ({ hub, user }) =>
    (await listTemplates(hub.db.pool, user)).map(toTemplate),
  )
  route(app, 'POST /api/gateway-templates', configure, ({ hub, user, audit, body }) =>
    copySite(hub, { user, audit }, body),
  )
  route(app, 'GET /api/gateway-templates/:id', read, async ({ hub, user, params }) => {
    const row = await requireTemplate(hub, { user }, params.id)
    const { config } = row
    return { ...toTemplate({ ...row, buses: config.buses.length, devices: config.devices.length }), config }
  })
  route(app, 'POST /api/gateway-templates/import', configure, ({ hub, user, audit, body }) =>
    importTemplate(hub, { user, audit }, body),
  )
  route(app, 'DELETE /api/gateway-templates/:id', configure, async ({ hub, user, audit, params }) => {
    await removeTemplate(hub, { user, audit }, params.id)
    return { ok: true as const }
  })
}

function addRequests(app: HubApp): void {
  const configure = { permission: 'gateways.configure', perMinute: REQUESTS_PER_MINUTE } as const
  route(app, 'POST /api/gateways/:id/log', configure, async ({ hub, user, params, body }) =>
    requestsOf(hub).ask(await requireGateway(hub.db.pool, user, params.id, 'gateways.configure'), {
      kind: 'log',
      ...body,
    }),
  )
  route(app, 'POST /api/gateways/:id/scan', configure, async ({ hub, user, params, body }) =>
    requestsOf(hub).ask(await requireGateway(hub.db.pool, user, params.id, 'gateways.configure'), {
      kind: 'scan',
      bus: body.bus,
    }),
  )
  route(
    app,
    'POST /api/gateways/:id/picture',
    { permission: 'events.read', perMinute: 5 * REQUESTS_PER_MINUTE },
    async ({ hub, user, params, body }) =>
      requestsOf(hub).ask(await requireGateway(hub.db.pool, user, params.id, 'events.read'), {
        kind: 'picture',
        key: body.key,
      }),
  )
  route(app, 'POST /api/devices/:id/probe', configure, async ({ hub, user, params }) => {
    const device = await findDevice(hub.db.pool, user, params.id, 'gateways.configure')
    if (!device || device.removed) throw fail(fleetErrors.deviceNotFound, 'There is no such device', params)
    const gateway = await requireGateway(hub.db.pool, user, device.gatewayId, 'gateways.configure')
    return requestsOf(hub).ask(gateway, { kind: 'probe', device: device.key })
  })
}

/** Here first: what is wrong already need not be asked. Then by the gateway, when it is there and answers. */
async function validate(
  hub: Hub,
  user: CurrentUser,
  gatewayId: string,
  config: ManagedConfig,
  say: (reason: Reason) => string,
): Promise<{ issues: ConfigIssue[]; checkedBy: 'hub' | 'gateway' }> {
  const gateway = await requireGateway(hub.db.pool, user, gatewayId, 'gateways.configure')
  const schema = await schemaOf(hub, user, gatewayId)
  const faults = await faultsOf(hub, config, schema)
  const seen = faults.map(({ path, reason }) => ({ path, reason: say(reason) }))
  if (seen.length > 0 || !gateway.online) return { issues: seen, checkedBy: 'hub' }
  try {
    const whole = await withSecrets(hub, hub.db.pool, gatewayId, config)
    const { issues } = await requestsOf(hub).ask(gateway, { kind: 'validate', config: whole })
    return { issues, checkedBy: 'gateway' }
  } catch (error) {
    hub.log.info({ err: error, gatewayId }, 'a configuration was checked by the hub only')
    return { issues: [], checkedBy: 'hub' }
  }
}
