/**
 * One MQTT connection to the hub, from CONNECT to its end. MQTT.js would keep and replay messages by itself, lose
 * them on restart and sometimes in between; so each connection gets a client of its own that never reconnects,
 * nothing is published while it is down, and what was not acknowledged by the hub is chosen anew.
 */
import type { TLSSocket } from 'node:tls'
import { connect, type MqttClient } from 'mqtt'
import { TELEMETRY_VERSION, topics } from '@courtyard/protocols/contract'
import type { Logger } from '../log.ts'
import { dispatchDown, downTopics, type DownHandlers } from './down-messages.ts'
import type { HubConnection } from './gateway-identity.ts'
import { isRefusal, wordsFor } from './session-errors.ts'
import { faultButForTime } from './timeless-trust.ts'

/** Messages that are published as they are, QoS 1; batch, catalogue and status have methods of their own. */
export type UpKind = 'command' | 'config' | 'schema' | 'response' | 'certificateRequest'

export interface HubSessionOptions {
  readonly connection: HubConnection
  readonly logger: Logger
  readonly onReady: () => void
  /** This clock cannot be right: the hub's certificate is checked in all but its dates. */
  readonly ignoreDates: boolean
  /** What the hub sends, by kind; a kind without a handler is logged and ignored. */
  readonly handlers: DownHandlers
  /** Called once, whatever ended it; `reason` is for people, `refused` says that the broker did not take the credentials. */
  readonly onEnd: (reason: string, refused: boolean) => void
}

const CONNECT_TIMEOUT_MS = 10_000
const KEEPALIVE_S = 15

export class HubSession {
  private readonly options: HubSessionOptions
  private readonly client: MqttClient
  private ended = false

  constructor(options: HubSessionOptions) {
    this.options = options
    const { gatewayId, mqttUrl, username, password, tls } = options.connection
    this.client = connect(mqttUrl, {
      protocolVersion: 4,
      clientId: `courtyard-edge-${gatewayId}`,
      username,
      ...(password === undefined ? {} : { password }),
      ...tls,
      ...(options.ignoreDates ? { rejectUnauthorized: false } : {}),
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepalive: KEEPALIVE_S,
      resubscribe: false,
      // Some 9 MB of prepared numbers that a gateway with a few messages a second does not need.
      writeCache: false,
      queueQoSZero: false,
      will: { topic: topics.presence(gatewayId), payload: presence(false), qos: 1, retain: true },
    })
    if (options.ignoreDates && tls)
      this.client.stream.once('secureConnect', () => this.checkButForTime(tls.ca))
    this.client.on('connect', () => this.subscribe())
    this.client.on('message', (topic, payload) => this.receive(topic, payload))
    this.client.on('error', (error) => this.end(wordsFor(error), isRefusal(error)))
    this.client.on('close', () => this.end('connection closed'))
  }

  publishBatch(payload: Uint8Array): void {
    // The hub's own acknowledgement counts, so the broker's is only waited for by the client's flow control.
    this.publish(topics.batch(this.options.connection.gatewayId), Buffer.from(payload), {
      qos: 1,
      retain: false,
    })
  }

  publishCatalogue(catalogue: object): void {
    const topic = topics.catalogue(this.options.connection.gatewayId)
    this.publish(topic, JSON.stringify(catalogue), { qos: 1, retain: true })
  }

  publishStatus(status: object): void {
    const topic = topics.status(this.options.connection.gatewayId)
    this.publish(topic, JSON.stringify(status), { qos: 0, retain: false })
  }

  /** False when there is no connection at the moment: nothing was sent and nothing will be. */
  publishUp(kind: UpKind, message: object): boolean {
    if (this.ended || !this.client.connected) return false
    const topic = topics[kind](this.options.connection.gatewayId)
    this.publish(topic, JSON.stringify(message), { qos: 1, retain: false })
    return true
  }

  /** Says good-bye, so that the will is not sent, and closes; gives up waiting after a second. */
  async close(): Promise<void> {
    if (this.ended) return
    this.ended = true
    const { client } = this
    const topic = topics.presence(this.options.connection.gatewayId)
    const farewell = client.connected
      ? client.publishAsync(topic, presence(false), { qos: 1, retain: true }).then(() => client.endAsync())
      : Promise.resolve()
    await Promise.race([
      farewell.catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, 1000).unref()),
    ])
    client.end(true)
  }

  /** CONNECT may be on its way by now; with a certificate it holds no secret. Nothing that comes back is heard. */
  private checkButForTime(ca: readonly string[]): void {
    const certificate = (this.client.stream as unknown as TLSSocket).getPeerCertificate()
    const fault = faultButForTime(certificate.raw, new URL(this.options.connection.mqttUrl).hostname, ca)
    if (fault !== null) this.end(`the hub shows a certificate that is not trusted (${fault})`, true)
  }

  private subscribe(): void {
    const { gatewayId } = this.options.connection
    this.client.subscribe(downTopics(gatewayId), { qos: 1 }, (error, granted) => {
      if (this.ended) return
      const refused = granted?.filter((grant) => grant.qos === 128).map((grant) => grant.topic) ?? []
      if (error || refused.length > 0) {
        return this.end(`subscription refused: ${error?.message ?? refused.join(', ')}`)
      }
      this.publish(topics.presence(gatewayId), presence(true), { qos: 1, retain: true })
      this.options.onReady()
    })
  }

  private publish(topic: string, payload: string | Buffer, options: { qos: 0 | 1; retain: boolean }): void {
    if (this.ended || !this.client.connected) return
    this.client.publish(topic, payload, options, (error) => {
      if (error) this.options.logger.debug({ err: error, topic }, 'publish ended with the connection')
    })
  }

  private receive(topic: string, payload: Buffer): void {
    if (this.ended) return
    dispatchDown(this.options.connection.gatewayId, topic, payload, this.options.handlers, this.options.logger) // prettier-ignore
  }

  private end(reason: string, refused = false): void {
    if (this.ended) return
    this.ended = true
    this.client.end(true)
    this.options.onEnd(reason, refused)
  }
}

function presence(online: boolean): string {
  return JSON.stringify({ v: TELEMETRY_VERSION, online })
}
