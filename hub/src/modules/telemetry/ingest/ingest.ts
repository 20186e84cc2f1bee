/**
 * From the broker into the database: decode, queue, write in groups, acknowledge after commit.
 *
 * - A gateway is told that a batch is safe only after the transaction that holds it is committed.
 * - One batch that the database refuses can't hold up the others: the group is then written one by one and the
 *   culprit goes to the quarantine as it came.
 * - While the database is away the group at hand is held and tried again; the queue fills and the broker stops
 *   reading from the gateways, which keep their readings on their own disks.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { AppError, parseUpTopic, type BatchMessage } from '@courtyard/protocols/contract'
import { decodeBatch } from '@courtyard/protocols/wire'
import type { BrokerMessage } from '../../../platform/broker/broker.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Database } from '../../../platform/database/database.ts'
import { fail, platformErrors } from '../../../platform/errors.ts'
import { spanOf } from '../domain/intake.ts'
import { heldCodes } from '../errors.ts'
import { activeGateways, insertHeldMessage, type HeldMessage } from '../ingest.repository.ts'
import type { TelemetryReason } from '../reasons.ts'
import { BatchQueue, type ReceivedBatch } from './batch-queue.ts'
import { isTransient } from './database-faults.ts'
import { GroupWriter, type GroupResult, type Outcome } from './group-writer.ts'
import { PointDirectory } from './point-directory.ts'
import { undecodable } from './undecodable.ts'

export interface BatchOutcome {
  readonly outbox: string
  readonly sequence: number
  readonly status: Exclude<Outcome, 'refused'>
}

export interface IngestOptions {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  /** Tells a gateway what became of its batches; called after commit, must not throw. */
  readonly acknowledge: (gatewayId: string, batches: readonly BatchOutcome[]) => void
  /** Called after each commit. */
  readonly onCommitted: (result: GroupResult) => void
  readonly maxGroupReadings?: number
  readonly maxQueueBytes?: number
}

const MAX_GROUP_READINGS = 120_000
const MAX_GROUP_BATCHES = 400
const MAX_QUEUE_BYTES = 48 * 1024 * 1024
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 10_000

export interface IngestCounters {
  readings: number
  events: number
  batches: number
  duplicates: number
  quarantined: number
  refused: number
}

export class Ingest {
  readonly counters: IngestCounters = {
    readings: 0,
    events: 0,
    batches: 0,
    duplicates: 0,
    quarantined: 0,
    refused: 0,
  }
  private readonly options: IngestOptions
  private readonly queue: BatchQueue
  private readonly writer: GroupWriter
  private readonly stopping = new AbortController()
  private readonly running: Promise<void>

  constructor(options: IngestOptions) {
    this.options = options
    this.queue = new BatchQueue({ maxBytes: options.maxQueueBytes ?? MAX_QUEUE_BYTES })
    this.writer = new GroupWriter(options.db, new PointDirectory())
    this.running = this.run()
  }

  get waitingBytes(): number {
    return this.queue.waitingBytes
  }

  /**
   * Takes one message of `up/batch`; resolves when it is queued or in the quarantine.
   * @throws AppError `hub.stopping`
   */
  async receive({ topic, payload }: BrokerMessage): Promise<void> {
    const gatewayId = parseUpTopic(topic)?.gatewayId
    if (!gatewayId) return
    const receivedAt = this.options.clock.now()
    let message: BatchMessage
    try {
      message = decodeBatch(payload)
    } catch (error) {
      return this.holdUndecodable(gatewayId, topic, payload, error)
    }
    const batch = { gatewayId, topic, payload, receivedAt, message, ...spanOf(message) }
    if (!(await this.queue.offer(batch))) throw fail(platformErrors.stopping, 'the hub is stopping')
  }

  /** Ends after the group at hand; what waits is still with the gateways. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.queue.close()
    await this.running
  }

  private async run(): Promise<void> {
    for (;;) {
      const group = await this.queue.take(
        this.options.maxGroupReadings ?? MAX_GROUP_READINGS,
        MAX_GROUP_BATCHES,
      )
      if (group.length === 0) return
      await this.writeGroup(group)
    }
  }

  private async writeGroup(group: readonly ReceivedBatch[]): Promise<void> {
    try {
      const result = await this.untilDatabaseAnswers(() => this.writer.write(group))
      if (result) this.settle(group, result)
    } catch (error) {
      if (group.length === 1) return this.holdPoison(group[0]!, error)
      this.options.log.warn(
        { err: error, batches: group.length },
        'group refused: writing its batches one by one',
      )
      for (const batch of group) await this.writeGroup([batch])
    }
  }

  private settle(group: readonly ReceivedBatch[], result: GroupResult): void {
    group.forEach((batch, i) => this.count(batch, result.outcomes[i]!))
    this.counters.events += result.events.length
    this.options.onCommitted(result)
    this.acknowledge(group, result.outcomes)
  }

  private acknowledge(group: readonly ReceivedBatch[], outcomes: readonly Outcome[]): void {
    const byGateway = new Map<string, BatchOutcome[]>()
    for (const [i, { gatewayId, message }] of group.entries()) {
      const status = outcomes[i]!
      if (status === 'refused') continue
      const batches = byGateway.get(gatewayId) ?? []
      byGateway.set(gatewayId, batches)
      batches.push({ outbox: message.outbox, sequence: message.sequence, status })
    }
    for (const [gatewayId, batches] of byGateway) this.options.acknowledge(gatewayId, batches)
  }

  private count(batch: ReceivedBatch, outcome: Outcome): void {
    if (outcome === 'committed') {
      this.counters.batches += 1
      this.counters.readings += batch.readings
    } else if (outcome === 'duplicate') this.counters.duplicates += 1
    else if (outcome === 'quarantined') this.counters.quarantined += 1
    else this.refuse(batch.gatewayId)
  }

  private refuse(gatewayId: string): void {
    this.counters.refused += 1
    this.options.log.warn(
      { gatewayId },
      'batch neither stored nor acknowledged: the gateway is unknown or revoked, or its quarantine is full',
    )
  }

  private async holdPoison(batch: ReceivedBatch, error: unknown): Promise<void> {
    this.options.log.error({ err: error, gatewayId: batch.gatewayId }, 'batch refused by the database')
    const fault = error instanceof Error ? error.message : String(error)
    const reason: TelemetryReason = { code: 'ingest.poison', fault }
    const { gatewayId, topic, payload, readings } = batch
    const held = await this.hold({ gatewayId, topic, payload, readings, code: heldCodes.poison, reason })
    if (held) this.acknowledge([batch], ['quarantined'])
  }

  private async holdUndecodable(
    gatewayId: string,
    topic: string,
    payload: Buffer,
    error: unknown,
  ): Promise<void> {
    const code = error instanceof AppError ? error.code : 'wire.invalid'
    const held = await this.hold({ gatewayId, topic, payload, readings: 0, code, reason: undecodable(error) })
    const identity = error instanceof AppError ? error.details['identity'] : undefined
    if (held && isIdentity(identity)) {
      this.options.acknowledge(gatewayId, [{ ...identity, status: 'quarantined' }])
    }
  }

  /** @returns whether it is in the quarantine now */
  private async hold(message: Omit<HeldMessage, 'projectId'>): Promise<boolean> {
    const { gatewayId } = message
    const kept = await this.untilDatabaseAnswers(async () => {
      const projectId = (await activeGateways(this.options.db.pool, [gatewayId])).get(gatewayId)
      return (
        projectId !== undefined && (await insertHeldMessage(this.options.db.pool, { ...message, projectId }))
      )
    })
    if (kept === null) return false
    if (kept) this.counters.quarantined += 1
    else this.refuse(gatewayId)
    return kept
  }

  /** Tries again as long as the fault is the database's own; null when the hub stops meanwhile. */
  private async untilDatabaseAnswers<T>(work: () => Promise<T>): Promise<T | null> {
    let pauseMs = FIRST_RETRY_MS
    while (!this.stopping.signal.aborted) {
      try {
        return await work()
      } catch (error) {
        if (!isTransient(error)) throw error
        this.options.log.warn({ err: error, pauseMs }, 'database does not take readings: held back')
        await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => undefined)
        pauseMs = Math.min(pauseMs * 2, LAST_RETRY_MS)
      }
    }
    return null
  }
}

function isIdentity(value: unknown): value is { outbox: string; sequence: number } {
  return typeof value === 'object' && value !== null && 'outbox' in value && 'sequence' in value
}
