/**
 * The hub's side of the wire for tests: a real broker (aedes) with its access rules, an MQTT client that stores
 * batches idempotently and acknowledges them, and the enrolment route. What it has stored survives any agent.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import { connectAsync, type MqttClient } from 'mqtt'
import {
  CatalogueMessage,
  EnrolRequest,
  parseUpTopic,
  PresenceMessage,
  StatusMessage,
  topics,
  type AckMessage,
  type BatchMessage,
  type Reading,
} from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'

export const gatewayId = '5b0d4d52-9a0e-4a8e-8f0e-6f2d3a1c9b7e'
const hubPassword = 'a-secret-of-the-hub'

export class HubPeer {
  token = 'one-time-token-0123456789'
  tokenIsGood = true
  private revocations = 0
  private credentials = { username: gatewayId, password: 'a-secret-of-the-gateway' }
  /** `hold`: batches are stored and not acknowledged, as when the hub dies between the two. */
  acks: 'once' | 'twice' | 'hold' = 'once'
  readonly stored = new Map<string, BatchMessage>()
  /** Sequence numbers in the order of arrival, repetitions included. */
  readonly arrivals: number[] = []
  catalogue: CatalogueMessage | null = null
  status: StatusMessage | null = null
  presence: PresenceMessage | null = null
  enrolments = 0
  private readonly held: AckMessage['batches'] = []
  private broker!: Aedes
  private listener!: Server
  private http!: HttpServer
  private client!: MqttClient
  private readonly sockets = new Set<Socket>()
  mqttPort = 0
  httpPort = 0

  static async start(): Promise<HubPeer> {
    const peer = new HubPeer()
    peer.broker = await Aedes.createBroker({
      authenticate: (client, username, password, done) => {
        const secret = password?.toString()
        const good =
          (username === 'hub' && secret === hubPassword) ||
          (username === peer.credentials.username && secret === peer.credentials.password)
        Object.assign(client, { username })
        done(null, good)
      },
      authorizePublish: (client, packet, done) => {
        const name = (client as unknown as { username?: string } | null)?.username
        const own = name === 'hub' || packet.topic.startsWith(topics.upPrefix(gatewayId))
        done(own ? null : new Error('not your topic'))
      },
    })
    await peer.listen(0)
    peer.http = createHttpServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        const { status, answer } = peer.enrol(request.url ?? '', body)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
      })
    })
    await new Promise<void>((resolve) => peer.http.listen(0, '127.0.0.1', resolve))
    peer.httpPort = (peer.http.address() as AddressInfo).port
    await peer.attach()
    return peer
  }

  /** The network goes away: no connection survives and none can be made. */
  async cut(): Promise<void> {
    await this.client.endAsync(true)
    this.listener.close()
    for (const socket of this.sockets) socket.destroy()
  }

  async restore(): Promise<void> {
    await this.listen(this.mqttPort)
    await this.attach()
  }

  /** Ends the gateway's credentials and its session, and has another token for it. */
  revoke(): void {
    this.revocations += 1
    this.credentials = { ...this.credentials, password: `secret-${this.revocations}-of-the-gateway` }
    this.token = `one-time-token-${this.revocations}-0123456789`
    this.tokenIsGood = true
    for (const socket of this.sockets) if (socket.remotePort !== this.ownPort()) socket.destroy()
  }

  /** Acknowledges what was held. */
  release(): void {
    this.acks = 'once'
    this.send(this.held.splice(0))
  }

  readings(): Reading[] {
    return [...this.stored.values()].flatMap((batch) => readingsOf(batch))
  }

  dropped(): number {
    return [...this.stored.values()].flatMap((batch) => batch.dropped ?? []).reduce((sum, { readings }) => sum + readings, 0) // prettier-ignore
  }

  async stop(): Promise<void> {
    await this.client.endAsync(true)
    this.listener.close()
    for (const socket of this.sockets) socket.destroy()
    this.http.closeAllConnections()
    await new Promise((resolve) => this.http.close(resolve))
    await new Promise<void>((resolve) => this.broker.close(() => resolve()))
  }

  private ownPort(): number | undefined {
    return (this.client.stream as unknown as Socket).localPort
  }

  private enrol(url: string, body: string): { status: number; answer: object } {
    const request = EnrolRequest.safeParse(JSON.parse(body))
    if (url !== '/api/edge/enrol' || !request.success) return { status: 400, answer: {} }
    if (!this.tokenIsGood || request.data.token !== this.token) return { status: 401, answer: {} }
    this.tokenIsGood = false
    this.enrolments += 1
    return {
      status: 200,
      answer: { gatewayId, mqttUrl: `mqtt://127.0.0.1:${this.mqttPort}`, ...this.credentials },
    }
  }

  private async listen(port: number): Promise<void> {
    this.listener = createServer((socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      this.broker.handle(socket)
    })
    await new Promise<void>((resolve) => this.listener.listen(port, '127.0.0.1', resolve))
    this.mqttPort = (this.listener.address() as AddressInfo).port
  }

  private async attach(): Promise<void> {
    this.client = await connectAsync(`mqtt://127.0.0.1:${this.mqttPort}`, {
      protocolVersion: 4,
      username: 'hub',
      password: hubPassword,
      reconnectPeriod: 0,
    })
    this.client.on('error', () => {})
    this.client.on('message', (topic, payload) => this.receive(topic, payload))
    await this.client.subscribeAsync(topics.allUp, { qos: 1 })
  }

  private receive(topic: string, payload: Buffer): void {
    const kind = parseUpTopic(topic)?.kind
    if (kind === 'batch') return this.store(decodeBatch(payload))
    const json: unknown = JSON.parse(payload.toString())
    if (kind === 'status') this.status = StatusMessage.parse(json)
    if (kind === 'presence') this.presence = PresenceMessage.parse(json)
    if (kind !== 'catalogue') return
    this.catalogue = CatalogueMessage.parse(json)
    const ack: AckMessage = { v: 1, batches: [], catalogue: { revision: this.catalogue.revision } }
    this.client.publish(topics.ack(gatewayId), JSON.stringify(ack), { qos: 1 })
  }

  private store(batch: BatchMessage): void {
    const identity = `${batch.outbox}:${batch.sequence}`
    const known = this.stored.has(identity)
    if (!known) this.stored.set(identity, batch)
    this.arrivals.push(batch.sequence)
    const ack = { outbox: batch.outbox, sequence: batch.sequence, status: known ? ('duplicate' as const) : ('committed' as const) } // prettier-ignore
    if (this.acks === 'hold') this.held.push(ack)
    else this.send([ack])
    if (this.acks === 'twice') this.send([ack])
  }

  private send(batches: AckMessage['batches']): void {
    if (batches.length === 0) return
    this.client.publish(topics.ack(gatewayId), JSON.stringify({ v: 1, batches }), { qos: 1 })
  }
}
