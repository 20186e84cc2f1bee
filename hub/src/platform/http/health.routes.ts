import type { Hub, HubApp } from '../module.ts'
import type { PlatformReason } from '../reasons/platform-reasons.ts'
import { route } from './route.ts'

interface Check {
  readonly ok: boolean
  readonly detail: PlatformReason
}

/** Liveness says that the process answers; readiness that it can do its work. */
export function addHealth(app: HubApp): void {
  route(app, 'GET /api/health/live', { permission: null }, async () => ({ ok: true as const }))
  route(app, 'GET /api/health', { permission: null }, async ({ hub, reply, say }) => {
    const states = Object.entries(await checkAll(hub))
    const ok = states.every(([, check]) => check.ok)
    const checks = Object.fromEntries(
      states.map(([name, check]) => [name, { ok: check.ok, detail: say(check.detail) }]),
    )
    reply.status(ok ? 200 : 503)
    const status: 'ok' | 'degraded' = ok ? 'ok' : 'degraded'
    return { status, version: hub.version, roles: [...hub.roles], checks }
  })
}

async function checkAll(hub: Hub): Promise<Record<string, Check>> {
  const database = await hub.db.ping().then(
    (): Check => ({
      ok: true,
      detail: { code: hub.config.databaseUrl ? 'health.external_server' : 'health.own_server' },
    }),
    (error: unknown): Check => ({
      ok: false,
      detail: { code: 'health.fault', fault: error instanceof Error ? error.message : String(error) },
    }),
  )
  return { database, broker: hub.broker.state(), jobs: await hub.jobs.state() }
}
