import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { HubApp } from '../module.ts'

const brokerTotals = [
  ['courtyard_mqtt_refused_total', 'Connections to the own broker that were not let in', 'refused'],
  ['courtyard_mqtt_slowed_total', 'Messages that waited because their gateway sends too fast', 'slowedDown'],
] as const

/** Metrics of one hub; modules add their own with `hubMetrics(app.hub)`. */
const registries = new WeakMap<object, Registry>()

/** The registry whose content `/metrics` shows. One per hub, so that several fit in one process. */
export function hubMetrics(hub: object): Registry {
  let registry = registries.get(hub)
  if (!registry) registries.set(hub, (registry = new Registry()))
  return registry
}

/** Prometheus text at `/metrics`: numbers only, nothing about people or projects. */
export function addMetrics(app: HubApp): void {
  const registers = [hubMetrics(app.hub)]
  collectDefaultMetrics({ register: registers[0]!, prefix: 'courtyard_' })
  const duration = new Histogram({
    name: 'courtyard_http_request_seconds',
    help: 'Time to answer, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })
  const errors = new Counter({ name: 'courtyard_http_errors_total', help: 'Answers with 5xx', registers })
  new Gauge({
    name: 'courtyard_database_connections',
    help: 'Connections of the pool',
    labelNames: ['state'],
    registers,
    collect() {
      const { pool } = app.hub.db
      this.set({ state: 'open' }, pool.totalCount)
      this.set({ state: 'idle' }, pool.idleCount)
      this.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  new Gauge({
    name: 'courtyard_live_streams',
    help: 'Browsers that listen to live events',
    registers,
    collect() {
      this.set(app.liveStreams.size)
    },
  })
  new Gauge({
    name: 'courtyard_mqtt_connections',
    help: "Gateways on the hub's own broker",
    registers,
    collect() {
      this.set(app.hub.broker.counters().connections)
    },
  })
  for (const [name, help, key] of brokerTotals) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(app.hub.broker.counters()[key])
      },
    })
  }
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    if (route === '/api/live') return
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    if (reply.statusCode >= 500) errors.inc()
  })
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    return reply.type(registers[0]!.contentType).send(await registers[0]!.metrics())
  })
}
