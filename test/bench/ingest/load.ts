/**
 * The load of the ingest bench, as a process of its own: gateways that send batches over MQTT the way the edge
 * does. All batches are sealed before the clock starts, so that the bench measures the hub.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { AckMessage, topics, type Reading } from '@courtyard/protocols/contract'
import { encodeBatch } from '@courtyard/protocols/wire'
import type { FromLoad, LoadGateway, LoadPlan, LoadResult, ToLoad } from './load.types.ts'

class Sender {
  readonly latencies: number[] = []
  notCommitted = 0
  payloadBytes = 0
  private readonly gateway: LoadGateway
  private readonly plan: LoadPlan
  private readonly outbox = randomUUID()
  private readonly batches: Buffer[] = []
  private readonly sentAt: number[] = []
  private client: MqttClient | null = null
  private acknowledged = 0
  private wake: (() => void) | null = null

  constructor(gateway: LoadGateway, plan: LoadPlan, seed: number) {
    this.gateway = gateway
    this.plan = plan
    this.seal(seed)
  }

  async connect(): Promise<void> {
    const { id, mqttUrl, password } = this.gateway
    this.client = await connectAsync(mqttUrl, { username: id, password, clientId: id, reconnectPeriod: 0 })
    this.client.on('message', (_topic, payload) => this.heard(payload))
    await this.client.subscribeAsync(topics.ack(id), { qos: 1 })
  }

  async run(): Promise<void> {
    const { inFlight, readingsPerSecond, gateways, pointKeys, pollsPerBatch } = this.plan
    const begin = performance.now()
    const share = readingsPerSecond === null ? null : readingsPerSecond / gateways.length
    for (const [i, batch] of this.batches.entries()) {
      while (i - this.acknowledged >= inFlight) await new Promise<void>((resolve) => (this.wake = resolve))
      if (share !== null) {
        const due = begin + ((i * pointKeys.length * pollsPerBatch) / share) * 1_000
        const wait = due - performance.now()
        if (wait > 0) await delay(wait)
      }
      this.sentAt[i] = performance.now()
      this.client!.publish(topics.batch(this.gateway.id), batch, { qos: 1 })
    }
    while (this.acknowledged < this.batches.length)
      await new Promise<void>((resolve) => (this.wake = resolve))
  }

  async stop(): Promise<void> {
    await this.client?.endAsync()
  }

  private heard(payload: Buffer): void {
    const now = performance.now()
    for (const { outbox, sequence, status } of AckMessage.parse(JSON.parse(payload.toString('utf8')))
      .batches) {
      if (outbox !== this.outbox) continue
      this.latencies.push(now - this.sentAt[sequence - 1]!)
      this.acknowledged += 1
      if (status !== 'committed') this.notCommitted += 1
    }
    this.wake?.()
  }

  /** Registers that grow by small random steps, read poll by poll. */
  private seal(seed: number): void {
    const { pointKeys, scale, batchesPerGateway, pollsPerBatch, pollMs, fromMs } = this.plan
    const random = lcg(seed)
    const registers = pointKeys.map(() => Math.floor(random() * 1e8))
    let poll = 0
    for (let sequence = 1; sequence <= batchesPerGateway; sequence++) {
      const readings: Reading[] = []
      for (let i = 0; i < pollsPerBatch; i++, poll++) {
        for (const [p, point] of pointKeys.entries()) {
          registers[p]! += Math.floor(random() * 20)
          // Devices are read one after another
          const atMs = fromMs + poll * pollMs + Math.floor((p / pointKeys.length) * pollMs)
          readings.push({ point, atMs, mantissa: registers[p]!, scale, quality: 0 })
        }
      }
      const batch = Buffer.from(encodeBatch({ outbox: this.outbox, sequence }, readings))
      this.payloadBytes += batch.length
      this.batches.push(batch)
    }
  }
}

function lcg(seed: number): () => number {
  let state = seed >>> 0
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

async function measure(senders: readonly Sender[], plan: LoadPlan): Promise<LoadResult> {
  const begin = performance.now()
  await Promise.all(senders.map((sender) => sender.run()))
  const seconds = (performance.now() - begin) / 1_000
  const latencies = senders.flatMap((sender) => sender.latencies).sort((a, b) => a - b)
  const batches = plan.gateways.length * plan.batchesPerGateway
  return {
    seconds,
    batches,
    readings: batches * plan.pointKeys.length * plan.pollsPerBatch,
    payloadBytes: senders.reduce((sum, sender) => sum + sender.payloadBytes, 0),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: latencies.at(-1) ?? 0,
    notCommitted: senders.reduce((sum, sender) => sum + sender.notCommitted, 0),
  }
}

const tell = (message: FromLoad) => process.send!(message)
const next = async (): Promise<ToLoad> => ((await once(process, 'message')) as [ToLoad])[0]

const first = await next()
if (first.kind !== 'plan') throw new Error('a plan is needed first')
const { plan } = first
const senders = plan.gateways.map((gateway, i) => new Sender(gateway, plan, i + 1))
await Promise.all(senders.map((sender) => sender.connect()))
const go = next()
tell({ kind: 'ready' })
await go
tell({ kind: 'done', result: await measure(senders, plan) })
await Promise.all(senders.map((sender) => sender.stop()))
process.disconnect()
