/**
 * The hub's side of MQTT, whether the broker lives in this process or elsewhere.
 */
import type { PlatformReason } from '../reasons/platform-reasons.ts'

export interface BrokerMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
}

/** Until the promise resolves the publisher is not acknowledged; when it rejects, it will send again. */
export type MessageHandler = (message: BrokerMessage) => Promise<void>

export interface ClientPresence {
  readonly clientId: string
  readonly username: string
  readonly connected: boolean
}

/** Who may do what on the hub's own broker; a broker of the operator's has its own rules. */
export interface BrokerAuthenticator {
  authenticate(username: string, password: string): Promise<boolean>
  canPublish(username: string, topic: string): boolean
  canSubscribe(username: string, topicFilter: string): boolean
}

export interface Broker {
  readonly kind: 'embedded' | 'external'
  /** What gateways are told; never with a password. */
  readonly publicUrl: string
  /** Until it is called nobody gets in. No effect on an external broker. */
  setAuthenticator(authenticator: BrokerAuthenticator): void
  /**
   * Messages of all gateways that match the filter. Handlers are started in the order of arrival and run side
   * by side; on an external broker at most `inFlight` of them (default 16), and several hubs share the load.
   * @returns ends the subscription
   */
  subscribe(
    filter: string,
    handler: MessageHandler,
    options?: { inFlight?: number },
  ): Promise<() => Promise<void>>
  /** Resolves when the broker has it. */
  publish(topic: string, payload: Buffer | string, options?: { qos?: 0 | 1; retain?: boolean }): Promise<void>
  /** Connections of clients; the embedded broker only. */
  onPresence(listener: (presence: ClientPresence) => void): () => void
  /** Ends the connections of a user (revoked credentials); the embedded broker only. */
  disconnect(username: string): Promise<void>
  state(): { ok: boolean; detail: PlatformReason }
  stop(): Promise<void>
}
