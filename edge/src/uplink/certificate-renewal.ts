/** Asks the hub for the next certificate in good time, while there is a session. */
import type { CertificateMessage, CertificateRequest } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { GatewayIdentity } from './gateway-identity.ts'

export interface CertificateRenewalOptions {
  readonly identity: GatewayIdentity
  readonly clock: Clock
  readonly logger: Logger
  readonly publish: (request: CertificateRequest) => void
  /** Ends the session; the next one begins with the new certificate. */
  readonly reconnect: (reason: string) => void
}

/** Also how long an answer that never came is waited for. */
const LOOK_EVERY_MS = 3_600_000

export class CertificateRenewal {
  private readonly options: CertificateRenewalOptions
  private timer: NodeJS.Timeout | null = null

  constructor(options: CertificateRenewalOptions) {
    this.options = options
  }

  connected(): void {
    this.disconnected()
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS)
    void this.look()
  }

  disconnected(): void {
    if (this.timer) clearInterval(this.timer)
    this.timer = null
  }

  handle(message: CertificateMessage): void {
    if (!this.options.identity.takeCertificate(message)) return
    this.options.logger.info('the hub has renewed the certificate; connecting anew with it')
    this.options.reconnect('the certificate was renewed')
  }

  /** Does not reject. */
  private async look(): Promise<void> {
    const { identity, clock, logger, publish } = this.options
    try {
      const csr = await identity.renewalRequest(clock.nowMs())
      if (csr === null || !this.timer) return
      logger.info('the certificate ends soon; asking the hub for the next one')
      publish({ v: 1, csr })
    } catch (error) {
      logger.error({ err: error }, 'the certificate could not be renewed')
    }
  }
}
