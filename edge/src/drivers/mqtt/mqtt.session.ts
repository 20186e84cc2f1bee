/**
 * One connection to the broker, from CONNECT to its end. MQTT.js would acknowledge a message before the next may be
 * looked at, so that a disk that is written twice a second would take two messages a second; and it would repeat
 * commands after a reconnect. So acknowledgements are sent from here, in the order of the messages (MQTT 3.1.1 §4.6),
 * once each is on the disk, and every connection gets a client of its own.
 */
import { connect, type IPublishPacket, type MqttClient } from 'mqtt'
import type { Logger } from '../../log.ts'
import type { MqttBusConfig } from './mqtt.config.ts'

export interface SessionOptions {
  readonly bus: MqttBusConfig
  readonly filters: readonly string[]
  readonly logger: Logger
  /** Resolves when the message needs to be kept by the broker no longer; rejects when it has to be sent again. */
  readonly onMessage: (packet: IPublishPacket) => Promise<void>
  readonly onReady: () => void
  /** Once; `reason` is for people. */
  readonly onEnd: (reason: string) => void
}

/** Topics in one SUBSCRIBE. */
const SUBSCRIBE_AT_ONCE = 100

export class MqttSession {
  private readonly options: SessionOptions
  private readonly client: MqttClient
  private acknowledging: Promise<void> = Promise.resolve()
  private ended = false
  ready = false

  constructor(options: SessionOptions) {
    this.options = options
    const { bus } = options
    const { user, password, ca, protocolVersion } = bus
    this.client = connect(bus.url, {
      protocolVersion,
      clientId: bus.clientId,
      clean: false,
      reconnectPeriod: 0,
      resubscribe: false,
      writeCache: false,
      queueQoSZero: false,
      connectTimeout: bus.timeoutMs,
      keepalive: bus.keepAliveSeconds,
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca }),
      ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: bus.sessionHours * 3_600 } } : {}),
    })
    this.client.handleMessage = (packet, next) => this.take(packet, next)
    this.client.on('connect', () => void this.subscribe())
    this.client.on('error', (error) => this.end(wordsOf(error)))
    this.client.on('close', () => this.end('the connection to the broker was closed'))
  }

  /** Resolves when the broker has it. @throws Error; `sent` tells whether it may have gone out. */
  async publish(topic: string, payload: string): Promise<void> {
    if (!this.ready) throw new PublishError('the broker is not connected', false)
    const timeout = new AbortController()
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(() => reject(new PublishError('the broker did not take it in time', true)), this.options.bus.timeoutMs) // prettier-ignore
      timeout.signal.addEventListener('abort', () => clearTimeout(timer))
    })
    try {
      await Promise.race([this.client.publishAsync(topic, payload, { qos: 1 }), late])
    } catch (error) {
      if (error instanceof PublishError) throw error
      // MQTT 5 tells a refusal; anything else broke off on the way.
      const refused = typeof (error as { code?: unknown }).code === 'number'
      throw new PublishError(refused ? `the broker refused it: ${(error as Error).message}` : (error as Error).message, !refused) // prettier-ignore
    } finally {
      timeout.abort()
    }
  }

  close(): void {
    this.end('the bus is stopped')
  }

  private take(packet: IPublishPacket, next: (error?: Error) => void): void {
    const kept = this.options.onMessage(packet)
    if (packet.qos === 0) {
      kept.catch((error: unknown) => this.options.logger.warn({ err: error, topic: packet.topic }, 'a message was not kept')) // prettier-ignore
      return next()
    }
    this.acknowledging = this.acknowledging.then(async () => {
      try {
        await kept
        if (!this.ended) this.client.stream.write(puback(packet.messageId!))
      } catch (error) {
        this.options.logger.warn({ err: error, topic: packet.topic }, 'a message was not kept; the broker sends it again') // prettier-ignore
        this.end('a message could not be kept')
      }
    })
    // Given an error, MQTT.js goes on to the next packet without an acknowledgement of its own.
    next(new Error('acknowledged when it is on the disk'))
  }

  private async subscribe(): Promise<void> {
    const { filters, bus } = this.options
    // With MQTT 5 kept messages come with the first subscription only.
    const options = bus.protocolVersion === 5 ? ({ qos: 1, rh: 1 } as const) : ({ qos: 1 } as const)
    try {
      for (let from = 0; from < filters.length; from += SUBSCRIBE_AT_ONCE) {
        const granted = await this.client.subscribeAsync(filters.slice(from, from + SUBSCRIBE_AT_ONCE), options) // prettier-ignore
        const refused = granted.filter(({ qos }) => qos >= 128).map(({ topic }) => topic)
        if (refused.length > 0) return this.end(`the broker refuses the subscription of ${refused[0]}`)
      }
    } catch (error) {
      return this.end(wordsOf(error as Error))
    }
    if (this.ended) return
    this.ready = true
    this.options.onReady()
  }

  private end(reason: string): void {
    if (this.ended) return
    this.ended = true
    this.ready = false
    // Without DISCONNECT the broker keeps what is not acknowledged all the same; forced, nothing waits for it.
    this.client.end(true)
    this.options.onEnd(reason)
  }
}

export class PublishError extends Error {
  readonly sent: boolean
  constructor(message: string, sent: boolean) {
    super(message)
    this.sent = sent
  }
}

/** PUBACK, MQTT 3.1.1 §3.4; in MQTT 5 the same bytes mean success (§3.4.2.1). */
function puback(messageId: number): Buffer {
  return Buffer.of(0x40, 2, messageId >> 8, messageId & 0xff)
}

function wordsOf(error: Error & { code?: unknown }): string {
  if (error.code === 4 || error.code === 5 || error.code === 134 || error.code === 135) return 'the broker refuses user or password' // prettier-ignore
  return error.message || (typeof error.code === 'string' ? error.code : 'the connection failed')
}
