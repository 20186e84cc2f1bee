import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt'
import type { Logger } from 'pino'
import type { Broker, ClientPresence, MessageHandler } from './broker.ts'
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
  private readonly log: Logger
  private readonly underWay = new Set<Promise<void>>()
  private fault = 'not connected yet'

  constructor(options: { url: string; publicUrl: string | null; log: Logger }) {
    this.log = options.log
    this.publicUrl = options.publicUrl ?? withoutCredentials(options.url)
    this.client = mqtt.connect(options.url, {
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
    const shared = `$share/hub/${filter}`
    // Sent when connected; a broker that is away delays the hub's readiness, not its start
    const subscribed = this.client.subscribeAsync(shared, { qos: 1 })
    if (this.client.connected) await subscribed
    else subscribed.catch((error: unknown) => this.log.error({ err: error, filter }, 'subscription refused'))
    return async () => {
      this.lanes.delete(lane)
      if (this.client.connected) await this.client.unsubscribeAsync(shared)
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

function withoutCredentials(address: string): string {
  const url = new URL(address)
  url.username = ''
  url.password = ''
  return url.toString().replace(/\/$/, '')
}
