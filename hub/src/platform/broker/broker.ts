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
  /** A certificate that leads to the hub's CA; its common name is the user. */
  authenticateCertificate(username: string, serial: string): Promise<boolean>
  canPublish(username: string, topic: string): boolean
  canSubscribe(username: string, topicFilter: string): boolean
}

/** Since the start of the process; zeros for an external broker, which keeps its own. */
export interface BrokerCounters {
  readonly connections: number
  /** Connections that were not let in. */
  readonly refused: number
  /** Messages that had to wait because their gateway sends too fast. */
  readonly slowedDown: number
}

export interface Broker {
  readonly kind: 'embedded' | 'external'
  /** What gateways are told; never with a password. */
  readonly publicUrl: string
  /**
   * Address for gateways with a certificate; null: no TLS here.
   * @param reachedAs host by which the gateway reached the hub, used when the hub's certificate is valid for it
   */
  tlsUrl(reachedAs: string | null): string | null
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
  counters(): BrokerCounters
  state(): { ok: boolean; detail: PlatformReason }
  stop(): Promise<void>
}
