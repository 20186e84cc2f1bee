/**
 * The hub's side of the wire for tests: a real broker (aedes) with its access rules, an MQTT client that stores
 * batches idempotently and acknowledges them, and the enrolment route. What it has stored survives any agent.
 */
import { createServer as createHttpServer, type RequestListener, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { Aedes } from 'aedes'
import { connectAsync, type MqttClient } from 'mqtt'
import {
  CatalogueMessage,
  CommandReport,
  EnrolRequest,
  finalCommandSteps,
  parseUpTopic,
  PresenceMessage,
  StatusMessage,
  topics,
  type AckMessage,
  type BatchMessage,
  type Reading,
} from '@courtyard/protocols/contract'
import { decodeBatch, readingsOf } from '@courtyard/protocols/wire'
import { TestAuthority, type Span } from './test-authority.ts'

export const gatewayId = '5b0d4d52-9a0e-4a8e-8f0e-6f2d3a1c9b7e'
const hubPassword = 'a-secret-of-the-hub'

type DownTopic = 'configDown' | 'requestDown' | 'certificateDown' | 'commandDown'

/** A hub with a CA: https and mqtts with client certificates, and nothing else. */
interface PeerTls {
  authority: TestAuthority
  /** What a gateway is told to trust; more than one while the CA is replaced. */
  bundle: string
  server: { key: string; cert: string }
}

export class HubPeer {
  /** Null: plain http and mqtt. */
  tls: PeerTls | null = null
  /** Lifetime of the certificates that are issued. */
  validity: Span = {}
  /** Bytes of the passwords that came with CONNECT over TLS. */
  passwordsSeen = 0
  /** What the acknowledgements say about the time; null: nothing. */
  clock: (() => number) | null = null
  /** False: final steps of commands are stored and not acknowledged. */
  acksCommands = true
  /** Called for each JSON message before anything else is done about it. */
  onUp: (kind: string, json: unknown) => void = () => {}
  /** Every JSON message of a kind that came up, oldest first. */
  readonly up = new Map<string, unknown[]>()
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

  /** `tls`: with a CA of its own, over TLS only. */
  static async start({ tls = false }: { tls?: boolean } = {}): Promise<HubPeer> {
    const peer = new HubPeer()
    if (tls) await peer.useAuthority(await TestAuthority.create())
    peer.broker = await Aedes.createBroker({
      authenticate: (client, username, password, done) => {
        const certified = certifiedName(client.conn)
        if (certified !== null) {
          peer.passwordsSeen += password?.length ?? 0
          Object.assign(client, { username: certified })
          return done(null, certified === gatewayId)
        }
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
    const onRequest: RequestListener = (request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        void peer.enrol(request.url ?? '', body).then(({ status, answer }) => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
        })
      })
    }
    peer.http = peer.tls ? createHttpsServer(chain(peer.tls), onRequest) : createHttpServer(onRequest)
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

  /** Its certificates are by this CA from now on; `bundle` is what gateways are told to trust. */
  async useAuthority(authority: TestAuthority, bundle = authority.pem, valid: Span = {}): Promise<void> {
    this.tls = { authority, bundle, server: await authority.server(valid) }
  }

  /** A message down to the gateway. */
  sendDown(topic: DownTopic, message: object): Promise<unknown> {
    return this.client.publishAsync(topics[topic](gatewayId), JSON.stringify({ v: 1, ...message }), {
      qos: 1,
    })
  }

  /** The messages of a kind, oldest first. */
  received<T>(kind: string): T[] {
    return (this.up.get(kind) ?? []) as T[]
  }

  private async enrol(url: string, body: string): Promise<{ status: number; answer: object }> {
    const request = EnrolRequest.safeParse(JSON.parse(body))
    if (url !== '/api/edge/enrol' || !request.success) return { status: 400, answer: {} }
    if (!this.tokenIsGood || request.data.token !== this.token) return { status: 401, answer: {} }
    this.tokenIsGood = false
    this.enrolments += 1
    const answer = { gatewayId, mqttUrl: `mqtt://127.0.0.1:${this.mqttPort}`, ...this.credentials }
    const { csr } = request.data
    if (!this.tls || csr === undefined) return { status: 200, answer }
    const certificate = await this.tls.authority.client(csr, gatewayId, this.validity)
    const tls = { mqttUrl: `mqtts://127.0.0.1:${this.mqttPort}`, certificate, ca: this.tls.bundle }
    return { status: 200, answer: { ...answer, tls } }
  }

  private async listen(port: number): Promise<void> {
    const onSocket = (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      socket.on('error', () => {})
      this.broker.handle(socket)
    }
    this.listener = this.tls
      ? createTlsServer(
          {
            ...chain(this.tls),
            ca: this.tls.bundle.split(/(?<=-----END CERTIFICATE-----)/),
            requestCert: true,
            rejectUnauthorized: false,
          },
          (socket) => {
            // The hub's own client has a password in place of a certificate.
            if (socket.authorized || !socket.getPeerCertificate().raw) onSocket(socket)
            else socket.destroy()
          },
        )
      : createServer(onSocket)
    this.listener.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => this.listener.listen(port, '127.0.0.1', resolve))
    this.mqttPort = (this.listener.address() as AddressInfo).port
  }

  private async attach(): Promise<void> {
    const scheme = this.tls ? 'mqtts' : 'mqtt'
    this.client = await connectAsync(`${scheme}://127.0.0.1:${this.mqttPort}`, {
      // The hub's own client is no subject of these tests.
      rejectUnauthorized: false,
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
    if (kind !== undefined) this.up.set(kind, [...(this.up.get(kind) ?? []), json])
    if (kind !== undefined) this.onUp(kind, json)
    if (kind === 'command') this.storeReport(CommandReport.parse(json))
    if (kind === 'status') this.status = StatusMessage.parse(json)
    if (kind === 'presence') this.presence = PresenceMessage.parse(json)
    if (kind !== 'catalogue') return
    this.catalogue = CatalogueMessage.parse(json)
    this.acknowledge({ catalogue: { revision: this.catalogue.revision } })
  }

  private storeReport({ id, step }: CommandReport): void {
    if (this.acksCommands && finalCommandSteps.includes(step)) this.acknowledge({ commands: [id] })
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
    if (batches.length > 0) this.acknowledge({ batches })
  }

  private acknowledge(content: Partial<AckMessage>): void {
    const hubTime = this.clock ? { hubTimeMs: this.clock() } : {}
    this.client.publish(topics.ack(gatewayId), JSON.stringify({ v: 1, ...content, ...hubTime }), { qos: 1 })
  }
}

/** With the CA, so that a gateway finds it by its fingerprint. */
function chain({ server, authority }: PeerTls): { key: string; cert: string } {
  return { key: server.key, cert: `${server.cert}\n${authority.pem}` }
}

function certifiedName(socket: unknown): string | null {
  const { authorized, getPeerCertificate } = socket as Partial<TLSSocket>
  if (authorized !== true || !getPeerCertificate) return null
  return getPeerCertificate.call(socket as TLSSocket).subject.CN as string
}
