/**
 * The other side of the outbox bench: a real broker (aedes, as in the hub) and a hub that commits batches to SQLite,
 * idempotently by outbox and sequence, before it acknowledges them. It knows every value that the site can have.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { Aedes } from 'aedes'
import { connectAsync, type MqttClient } from 'mqtt'
import { parseUpTopic, topics, type AckMessage, type Reading } from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'

/** Batches that are committed together at most, and how long the first of them waits. */
const COMMIT_AFTER_MS = 10

export class BenchHub {
  port = 0
  /** The gateway's CONNECT was accepted. */
  onGateway: () => void = () => {}
  /** Readings of batches that were not stored before; they are committed. */
  onCommitted: (readings: readonly Reading[]) => void = () => {}
  arrivals = 0
  private readonly gatewayId: string
  private readonly broker: Aedes
  private readonly listener: Server
  private readonly sockets = new Set<Socket>()
  private readonly database: DatabaseSync
  private readonly insert: StatementSync
  private client: MqttClient | null = null
  private waiting: Buffer[] = []
  private timer: NodeJS.Timeout | null = null

  private constructor(broker: Aedes, gatewayId: string, folder: string) {
    this.broker = broker
    this.gatewayId = gatewayId
    this.listener = createServer((socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      broker.handle(socket)
    })
    this.database = new DatabaseSync(join(folder, 'hub.sqlite'))
    this.database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE batch (outbox TEXT, sequence INTEGER, payload BLOB, PRIMARY KEY (outbox, sequence)) WITHOUT ROWID',
    )
    this.insert = this.database.prepare('INSERT OR IGNORE INTO batch VALUES (?, ?, ?)')
  }

  static async start(gatewayId: string, password: string, folder: string): Promise<BenchHub> {
    const broker = await Aedes.createBroker({
      authenticate: (client, username, given, done) => {
        const good = username === 'hub' || (username === gatewayId && given?.toString() === password)
        if (good && username === gatewayId) hub.onGateway()
        done(null, good)
      },
    })
    const hub = new BenchHub(broker, gatewayId, folder)
    await new Promise<void>((resolve) => hub.listener.listen(0, '127.0.0.1', resolve))
    hub.port = (hub.listener.address() as AddressInfo).port
    hub.client = await connectAsync(`mqtt://127.0.0.1:${hub.port}`, { username: 'hub', protocolVersion: 4 })
    hub.client.on('message', (topic, payload) => hub.receive(topic, payload))
    await hub.client.subscribeAsync(topics.allUp, { qos: 1 })
    return hub
  }

  async stop(): Promise<void> {
    if (this.timer) clearTimeout(this.timer)
    await this.client?.endAsync(true)
    for (const socket of this.sockets) socket.destroy()
    this.listener.close()
    await new Promise<void>((resolve) => this.broker.close(() => resolve()))
    this.database.close()
  }

  private receive(topic: string, payload: Buffer): void {
    const kind = parseUpTopic(topic)?.kind
    if (kind === 'catalogue') {
      const { revision } = JSON.parse(payload.toString()) as { revision: string }
      this.acknowledge({ v: 1, batches: [], catalogue: { revision } })
    }
    if (kind !== 'batch') return
    this.arrivals += 1
    this.waiting.push(payload)
    this.timer ??= setTimeout(() => this.commit(), COMMIT_AFTER_MS)
  }

  private commit(): void {
    this.timer = null
    const batches = this.waiting.map((payload) => ({ payload, message: decodeBatch(payload) }))
    this.waiting = []
    this.database.exec('BEGIN IMMEDIATE')
    const stored = batches.map(({ payload, message }) => ({
      message,
      isNew: this.insert.run(message.outbox, message.sequence, payload).changes === 1,
    }))
    this.database.exec('COMMIT')
    this.acknowledge({
      v: 1,
      batches: stored.map(({ message: { outbox, sequence }, isNew }) => ({ outbox, sequence, status: isNew ? 'committed' : 'duplicate' })), // prettier-ignore
    })
    for (const { message, isNew } of stored) if (isNew) this.onCommitted(readingsOf(message))
  }

  private acknowledge(ack: AckMessage): void {
    this.client!.publish(topics.ack(this.gatewayId), JSON.stringify(ack), { qos: 1 })
  }
}
