import { setTimeout as sleep } from 'node:timers/promises'
import { Aedes, type AedesPublishPacket, type AuthenticateError, type Client } from 'aedes'
import type { Logger } from 'pino'
import { fail, platformErrors } from '../errors.ts'
import { hostOf } from '../security/server-names.ts'
import type { TlsMaterial } from '../security/security.ts'
import type { Broker, BrokerAuthenticator, BrokerCounters, ClientPresence, MessageHandler } from './broker.ts'
import { MessageRate } from './message-rate.ts'
import { MqttListeners, type PeerCertificate, type Visitor } from './mqtt-listeners.ts'
import { guardPacketSize } from './packet-guard.ts'
import { topicMatches } from './topic-match.ts'
import type { PlatformReason } from '../reasons/platform-reasons.ts'

/** Larger than any batch that the edge makes. */
export const MAX_PACKET_BYTES = 4 * 1024 * 1024
/** Before a client has shown who it is. */
const MAX_CONNECT_BYTES = 16 * 1024
/** A gateway needs one; a second one for the moment in which it replaces the first. */
const MOST_SESSIONS = 4
const DEFAULT_PER_SECOND = 200
const TOLD_AGAIN_AFTER_MS = 60_000

export interface EmbeddedBrokerOptions {
  /** Without TLS. Null: closed. */
  readonly plain: { readonly host: string; readonly port: number } | null
  readonly tls: {
    readonly host: string
    readonly port: number
    /** Certificate and CA; asked for again when they were renewed. */
    material(): Promise<TlsMaterial>
    /** What the certificate is valid for. */
    readonly names: readonly string[]
    readonly publicUrl: string | null
  } | null
  readonly publicUrl: string | null
  /** Of one gateway; beyond it, it is slowed down. */
  readonly messagesPerSecond?: number
  readonly log: Logger
}

/** What is known of a connection of a gateway. */
interface Session {
  readonly username: string
}

interface Pace {
  readonly rate: MessageRate
  toldMs: number
}

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
  private readonly listeners: MqttListeners
  private readonly subscriptions = new Set<Subscription>()
  private readonly presenceListeners = new Set<(presence: ClientPresence) => void>()
  private readonly visitors = new WeakMap<Client, Visitor>()
  private readonly sessions = new WeakMap<Client, Session>()
  /** By gateway, so that a new connection does not give a new allowance. */
  private readonly paces = new Map<string, Pace>()
  private slowedDown = 0
  private authenticator: BrokerAuthenticator | null = null
  private readonly log: Logger
  private readonly options: EmbeddedBrokerOptions

  constructor(options: EmbeddedBrokerOptions) {
    this.options = options
    this.log = options.log
    this.listeners = new MqttListeners(options, (visitor) => this.accept(visitor))
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
        const username = client ? this.sessions.get(client)?.username : undefined
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
  }

  /** @throws AppError `broker.unavailable` when a port is taken */
  async start(): Promise<void> {
    await this.aedes.listen()
    await this.listeners.start()
  }

  /** Port without TLS; null when it is closed. */
  get port(): number | null {
    return this.listeners.port
  }

  get publicUrl(): string {
    const { plain, publicUrl } = this.options
    if (publicUrl) return publicUrl
    return plain ? `mqtt://${nameOf(plain.host)}:${this.port}` : (this.tlsUrl(null) ?? '')
  }

  tlsUrl(reachedAs: string | null): string | null {
    const { tls, publicUrl } = this.options
    if (!tls) return null
    if (tls.publicUrl) return tls.publicUrl
    const host = reachedAs?.replace(/^\[|\]$/g, '').toLowerCase() ?? ''
    const isOurs = tls.names.includes(host)
    const name = isOurs ? host : publicUrl ? hostOf(publicUrl) : nameOf(tls.host)
    return `mqtts://${name.includes(':') ? `[${name}]` : name}:${this.listeners.tlsPort}`
  }

  /** Takes renewed certificates into use. */
  renewTls(): Promise<void> {
    return this.listeners.renew()
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
    const theirs = this.clientsOf(username)
    await Promise.all(theirs.map((client) => new Promise<void>((resolve) => client.close(resolve))))
  }

  counters(): BrokerCounters {
    const { connectedClients: connections } = this.aedes
    return { connections, refused: this.listeners.refused, slowedDown: this.slowedDown }
  }

  state(): { ok: boolean; detail: PlatformReason } {
    const { listening, port, tlsPort } = this.listeners
    const ok = listening && this.authenticator !== null
    return {
      ok,
      detail: {
        code: 'health.own_broker',
        port: [port, tlsPort].filter((open) => open !== null).join(', ') || '-',
        clients: this.aedes.connectedClients,
      },
    }
  }

  async stop(): Promise<void> {
    if (!this.listeners.listening) return
    await new Promise<void>((resolve) => this.aedes.close(resolve))
    await this.listeners.stop()
  }

  private accept(visitor: Visitor): void {
    const { socket } = visitor
    const client = this.aedes.handle(socket)
    this.visitors.set(client, visitor)
    guardPacketSize(
      socket,
      () => (this.sessions.has(client) ? MAX_PACKET_BYTES : MAX_CONNECT_BYTES),
      (bytes) => this.log.warn({ bytes, clientId: client.id }, 'MQTT packet too large; connection ended'),
    )
  }

  private async authenticate(
    client: Client,
    username: string | null | undefined,
    password: Buffer | null | undefined,
  ): Promise<boolean> {
    const visitor = this.visitors.get(client)
    const certificate = visitor?.certificate ?? null
    const identity = certificate ? certificate.subject : username
    if (!identity || !(await this.isIdentity(identity, certificate, username, password))) {
      visitor?.failed()
      return false
    }
    if (!this.hasRoomFor(client, identity)) return false
    visitor?.known()
    this.sessions.set(client, { username: identity })
    return true
  }

  /** A certificate says who it is; a user name beside it must be the same, a password isn't looked at. */
  private async isIdentity(
    identity: string,
    certificate: PeerCertificate | null,
    username: string | null | undefined,
    password: Buffer | null | undefined,
  ): Promise<boolean> {
    if (!this.authenticator) return false
    if (certificate) {
      if (username && username !== identity) return false
      return this.authenticator.authenticateCertificate(identity, certificate.serial)
    }
    return Boolean(password) && this.authenticator.authenticate(identity, password!.toString('utf8'))
  }

  /** A connection with a client id that is in use would end the other one (MQTT 3.1.1, 3.1.4): not that of others. */
  private hasRoomFor(client: Client, username: string): boolean {
    const sameId = this.clients[client.id]
    const owner = sameId && this.sessions.get(sameId)?.username
    const others = this.clientsOf(username).filter((other) => other !== sameId)
    if ((owner === undefined || owner === username) && others.length < MOST_SESSIONS) return true
    this.log.warn(
      { username, clientId: client.id },
      'the client id is that of another gateway, or too many sessions',
    )
    return false
  }

  private async takeIn(client: Client | null, packet: AedesPublishPacket): Promise<void> {
    const username = client ? this.sessions.get(client)?.username : undefined
    if (username === undefined || !this.authenticator?.canPublish(username, packet.topic)) {
      throw fail(platformErrors.forbidden, `This client may not publish to ${packet.topic}`)
    }
    const payload = Buffer.from(packet.payload)
    const { topic, qos, retain } = packet
    // All of these are for the hub, which takes them in now: nothing needs to be kept for later subscribers
    packet.retain = false
    await this.keepPace(username)
    const wanted = [...this.subscriptions].filter((subscription) => topicMatches(subscription.filter, topic))
    await Promise.all(wanted.map((subscription) => subscription.handler({ topic, payload, qos, retain })))
  }

  /** Who sends too fast waits; meanwhile nothing more is read from its socket. */
  private async keepPace(username: string): Promise<void> {
    const perSecond = this.options.messagesPerSecond ?? DEFAULT_PER_SECOND
    let pace = this.paces.get(username)
    if (!pace) this.paces.set(username, (pace = { rate: new MessageRate(perSecond), toldMs: -Infinity }))
    const waitMs = pace.rate.take()
    if (waitMs === 0) return
    this.slowedDown += 1
    if (performance.now() - pace.toldMs > TOLD_AGAIN_AFTER_MS) {
      pace.toldMs = performance.now()
      this.log.warn(
        { gatewayId: username, perSecond },
        'a gateway sends too many messages; it is slowed down',
      )
    }
    await sleep(waitMs, undefined, { ref: false })
  }

  private get clients(): Readonly<Record<string, Client | undefined>> {
    return (this.aedes as unknown as { clients: Record<string, Client> }).clients
  }

  private clientsOf(username: string): Client[] {
    return Object.values(this.clients).filter(
      (client) => client !== undefined && this.sessions.get(client)?.username === username,
    ) as Client[]
  }

  private tellPresence(client: Client, connected: boolean): void {
    const username = this.sessions.get(client)?.username
    if (username === undefined) return
    // A connection that was replaced by a newer one says nothing about the gateway
    if (!connected && this.clientsOf(username).some((other) => other !== client)) return
    for (const listener of this.presenceListeners) listener({ clientId: client.id, username, connected })
  }
}

function nameOf(host: string): string {
  return ['0.0.0.0', '::', '127.0.0.1'].includes(host) ? 'localhost' : host
}

function refused(returnCode = 5): AuthenticateError {
  const error: Error & { returnCode?: number } = new Error('not authorised')
  error.returnCode = returnCode
  return error as AuthenticateError
}
