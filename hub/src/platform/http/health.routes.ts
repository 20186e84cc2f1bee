import type { Health } from '@courtyard/protocols/contract'
import type * as z from 'zod'
import type { Hub, HubApp } from '../module.ts'
import { route } from './route.ts'

type Check = z.infer<typeof Health>['checks'][string]

/** Liveness says that the process answers; readiness that it can do its work. */
export function addHealth(app: HubApp): void {
  route(app, 'GET /api/health/live', { permission: null }, async () => ({ ok: true as const }))
  route(app, 'GET /api/health', { permission: null }, async ({ hub, reply }) => {
    const checks = await checkAll(hub)
    const ok = Object.values(checks).every((check) => check.ok)
    reply.status(ok ? 200 : 503)
    return { status: ok ? 'ok' : 'degraded', version: hub.version, roles: [...hub.roles], checks }
  })
}

async function checkAll(hub: Hub): Promise<Record<string, Check>> {
  const database = await hub.db.ping().then(
    () => ({ ok: true, detail: hub.config.databaseUrl ? 'external server' : 'own server' }),
    (error: unknown) => ({ ok: false, detail: error instanceof Error ? error.message : String(error) }),
  )
  return { database, broker: hub.broker.state(), jobs: await hub.jobs.state() }
}
