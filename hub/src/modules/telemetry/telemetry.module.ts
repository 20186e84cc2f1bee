import * as z from 'zod'
import { Counter, Gauge } from 'prom-client'
import { topics } from '@courtyard/protocols/contract'
import { hubMetrics } from '../../platform/http/metrics.ts'
import type { Hub, HubModule, Stop } from '../../platform/module.ts'
import { eventNewsOf } from '../events/index.ts'
import { onCatalogueCommitted, onMessageRefused } from '../gateways/index.ts'
import { Acknowledger } from './acknowledger.ts'
import { compact } from './compaction.ts'
import { Ingest } from './ingest/ingest.ts'
import { LiveValues } from './ingest/live-values.ts'
import { insertHeldMessage } from './ingest.repository.ts'
import { announceCommit } from './log-signal.ts'
import { replayKnown } from './quarantine.service.ts'
import { addTelemetryRoutes } from './telemetry.routes.ts'

const COMPACT = 'telemetry.compact'
const REPLAY = 'telemetry.replay'
const Replay = z.object({ gatewayId: z.uuid().nullable().default(null) })

export const telemetryModule: HubModule = { name: 'telemetry', routes: addTelemetryRoutes, start }

async function start(hub: Hub): Promise<Stop> {
  await startJobs(hub)
  const ignoreCatalogues = onCatalogueCommitted(hub, ({ gatewayId }) => {
    hub.jobs
      .send(REPLAY, { gatewayId })
      .catch((error: unknown) =>
        hub.log.warn({ err: error }, 'replay not queued; the next round makes up for it'),
      )
  })
  const ignoreRefused = onMessageRefused(hub, async (message) => {
    const kept = await insertHeldMessage(hub.db.pool, { ...message, readings: 0 })
    if (!kept) hub.log.warn({ gatewayId: message.gatewayId }, 'message not kept: the quarantine is full')
  })
  const stopIngest = hub.roles.has('ingest') ? await startIngest(hub) : null
  return async () => {
    ignoreCatalogues()
    ignoreRefused()
    await stopIngest?.()
    eventNewsOf(hub).stop()
  }
}

async function startJobs(hub: Hub): Promise<void> {
  const log = hub.log.child({ module: 'telemetry' })
  await hub.jobs.work(
    COMPACT,
    z.object({}),
    async (_data, { signal }) => {
      const { blocksBefore, blocksAfter } = await compact(hub, { signal })
      if (blocksBefore > 0) log.info({ blocksBefore, blocksAfter }, 'merged small blocks')
    },
    { expireInSeconds: 3_600 },
  )
  await hub.jobs.work(REPLAY, Replay, async ({ gatewayId }) => {
    const entries = await replayKnown(hub, gatewayId)
    if (entries > 0) log.info({ gatewayId, entries }, 'took in what was held until it became known')
  })
  await hub.jobs.schedule(COMPACT, '17 * * * *')
  // For series that were held at the moment in which the catalogue was stored
  await hub.jobs.schedule(REPLAY, '* * * * *')
}

async function startIngest(hub: Hub): Promise<Stop> {
  const log = hub.log.child({ module: 'ingest' })
  const live = new LiveValues(hub.live)
  const acknowledger = new Acknowledger(hub, log)
  const ingest = new Ingest({
    db: hub.db,
    clock: hub.clock,
    log,
    acknowledge: (gatewayId, batches) => acknowledger.acknowledge(gatewayId, batches),
    onCommitted: ({ latest, events }) => {
      live.add(latest)
      eventNewsOf(hub).add(events)
      announceCommit(hub)
    },
  })
  addMetrics(hub, ingest)
  const unsubscribe = await hub.broker.subscribe(topics.batch('+'), (message) => ingest.receive(message))
  return async () => {
    await unsubscribe()
    await ingest.stop()
    live.stop()
  }
}

function addMetrics(hub: Hub, ingest: Ingest): void {
  const registers = [hubMetrics(hub)]
  for (const kind of ['readings', 'events', 'batches', 'duplicates', 'quarantined', 'refused'] as const) {
    new Counter({
      name: `courtyard_ingest_${kind}_total`,
      help: `Ingest of this process: ${kind}`,
      registers,
      collect() {
        this.reset()
        this.inc(ingest.counters[kind])
      },
    })
  }
  new Gauge({
    name: 'courtyard_ingest_waiting_bytes',
    help: 'Memory of batches that wait for the database',
    registers,
    collect() {
      this.set(ingest.waitingBytes)
    },
  })
}
