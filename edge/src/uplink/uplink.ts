/**
 * The agent's side of the talk with the hub: gets an identity, keeps a session alive, and lets the sender, the
 * catalogue and the status through it. Nothing here holds up polling or the outbox.
 */
import {
  AppError,
  type AckMessage,
  type CatalogueMessage,
  type StatusMessage,
} from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Outbox } from '../outbox/index.ts'
import { backoffMs } from '../polling/backoff.ts'
import { BatchSender, RESEND_AFTER_MS, type SenderCounters, type SenderSettings } from './batch-sender.ts'
import { CertificateRenewal } from './certificate-renewal.ts'
import { GatewayIdentity, type HubConnection, type HubSettings } from './gateway-identity.ts'
import type { DownHandlers } from './down-messages.ts'
import { HubSession, type UpKind } from './hub-session.ts'

export interface UplinkOptions {
  readonly dataDir: string
  readonly hub: HubSettings
  readonly settings: SenderSettings
  readonly outbox: Outbox
  readonly catalogue: CatalogueMessage
  readonly clock: Clock
  readonly logger: Logger
  readonly status: () => StatusMessage
  /** What the hub may send besides acknowledgements and certificates. */
  readonly handlers?: Omit<DownHandlers, 'ack' | 'certificate'>
  /** After the batches and the catalogue that an acknowledgement names have been noted. */
  readonly onAck?: (ack: AckMessage) => void
  /** False: the clock cannot be right; absent: it is. */
  readonly clockTrusted?: () => boolean
  /** A session has begun. */
  readonly onConnected?: () => void
}

export interface UplinkSnapshot {
  readonly enrolled: boolean
  readonly connected: boolean
  /** Why it is not connected, for people; null when it is. */
  readonly problem: string | null
  /** End of the certificate in use; null where there is a password. */
  readonly certificateExpiresAtMs: number | null
  readonly inFlightBatches: number
  readonly counters: SenderCounters
}

const STATUS_EVERY_MS = 5_000
/** Batches that another process (an import) sealed are noticed within this time. */
const LOOK_EVERY_MS = 250
/** Short, because a gateway that waits is a screen that stands still; jitter keeps many gateways apart. */
const RETRY_RANGE = { firstMs: 500, lastMs: 5_000 }

const WORTH_ANOTHER_TRY: readonly string[] = [errorCodes.enrolmentFailed, errorCodes.credentialsUnreadable]

export class Uplink {
  private readonly options: UplinkOptions
  private hub: HubSettings
  private catalogue: CatalogueMessage
  private readonly sender: BatchSender
  private session: HubSession | null = null
  private ready = false
  private enrolled = false
  private problem: string | null = 'not connected yet'
  private catalogueAcked = false
  private catalogueSentMs = -Infinity
  private statusSentMs = -Infinity
  private pumpTimer: NodeJS.Timeout | null = null
  private readonly abort = new AbortController()
  /** Ends a wait early when the configuration has changed. */
  private wait = new AbortController()
  private running: Promise<void> | null = null
  private readonly identity: GatewayIdentity
  private readonly renewal: CertificateRenewal

  constructor(options: UplinkOptions) {
    this.options = options
    this.hub = options.hub
    this.catalogue = options.catalogue
    const { outbox, clock, logger, settings } = options
    this.identity = new GatewayIdentity(options.dataDir, logger, this.abort.signal)
    this.renewal = new CertificateRenewal({
      identity: this.identity,
      clock,
      logger,
      publish: (request) => this.publishUp('certificateRequest', request),
      reconnect: (reason) => void this.reconnect(reason),
    })
    this.sender = new BatchSender({
      outbox,
      clock,
      logger,
      settings,
      publish: (payload) => this.session?.publishBatch(payload),
    })
  }

  start(): void {
    this.running ??= this.run()
  }

  async stop(): Promise<void> {
    this.abort.abort()
    this.wait.abort()
    if (this.pumpTimer) clearTimeout(this.pumpTimer)
    await this.session?.close()
    this.finishTalk()
    await this.running
  }

  /** Publishes now; false while there is no session: whoever wants it to arrive asks again. */
  publishUp(kind: UpKind, message: object): boolean {
    return this.ready && (this.session?.publishUp(kind, message) ?? false)
  }

  /** Something was sealed: send it now rather than at the next look. */
  nudge(): void {
    if (this.ready) this.pump()
  }

  async reconfigure(hub: HubSettings, settings: SenderSettings, catalogue: CatalogueMessage): Promise<void> {
    const moved = JSON.stringify(hub) !== JSON.stringify(this.hub)
    this.hub = hub
    this.sender.setSettings(settings)
    if (catalogue.revision !== this.catalogue.revision) this.catalogueAcked = false
    this.catalogue = catalogue
    this.catalogueSentMs = -Infinity
    if (moved) await this.reconnect('the configuration changed')
  }

  private async reconnect(reason: string): Promise<void> {
    await this.session?.close()
    this.endSession(reason)
    this.wait.abort()
  }

  snapshot(): UplinkSnapshot {
    return {
      enrolled: this.enrolled,
      connected: this.ready,
      problem: this.problem,
      certificateExpiresAtMs: this.identity.certificateExpiresAtMs,
      inFlightBatches: this.sender.inFlightBatches,
      counters: this.sender.counters,
    }
  }

  private async run(): Promise<void> {
    let failures = 0
    while (!this.abort.signal.aborted) {
      const connection = await this.connection()
      if (this.abort.signal.aborted) return
      if (connection) {
        const wasReady = await this.talk(connection)
        failures = wasReady ? 1 : failures + 1
      } else {
        failures += 1
      }
      if (this.abort.signal.aborted) return
      this.wait = new AbortController()
      await this.options.clock.sleep(backoffMs(failures, RETRY_RANGE, Math.random()), this.wait.signal)
    }
  }

  /** Null when there is no identity now; returns after the wait when a person has to bring a token. */
  private async connection(): Promise<HubConnection | null> {
    try {
      await this.identity.obtain(this.hub)
      this.enrolled = true
      return this.identity.connection(this.hub)
    } catch (error) {
      this.enrolled = false
      if (this.abort.signal.aborted) return null
      if (!(error instanceof AppError)) throw error
      if (WORTH_ANOTHER_TRY.includes(error.code)) this.note(error.message)
      else await this.waitForHelp(error.message, error.code)
      return null
    }
  }

  /** Only a person can help; readings go on to the outbox until a new configuration comes. */
  private async waitForHelp(reason: string, code: string): Promise<void> {
    this.problem = reason
    this.options.logger.error(`${reason}. ${advice(code)} Polling and buffering go on.`)
    this.wait = new AbortController()
    while (!this.wait.signal.aborted && !this.abort.signal.aborted) {
      await this.options.clock.sleep(60_000, this.wait.signal)
    }
  }

  /** One session, to its end. True when it had been usable. */
  private talk(connection: HubConnection): Promise<boolean> {
    return new Promise((resolve) => {
      let wasReady = false
      const finish = () => resolve(wasReady)
      this.finishTalk = finish
      try {
        this.session = new HubSession({
          connection,
          // Only where the CA is the hub's own and there is no password to be shown.
          ignoreDates:
            connection.tls?.key !== undefined &&
            connection.password === undefined &&
            this.options.clockTrusted?.() === false,
          logger: this.options.logger,
          onReady: () => {
            wasReady = true
            this.identity.noteReady(connection)
            this.begin()
          },
          handlers: {
            ...this.options.handlers,
            ack: (ack) => this.handleAck(ack),
            certificate: (message) => this.renewal.handle(message),
          },
          onEnd: (reason, refused) => {
            this.identity.noteEnd(connection, refused)
            this.endSession(reason)
          },
        })
      } catch (error) {
        // Such as an address that no transport of MQTT.js understands.
        this.endSession(error instanceof Error ? error.message : String(error))
      }
    })
  }

  private finishTalk: () => void = () => {}

  private begin(): void {
    this.ready = true
    this.problem = null
    this.catalogueAcked = false
    this.catalogueSentMs = -Infinity
    this.statusSentMs = -Infinity
    this.sender.connected()
    this.options.logger.info('connected to the hub')
    this.pump()
    this.renewal.connected()
    this.options.onConnected?.()
  }

  private endSession(reason: string): void {
    this.ready = false
    this.session = null
    this.sender.disconnected()
    this.renewal.disconnected()
    if (this.pumpTimer) clearTimeout(this.pumpTimer)
    if (!this.abort.signal.aborted) this.note(reason)
    this.finishTalk()
  }

  private pump(): void {
    if (this.pumpTimer) clearTimeout(this.pumpTimer)
    if (!this.ready || this.abort.signal.aborted) return
    const waitMs = this.sendAll()
    this.pumpTimer = setTimeout(() => this.pump(), Math.min(waitMs, LOOK_EVERY_MS))
  }

  /** Returns the milliseconds after which there may be more to send. */
  private sendAll(): number {
    try {
      this.sendCatalogue()
      this.sendStatus()
      return this.sender.pump()
    } catch (error) {
      // The outbox could not be read just now; it is asked again.
      this.options.logger.error({ err: error }, 'nothing could be sent')
      return LOOK_EVERY_MS
    }
  }

  private sendCatalogue(): void {
    const nowMs = this.options.clock.monotonicMs()
    if (this.catalogueAcked || nowMs - this.catalogueSentMs < RESEND_AFTER_MS) return
    this.catalogueSentMs = nowMs
    this.session?.publishCatalogue(this.catalogue)
  }

  private sendStatus(): void {
    const nowMs = this.options.clock.monotonicMs()
    if (nowMs - this.statusSentMs < STATUS_EVERY_MS) return
    this.statusSentMs = nowMs
    this.session?.publishStatus(this.options.status())
  }

  private handleAck(ack: AckMessage): void {
    this.sender.handleAck(ack)
    this.options.onAck?.(ack)
    if (ack.catalogue?.revision === this.catalogue.revision) {
      this.catalogueAcked = true
      if (ack.catalogue.error !== undefined) {
        this.options.logger.error({ reason: ack.catalogue.error }, 'the hub refused the catalogue of devices')
      }
    }
    this.nudge()
  }

  /** Once per cause, not once per attempt. */
  private note(problem: string): void {
    if (problem !== this.problem) this.options.logger.warn({ reason: problem }, 'not connected to the hub')
    this.problem = problem
  }
}

/** What a person can do, by the code of the error. */
function advice(code: string): string {
  if (code === errorCodes.enrolmentInsecure || code === errorCodes.hubUntrusted) {
    return 'Correct the section hub of the site file and send SIGHUP (or restart).'
  }
  return 'Make an enrolment token for this gateway in the hub, set hub.enrolmentToken in the site file and send SIGHUP (or restart).'
}
