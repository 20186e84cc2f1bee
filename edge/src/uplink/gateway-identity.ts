/** Who this gateway is to the hub: credentials from the disk, or had from the hub for a one-time token. */
import { AppError, type CertificateMessage } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import { agentVersion } from '../version.ts'
import { checkIssued, isDueForRenewal, makeKeyAndRequest, shareAuthority, validityOf } from './certificate.ts'
import {
  credentialsFile,
  readCredentials,
  writeCredentials,
  type CertifiedKey,
  type Credentials,
} from './credentials.ts'
import { enrol, readCa, type HubAddress } from './enrolment.ts'
import { authorities } from './hub-trust.ts'

export interface HubSettings extends HubAddress {
  readonly mqttUrl?: string | undefined
}

/** How to connect with an identity. */
export interface HubConnection {
  readonly gatewayId: string
  readonly mqttUrl: string
  readonly username: string
  /** Absent where the certificate says it all. */
  readonly password?: string
  readonly tls?: { readonly ca: string[]; readonly key?: string; readonly cert?: string }
  /** With the renewed certificate, which has not been seen working yet. */
  readonly renewed: boolean
}

export class GatewayIdentity {
  private readonly file: string
  private readonly logger: Logger
  private readonly signal: AbortSignal
  private current: Credentials | null = null
  /** `current` is not on the disk yet. */
  private unsaved = false
  /** The broker did not take the credentials: the gateway may have been revoked, or enrolled anew elsewhere. */
  private refused = false
  private spentToken: string | null = null
  private attempts = 0
  /** Key of the certificate that was asked for. */
  private requested: string | null = null

  /** `signal` ends an enrolment that is under way. */
  constructor(dataDir: string, logger: Logger, signal: AbortSignal) {
    this.file = credentialsFile(dataDir)
    this.logger = logger
    this.signal = signal
  }

  /** The connection ended. A renewed certificate that is refused is given up; the old one goes on. */
  noteEnd(connection: HubConnection, refused: boolean): void {
    const { current } = this
    if (!connection.renewed || !current?.next) {
      this.refused = refused
      return
    }
    if (!refused) return
    const { next: _refused, ...rest } = current
    this.save(rest)
    this.logger.error('the hub does not take the renewed certificate; the old one stays')
  }

  /** End of the certificate in use; null without one. */
  get certificateExpiresAtMs(): number | null {
    return this.current?.tls ? validityOf(this.current.tls.certificate).toMs : null
  }

  /**
   * The credentials to connect with. A token that was not tried yet replaces credentials that are damaged or that the
   * broker refuses.
   * @throws AppError `edge.no_identity`, `edge.enrolment_refused`, `edge.enrolment_insecure`, `edge.hub_untrusted`,
   * `edge.credentials_invalid` (a person has to help); `edge.enrolment_failed`, `edge.credentials_unreadable` (to be
   * tried again).
   */
  async obtain(hub: HubAddress): Promise<Credentials> {
    const known = this.unsaved && this.current ? this.current : this.read(hub)
    if (!known) return this.enrol(hub)
    if (this.refused && hub.enrolmentToken !== undefined && hub.enrolmentToken !== this.spentToken) {
      return this.enrol(hub).catch((error: unknown) => this.keep(known, error))
    }
    if (this.unsaved) this.save(known)
    this.current = known
    return known
  }

  /** How to connect next: a renewed certificate is tried in turns with the one that is known to work. */
  connection(hub: HubSettings): HubConnection {
    const known = this.current
    if (!known) throw new AppError(errorCodes.noIdentity, 'there are no credentials')
    const { gatewayId, username, password, tls, next } = known
    const renewed = next !== undefined && this.attempts++ % 2 === 0
    const certified = renewed ? next : tls
    const mqttUrl = hub.mqttUrl ?? tls?.mqttUrl ?? known.mqttUrl
    if (!/^(mqtts|ssl|wss):/.test(mqttUrl)) return { gatewayId, mqttUrl, username, password, renewed: false }
    const own = hub.caFile === undefined ? certified?.ca : readCa(hub.caFile)
    // A broker that the operator names may have its certificate from anywhere that the system trusts.
    const others = hub.mqttUrl !== undefined && hub.caFile === undefined ? authorities() : []
    // The hub's own listener knows the gateway by its certificate; a broker of the operator's may want the password.
    const secret = certified && hub.mqttUrl === undefined ? {} : { password }
    const pair = certified ? { key: certified.key, cert: certified.certificate } : {}
    return {
      gatewayId,
      mqttUrl,
      username,
      ...secret,
      tls: { ca: [...new Set([...authorities(own), ...others])], ...pair },
      renewed,
    }
  }

  /** The hub took this connection: a renewed certificate that works takes the place of the old one. */
  noteReady(connection: HubConnection): void {
    const { current } = this
    if (!connection.renewed || !current?.next || !current.tls) return
    const { next, ...rest } = current
    this.save({ ...rest, tls: { ...next, mqttUrl: current.tls.mqttUrl } })
    this.logger.info('the renewed certificate works and has replaced the old one')
  }

  /** A request for the next certificate when it is time; null when it is not, or there is none to renew. */
  async renewalRequest(nowMs: number): Promise<string | null> {
    const { current } = this
    if (!current?.tls || current.next || !isDueForRenewal(validityOf(current.tls.certificate), nowMs)) return null
    const { key, csr } = await makeKeyAndRequest()
    this.requested = key
    return csr
  } // prettier-ignore

  /** Takes in what the hub issued. True when there is a new certificate to connect with. */
  takeCertificate(message: CertificateMessage): boolean {
    const { current, requested: key } = this
    if (!current?.tls) return false
    if (message.error !== null) this.logger.error({ reason: message.error }, 'the hub did not renew the certificate') // prettier-ignore
    try {
      if (!shareAuthority(current.tls.ca, message.ca)) throw new AppError(errorCodes.certificateInvalid, 'the CAs have nothing in common with those that are trusted') // prettier-ignore
      if (message.certificate === null || key === null) {
        this.takeAuthorities(current, message.ca)
        return false
      }
      const next: CertifiedKey = { key, certificate: message.certificate, ca: message.ca }
      checkIssued(next)
      this.requested = null
      this.attempts = 0
      this.save({ ...current, next })
      return true
    } catch (error) {
      this.logger.error({ err: error }, 'what the hub sent in place of a certificate is not used')
      return false
    }
  }

  /** Enrols now, whatever there is: for the command line. */
  async enrolAnew(hub: HubAddress): Promise<Credentials> {
    const credentials = await this.enrol(hub)
    if (this.unsaved) throw new AppError(errorCodes.credentialsUnreadable, `${this.file} cannot be written`)
    return credentials
  }

  /** While the hub replaces its CA, two are trusted. */
  private takeAuthorities(current: Credentials, ca: string): void {
    if (!current.tls || current.tls.ca === ca) return
    this.save({ ...current, tls: { ...current.tls, ca } })
    this.logger.info("the CAs of the hub were taken over from the hub's message")
  }

  private read({ enrolmentToken }: HubAddress): Credentials | null {
    try {
      return readCredentials(this.file)
    } catch (error) {
      const damaged = error instanceof AppError && error.code === errorCodes.credentialsInvalid
      if (!damaged || enrolmentToken === undefined || enrolmentToken === this.spentToken) throw error
      this.logger.error({ err: error }, 'the credentials are damaged; the enrolment token is tried')
      return null
    }
  }

  private async enrol(hub: HubAddress): Promise<Credentials> {
    const { url, enrolmentToken: token } = hub
    if (token === undefined || url === undefined) {
      throw new AppError(errorCodes.noIdentity, 'there are no credentials and no enrolment token')
    }
    if (url.startsWith('http:')) this.logger.warn({ url }, 'enrolment over plain http: whoever can listen on the way can read the token') // prettier-ignore
    try {
      const { key, csr } = await makeKeyAndRequest()
      const { tls, ...answer } = await enrol({ ...hub, url }, { token, agentVersion, csr }, this.signal)
      if (tls) checkIssued({ key, ...tls })
      this.spentToken = token
      this.refused = false
      this.logger.info({ gatewayId: answer.gatewayId, tls: tls !== undefined }, 'enrolled; the enrolment token is used up') // prettier-ignore
      const credentials = { ...answer, ...(tls ? { tls: { ...tls, key } } : {}) }
      this.save(credentials)
      return credentials
    } catch (error) {
      if (error instanceof AppError && error.code === errorCodes.enrolmentRefused) this.spentToken = token
      throw error
    }
  }

  /** The token was of no use either: the broker may still change its mind about what there was. */
  private keep(known: Credentials, error: unknown): Credentials {
    if (!(error instanceof AppError)) throw error
    this.logger.warn({ reason: error.message }, 'the credentials are refused and cannot be replaced now')
    this.current = known
    return known
  }

  /** A full disk must not cost the identity that the token was just spent on: kept in memory and saved later. */
  private save(credentials: Credentials): void {
    this.current = credentials
    try {
      writeCredentials(this.file, credentials)
      this.unsaved = false
    } catch (error) {
      this.unsaved = true
      this.logger.error(
        { err: error },
        'the credentials cannot be saved; they would be lost with the process',
      )
    }
  }
}
