import { rootCertificates } from 'node:tls'
import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import type { TlsMaterial } from '../security/security.ts'
import type { Broker, BrokerCounters, ClientPresence, MessageHandler } from './broker.ts'
import { topicMatches } from './topic-match.ts'
import type { PlatformReason } from '../reasons/platform-reasons.ts'

const DEFAULT_IN_FLIGHT = 16

interface Lane {
  readonly filter: string
  readonly handler: MessageHandler
  readonly inFlight: number
}

/**
 * A broker of the operator's (Mosquitto, EMQX …). Several hubs share the messages (`$share/hub/…`). While the
 * allowed number of handlers is under way the socket is not read, so a burst waits in the broker. MQTT.js
 * acknowledges in order, so those under way are acknowledged already: a gateway keeps what it sent until the
 * hub's own answer comes, and sends it again if a hub dies.
 * Who may publish where is the broker's own business: see hub/README.md.
 */
export class ExternalBroker implements Broker {
  readonly kind = 'external'
  readonly publicUrl: string
  private readonly client: MqttClient
  private readonly lanes = new Set<Lane>()
  private readonly subscribed = new Set<string>()
  private readonly log: Logger
  private readonly underWay = new Set<Promise<void>>()
  private fault = 'not connected yet'

  private readonly tlsPublicUrl: string | null

  /** @param options.tls certificate that the hub shows to a broker with TLS, and the CA that it trusts beside the public ones */
  constructor(options: {
    url: string
    publicUrl: string | null
    tlsPublicUrl?: string | null
    tls?: TlsMaterial | null
    log: Logger
  }) {
    this.log = options.log
    this.publicUrl = options.publicUrl ?? withoutCredentials(options.url)
    this.tlsPublicUrl = options.tlsPublicUrl ?? (this.publicUrl.startsWith('mqtts:') ? this.publicUrl : null)
    this.client = mqtt.connect(options.url, {
      ...(options.tls ? clientTls(options.tls) : {}),
      protocolVersion: 4,
      clean: true,
      keepalive: 30,
      reconnectPeriod: 1_000,
      connectTimeout: 10_000,
      resubscribe: true,
      queueQoSZero: false,
    })
    this.client.on('connect', () => (this.fault = ''))
    this.client.on('close', () => (this.fault ||= 'connection lost'))
    this.client.on('error', (error) => {
      this.fault = error.message
      this.log.warn({ err: error }, 'MQTT broker')
    })
    this.client.handleMessage = (packet, done) => {
      void this.dispatch(packet).then(() => done())
    }
  }

  tlsUrl(): string | null {
    return this.tlsPublicUrl
  }

  /** From the next connection on. */
  renewTls(material: TlsMaterial): void {
    Object.assign(this.client.options, clientTls(material))
  }

  counters(): BrokerCounters {
    return { connections: 0, refused: 0, slowedDown: 0 }
  }

  setAuthenticator(): void {
    this.log.info('MQTT_URL is set: that broker decides who may connect')
  }

  async subscribe(
    filter: string,
    handler: MessageHandler,
    options: { inFlight?: number } = {},
  ): Promise<() => Promise<void>> {
    const lane = { filter, handler, inFlight: options.inFlight ?? DEFAULT_IN_FLIGHT }
    this.lanes.add(lane)
    await this.agreeSubscriptions()
    return async () => {
      this.lanes.delete(lane)
      await this.agreeSubscriptions()
    }
  }

  /**
   * Subscribes to the widest filters only: a broker delivers a message once per shared subscription that matches,
   * and `dispatch` gives each to all lanes anyway.
   */
  private async agreeSubscriptions(): Promise<void> {
    const filters = [...new Set([...this.lanes].map(({ filter }) => filter))]
    const wanted = filters.filter(
      (one) => !filters.some((other) => other !== one && topicMatches(other, one)),
    )
    const added = wanted.filter((filter) => !this.subscribed.has(filter))
    const removed = [...this.subscribed].filter((filter) => !wanted.includes(filter))
    for (const filter of added) {
      this.subscribed.add(filter)
      // Sent when connected; a broker that is away delays the hub's readiness, not its start
      const subscribed = this.client.subscribeAsync(shared(filter), { qos: 1 })
      if (this.client.connected) await subscribed
      else
        subscribed.catch((error: unknown) => this.log.error({ err: error, filter }, 'subscription refused'))
    }
    for (const filter of removed) {
      this.subscribed.delete(filter)
      if (this.client.connected) await this.client.unsubscribeAsync(shared(filter))
    }
  }

  async publish(
    topic: string,
    payload: Buffer | string,
    options: { qos?: 0 | 1; retain?: boolean } = {},
  ): Promise<void> {
    await this.client.publishAsync(topic, payload, { qos: options.qos ?? 1, retain: options.retain ?? false })
  }

  onPresence(_listener: (presence: ClientPresence) => void): () => void {
    return () => undefined
  }

  async disconnect(): Promise<void> {
    this.log.warn('MQTT_URL is set: end the connection of a revoked gateway at that broker')
  }

  state(): { ok: boolean; detail: PlatformReason } {
    const { connected } = this.client
    return {
      ok: connected,
      detail: connected
        ? { code: 'health.connected', address: this.publicUrl }
        : { code: 'health.disconnected', address: this.publicUrl, fault: this.fault },
    }
  }

  async stop(): Promise<void> {
    await Promise.race([
      Promise.all(this.underWay),
      new Promise((resolve) => setTimeout(resolve, 2_000).unref()),
    ])
    await this.client.endAsync(true)
  }

  /** Resolves when the next message may be read. */
  private async dispatch(packet: IPublishPacket): Promise<void> {
    const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload)
    const message = { topic: packet.topic, payload, qos: packet.qos, retain: packet.retain ?? false }
    for (const lane of this.lanes) {
      if (!topicMatches(lane.filter, packet.topic)) continue
      const task: Promise<void> = lane
        .handler(message)
        .catch((error: unknown) =>
          this.log.error({ err: error, topic: packet.topic }, 'a message could not be taken in'),
        )
        .finally(() => this.underWay.delete(task))
      this.underWay.add(task)
      while (this.underWay.size >= lane.inFlight) await Promise.race(this.underWay)
    }
  }
}

function shared(filter: string): string {
  return `$share/hub/${filter}`
}

function clientTls({ certificate, privateKey, ca }: TlsMaterial) {
  return { cert: certificate, key: privateKey, ca: [...rootCertificates, ca] }
}

function withoutCredentials(address: string): string {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.toString().replace(/\/$/, '')
}
