import { fork } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BenchHub } from './hub.ts'
import type { FromGateway, GatewayPlan } from './messages.ts'
import { INTERVAL_MS, Ledger } from './site-load.ts'

export interface OutboxBenchResult {
  readonly backlogHours: number
  readonly backlogReadings: number
  /** Peak of the gateway's process, over writing and sending. */
  readonly rssMb: number
  /** From the accepted CONNECT to the commit of a reading that was taken after it. */
  readonly secondsToLive: number
  /** Hours of backlog per hour of sending. */
  readonly catchUpFactor: number
  readonly lost: number
  readonly duplicated: number
  /** Readings with another value, quality or instant than the site had. */
  readonly wrong: number
  readonly writeReadingsPerSecond: number
  readonly catchUpReadingsPerSecond: number
  /** Sealing a batch with all that belongs to it, as a share of a bare durable insert of the same bytes. */
  readonly ratioToPlainInserts: number
  readonly backlogMb: number
  readonly bytesPerReading: number
  readonly fileMbFull: number
  readonly fileMbAfter: number
  readonly messages: number
}

export interface OutboxBenchOptions {
  readonly hours: number
  readonly readingsPerSecond: number
  readonly maxBytes: number
  readonly nodeFlags: readonly string[]
  readonly say: (text: string) => void
}

/** Live readings that a run may have after its backlog. */
const LIVE_HOURS = 4

export async function runOutboxBench(options: OutboxBenchOptions): Promise<OutboxBenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'courtyard-outbox-bench-'))
  const identity = { gatewayId: randomUUID(), password: randomUUID() }
  const hub = await BenchHub.start(identity.gatewayId, identity.password, folder)
  const { hours, readingsPerSecond, maxBytes } = options
  const plan: GatewayPlan = { folder, hours, mqttPort: hub.port, readingsPerSecond, maxBytes, ...identity }
  const gateway = fork(join(import.meta.dirname, 'gateway.ts'), [JSON.stringify(plan)], {
    execArgv: [...options.nodeFlags],
  })
  const ended = once(gateway, 'exit')
  try {
    const watch = new Watch(hub, options)
    gateway.on('message', (message) => watch.hear(message as FromGateway))
    await ended
    return watch.result()
  } finally {
    gateway.kill('SIGKILL')
    await hub.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

type Heard<K extends FromGateway['kind']> = Extract<FromGateway, { kind: K }>

/** Keeps the times and the ledger of one run. */
class Watch {
  private readonly options: OutboxBenchOptions
  private readonly hub: BenchHub
  private ledger: Ledger | null = null
  private written: Heard<'written'> | null = null
  private done: Heard<'done'> | null = null
  /** Site time less this machine's. */
  private siteOffsetMs = 0
  private connectedMs: number | null = null
  private liveMs: number | null = null
  private caughtUpMs: number | null = null
  private messages = 0

  constructor(hub: BenchHub, options: OutboxBenchOptions) {
    this.hub = hub
    this.options = options
    hub.onGateway = () => (this.connectedMs ??= Date.now())
    hub.onCommitted = (readings) => {
      this.messages += 1
      for (const reading of readings) this.ledger!.add(reading)
      if (this.liveMs !== null || this.connectedMs === null) return
      const liveFromMs = this.connectedMs + this.siteOffsetMs
      if (readings.some(({ atMs }) => atMs >= liveFromMs)) this.liveMs = Date.now()
    }
  }

  hear(message: FromGateway): void {
    if (message.kind === 'written') {
      this.written = message
      this.ledger = new Ledger(message.startMs, ((this.options.hours + LIVE_HOURS) * 3_600_000) / INTERVAL_MS)
      this.options.say(`${message.readings} readings in ${message.batches} batches written in ${message.seconds.toFixed(1)} s`) // prettier-ignore
    }
    if (message.kind === 'live') this.siteOffsetMs = message.clockMs - message.atMs
    if (message.kind === 'caughtUp') this.caughtUpMs = Date.now()
    if (message.kind === 'done') this.done = message
  }

  result(): OutboxBenchResult {
    const { written, done, ledger, connectedMs, liveMs, caughtUpMs } = this
    if (!written || !done || !ledger || !connectedMs || !liveMs || !caughtUpMs) {
      throw new Error('the gateway of the bench ended before its time')
    }
    const catchUpSeconds = (caughtUpMs - connectedMs) / 1_000
    const batchesPerSecond = written.batches / written.seconds
    return {
      backlogHours: this.options.hours,
      backlogReadings: written.readings,
      rssMb: round(done.maxRssBytes / 2 ** 20, 0),
      secondsToLive: round((liveMs - connectedMs) / 1_000, 2),
      catchUpFactor: round((this.options.hours * 3_600) / catchUpSeconds, 1),
      lost: done.accepted + done.dropped - ledger.seen,
      duplicated: ledger.duplicated,
      wrong: ledger.wrong,
      writeReadingsPerSecond: round(written.readings / written.seconds, 0),
      catchUpReadingsPerSecond: round(written.readings / catchUpSeconds, 0),
      ratioToPlainInserts: round(batchesPerSecond / written.plainInsertsPerSecond, 3),
      backlogMb: round(written.bytes / 2 ** 20, 1),
      bytesPerReading: round(written.bytes / written.readings, 2),
      fileMbFull: round(written.fileBytes / 2 ** 20, 1),
      fileMbAfter: round(done.fileBytes / 2 ** 20, 1),
      messages: this.messages,
    }
  }
}

function round(value: number, places: number): number {
  return Number(value.toFixed(places))
}
