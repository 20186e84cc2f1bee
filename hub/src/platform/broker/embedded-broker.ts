import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Aedes, type AedesPublishPacket, type AuthenticateError, type Client } from 'aedes'
import type { Logger } from 'pino'
import { fail, platformErrors } from '../errors.ts'
import type { Broker, BrokerAuthenticator, ClientPresence, MessageHandler } from './broker.ts'
import { guardPacketSize } from './packet-guard.ts'
import { topicMatches } from './topic-match.ts'
import type { PlatformReason } from '../reasons/platform-reasons.ts'

/** Larger than any batch that the edge makes. */
export const MAX_PACKET_BYTES = 4 * 1024 * 1024
/** Before a client has shown who it is. */
const MAX_CONNECT_BYTES = 16 * 1024
const MAX_CONNECTIONS = 5_000

interface Subscription {
  readonly filter: string
  readonly handler: MessageHandler
}

/**
 * The hub's own MQTT broker (aedes). Messages of gateways go to the handlers in this process *before* they are
 * acknowledged: aedes sends PUBACK once the authorisation of a message is done, so the handlers run there.
 * aedes reads on from a socket only when all packets of the last chunk are done: that bounds memory.
 */
export class EmbeddedBroker implements Broker {
  readonly kind = 'embedded'
  private readonly aedes: Aedes
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private readonly subscriptions = new Set<Subscription>()
  private readonly presenceListeners = new Set<(presence: ClientPresence) => void>()
  private readonly usernames = new WeakMap<Client, string>()
  private authenticator: BrokerAuthenticator | null = null
  private readonly log: Logger
  private readonly options: { host: string; port: number; publicUrl: string | null }

  constructor(options: { host: string; port: number; publicUrl: string | null; log: Logger }) {
    this.options = options
    this.log = options.log
    this.aedes = new Aedes({
      // The mailbox inside aedes must not block: a handler that answers a gateway publishes while it is handled
      concurrency: 0,
      queueLimit: 100,
      connectTimeout: 10_000,
      drainTimeout: 30_000,
      keepaliveLimit: 600,
      maxClientsIdLength: 128,
      authenticate: (client, username, password, done) => {
        this.authenticate(client, username, password).then(
          (ok) => done(ok ? null : refused(), ok),
          (error: unknown) => {
            this.log.error({ err: error }, 'a gateway could not be authenticated')
            done(refused(3), false)
          },
        )
      },
      authorizePublish: (client, packet, done) => {
        this.takeIn(client, packet as AedesPublishPacket).then(
          () => done(null),
          (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
        )
      },
      authorizeSubscribe: (client, subscription, done) => {
        const username = client ? this.usernames.get(client) : undefined
        const allowed =
          username !== undefined && this.authenticator?.canSubscribe(username, subscription.topic)
        // Null refuses this subscription only (SUBACK 0x80)
        done(null, allowed ? subscription : null)
      },
    })
    this.aedes.on('client', (client) => this.tellPresence(client, true))
    this.aedes.on('clientDisconnect', (client) => this.tellPresence(client, false))
    this.aedes.on('clientError', (client, error) =>
      this.log.debug({ clientId: client.id, err: error }, 'MQTT client'),
    )
    this.aedes.on('connectionError', (_client, error) =>
      this.log.debug({ err: error }, 'MQTT connection refused'),
    )
    this.server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.accept(socket))
    this.server.maxConnections = MAX_CONNECTIONS
  }

  async start(): Promise<void> {
    await this.aedes.listen()
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', (cause: Error) =>
        reject(
          fail(
            platformErrors.brokerUnavailable,
            `The MQTT broker cannot listen on ${this.options.host}:${this.options.port} (${cause.message}); set MQTT_PORT`,
            undefined,
            cause,
          ),
        ),
      )
      this.server.listen(this.options.port, this.options.host, resolve)
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get publicUrl(): string {
    const host = ['0.0.0.0', '::', '127.0.0.1'].includes(this.options.host) ? 'localhost' : this.options.host
    return this.options.publicUrl ?? `mqtt://${host}:${this.port}`
  }

  setAuthenticator(authenticator: BrokerAuthenticator): void {
    this.authenticator = authenticator
  }

  async subscribe(filter: string, handler: MessageHandler): Promise<() => Promise<void>> {
    const subscription = { filter, handler }
    this.subscriptions.add(subscription)
    return async () => void this.subscriptions.delete(subscription)
  }

  publish(
    topic: string,
    payload: Buffer | string,
    options: { qos?: 0 | 1; retain?: boolean } = {},
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const { qos = 1, retain = false } = options
      this.aedes.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      )
    })
  }

  onPresence(listener: (presence: ClientPresence) => void): () => void {
    this.presenceListeners.add(listener)
    return () => this.presenceListeners.delete(listener)
  }

  async disconnect(username: string): Promise<void> {
    const clients = Object.values((this.aedes as unknown as { clients: Record<string, Client> }).clients)
    const theirs = clients.filter((client) => this.usernames.get(client) === username)
    await Promise.all(theirs.map((client) => new Promise<void>((resolve) => client.close(resolve))))
  }

  state(): { ok: boolean; detail: PlatformReason } {
    const ok = this.server.listening && this.authenticator !== null
    return {
      ok,
      detail: {
        code: 'health.own_broker',
        port: this.server.listening ? this.port : '-',
        clients: this.aedes.connectedClients,
      },
    }
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    await new Promise<void>((resolve) => this.aedes.close(resolve))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    const client = this.aedes.handle(socket)
    guardPacketSize(
      socket,
      () => (this.usernames.has(client) ? MAX_PACKET_BYTES : MAX_CONNECT_BYTES),
      (bytes) => this.log.warn({ bytes, clientId: client.id }, 'MQTT packet too large; connection ended'),
    )
  }

  private async authenticate(
    client: Client,
    username: string | null | undefined,
    password: Buffer | null | undefined,
  ): Promise<boolean> {
    if (!this.authenticator || !username || !password) return false
    if (!(await this.authenticator.authenticate(username, password.toString('utf8')))) return false
    this.usernames.set(client, username)
    return true
  }

  private async takeIn(client: Client | null, packet: AedesPublishPacket): Promise<void> {
    const username = client ? this.usernames.get(client) : undefined
    if (username === undefined || !this.authenticator?.canPublish(username, packet.topic)) {
      throw fail(platformErrors.forbidden, `This client may not publish to ${packet.topic}`)
    }
    const payload = Buffer.from(packet.payload)
    const { topic, qos, retain } = packet
    // All of these are for the hub, which takes them in now: nothing needs to be kept for later subscribers
    packet.retain = false
    const wanted = [...this.subscriptions].filter((subscription) => topicMatches(subscription.filter, topic))
    await Promise.all(wanted.map((subscription) => subscription.handler({ topic, payload, qos, retain })))
  }

  private tellPresence(client: Client, connected: boolean): void {
    const username = this.usernames.get(client)
    if (username === undefined) return
    for (const listener of this.presenceListeners) listener({ clientId: client.id, username, connected })
  }
}

function refused(returnCode = 5): AuthenticateError {
  const error: Error & { returnCode?: number } = new Error('not authorised')
  error.returnCode = returnCode
  return error as AuthenticateError
}
