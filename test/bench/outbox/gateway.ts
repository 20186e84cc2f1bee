/**
 * The gateway of the outbox bench, as a process of its own. Everything between the drivers and the wire is the agent's:
 * collector, outbox, packing, clock, uplink. Only the clock runs ahead while it is offline: each half second of the
 * site's time is offered and flushed at once, so that three days are written in minutes, batch by batch as in life.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { StatusMessage } from '@courtyard/protocols/contract'
import { systemClock, type Clock } from '../../../edge/src/clock.ts'
import { silentLogger } from '../../../edge/src/log.ts'
import { BatchPacker, EmissionCollector, Outbox } from '../../../edge/src/outbox/index.ts'
import { ClockStore, TimeKeeper } from '../../../edge/src/time/index.ts'
import { Uplink } from '../../../edge/src/uplink/index.ts'
import type { FromGateway, GatewayPlan } from './messages.ts'
import { FLUSH_MS, readingsOfTick } from './site-load.ts'

const LOOK_AFTER_EVERY_TICKS = 10_000 / FLUSH_MS

/** Site time: by leaps while offline, then as fast as any other. */
class SiteClock implements Clock {
  private readonly startMs: number
  private leapedMs = 0
  private liveSinceMs: number | null = null

  constructor(startMs: number) {
    this.startMs = startMs
  }

  leap(ms: number): void {
    this.leapedMs += ms
  }

  goLive(): void {
    this.liveSinceMs = performance.now()
  }

  monotonicMs(): number {
    return this.leapedMs + (this.liveSinceMs === null ? 0 : performance.now() - this.liveSinceMs)
  }

  nowMs(): number {
    return Math.round(this.startMs + this.monotonicMs())
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal)
  }
}

const plan = JSON.parse(process.argv[2]!) as GatewayPlan
const startMs = Date.UTC(2026, 8, 1)
const logger = silentLogger()
const site = new SiteClock(startMs)
const time = new TimeKeeper(site, { id: 'bench', nowMs: () => site.monotonicMs() }, logger)
const file = join(plan.folder, 'outbox.sqlite')
const limits = { maxBytes: plan.maxBytes, maxAgeMs: 90 * 24 * 3_600_000 }
const outbox = new Outbox({ file, limits, moveDamagedAside: false, clock: time, logger })
const packer = new BatchPacker(outbox, time, logger)
const collector = new EmissionCollector({
  outbox,
  flushMs: FLUSH_MS,
  logger,
  refine: (emission, sinceMs) => time.refine(emission, sinceMs),
  onSealed: () => uplink?.nudge(),
})
time.begin(new ClockStore(outbox, logger), {
  beforeChange: () => collector.flush(),
  changed: (trusted, held) => outbox.setClock(trusted, held),
})
let uplink: Uplink | null = null
let tick = 0
/** Offers that were refused: they would be readings that nobody has. */
let refused = 0
let rssBytes = 0

function say(message: FromGateway): void {
  process.send!(message)
}

function pollOnce(): void {
  for (const readings of readingsOfTick(tick, startMs)) {
    collector.offer({ readings }).catch(() => (refused += readings.length))
  }
  tick += 1
}

function lookAfterOutbox(): void {
  packer.pack()
  outbox.enforceLimits()
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss())
}

async function writeBacklog(): Promise<number> {
  const ticks = Math.round((plan.hours * 3_600_000) / FLUSH_MS)
  const began = performance.now()
  while (tick < ticks) {
    pollOnce()
    site.leap(FLUSH_MS)
    collector.flush()
    if (tick % LOOK_AFTER_EVERY_TICKS === 0) {
      lookAfterOutbox()
      await delay(0)
    }
  }
  return (performance.now() - began) / 1_000
}

/** The least that any outbox must do: the same number of bytes, one durable transaction per batch. */
function plainInserts(bytes: number): number {
  const database = new DatabaseSync(join(plan.folder, 'plain.sqlite'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE plain (id INTEGER PRIMARY KEY, payload BLOB)') // prettier-ignore
  const insert = database.prepare('INSERT INTO plain (payload) VALUES (?)')
  const payload = new Uint8Array(Math.max(1, Math.round(bytes)))
  const rows = 3_000
  const began = performance.now()
  for (let i = 0; i < rows; i++) {
    crypto.getRandomValues(payload.subarray(0, Math.min(payload.length, 65_536)))
    insert.run(payload)
  }
  const perSecond = rows / ((performance.now() - began) / 1_000)
  database.close()
  return perSecond
}

function startUplink(): Uplink {
  const { gatewayId, password, mqttPort, folder, readingsPerSecond } = plan
  const dataDir = join(folder, 'identity')
  mkdirSync(dataDir, { recursive: true })
  const credentials = { gatewayId, mqttUrl: `mqtt://127.0.0.1:${mqttPort}`, username: gatewayId, password }
  writeFileSync(join(dataDir, 'credentials.json'), JSON.stringify(credentials))
  const started = new Uplink({
    dataDir,
    hub: { url: 'http://127.0.0.1:1' },
    settings: { inFlightBatches: 16, backlogReadingsPerSecond: readingsPerSecond },
    outbox,
    catalogue: { v: 1, revision: 'outbox-bench', devices: [] },
    clock: time,
    logger,
    status: (): StatusMessage => ({ v: 1, atMs: time.nowMs(), version: 'bench', startedAtMs: startMs, outbox: statusOfOutbox(), buses: [], devices: [] }), // prettier-ignore
    onAck: (ack) => time.noteHub(ack.hubTimeMs),
    onConnected: () => time.connected(),
  })
  started.start()
  return started
}

function statusOfOutbox(): StatusMessage['outbox'] {
  const { batches, readings, bytes, oldestAtMs, droppedReadings } = outbox.totals()
  return { batches, readings, bytes, oldestAtMs, droppedReadings }
}

const seconds = await writeBacklog()
const written = outbox.totals()
say({
  kind: 'written',
  startMs,
  endMs: time.nowMs(),
  readings: written.acceptedReadings,
  batches: tick,
  seconds,
  bytes: written.bytes,
  fileBytes: statSync(file).size,
  rssBytes,
  plainInsertsPerSecond: plainInserts(sealedBytesPerBatch(written.bytes)),
})

/** Bytes of an average batch as it was first sealed. */
function sealedBytesPerBatch(fallback: number): number {
  const last = outbox.database.prepare('SELECT avg(bytes) AS bytes FROM (SELECT bytes FROM batch ORDER BY sequence DESC LIMIT 40)').get() // prettier-ignore
  return Number(last?.['bytes'] ?? fallback)
}

site.goLive()
say({ kind: 'live', atMs: Date.now(), clockMs: time.nowMs() })
const polls = setInterval(() => {
  const due = Math.floor((site.nowMs() - startMs) / FLUSH_MS)
  while (tick < due) pollOnce()
}, FLUSH_MS / 2)
const care = setInterval(lookAfterOutbox, 10_000)
await delay(1_500)
uplink = startUplink()
while (outbox.totals().batches > 5) {
  await delay(50)
  rssBytes = Math.max(rssBytes, process.memoryUsage.rss())
}
say({ kind: 'caughtUp' })
await delay(1_500)
clearInterval(polls)
collector.flush()
while (outbox.totals().batches > 0) await delay(50)
clearInterval(care)
outbox.enforceLimits()
await uplink.stop()
time.stop()
const totals = outbox.totals()
outbox.close()
const last: FromGateway = {
  kind: 'done',
  accepted: totals.acceptedReadings,
  dropped: totals.droppedReadings + refused,
  maxRssBytes: process.resourceUsage().maxRSS * 1_024,
  fileBytes: statSync(file).size,
}
process.send!(last, () => process.exit(0))
