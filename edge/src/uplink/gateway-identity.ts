/** Who this gateway is to the hub: credentials from the disk, or had from the hub for a one-time token. */
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import { agentVersion } from '../version.ts'
import { credentialsFile, readCredentials, writeCredentials, type Credentials } from './credentials.ts'
import { enrol } from './enrolment.ts'

export interface HubAddress {
  readonly url: string
  readonly enrolmentToken?: string | undefined
}

export class GatewayIdentity {
  private readonly file: string
  private readonly logger: Logger
  private readonly signal: AbortSignal
  /** Had from the hub and not on the disk yet. */
  private unsaved: Credentials | null = null
  /** The broker did not take the credentials: the gateway may have been revoked, or enrolled anew elsewhere. */
  private refused = false
  private spentToken: string | null = null

  /** `signal` ends an enrolment that is under way. */
  constructor(dataDir: string, logger: Logger, signal: AbortSignal) {
    this.file = credentialsFile(dataDir)
    this.logger = logger
    this.signal = signal
  }

  noteRefused(refused: boolean): void {
    this.refused = refused
  }

  /**
   * The credentials to connect with. A token that was not tried yet replaces credentials that are damaged or that the
   * broker refuses.
   * @throws AppError `edge.no_identity`, `edge.enrolment_refused`, `edge.credentials_invalid` (a person has to bring a
   * token); `edge.enrolment_failed`, `edge.credentials_unreadable` (to be tried again).
   */
  async obtain(hub: HubAddress): Promise<Credentials> {
    const known = this.unsaved ?? this.read(hub)
    if (!known) return this.enrol(hub)
    if (this.refused && hub.enrolmentToken !== undefined && hub.enrolmentToken !== this.spentToken) {
      return this.enrol(hub).catch((error: unknown) => this.keep(known, error))
    }
    if (this.unsaved) this.save(known)
    return known
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

  private async enrol({ url, enrolmentToken: token }: HubAddress): Promise<Credentials> {
    if (token === undefined) {
      throw new AppError(errorCodes.noIdentity, 'there are no credentials and no enrolment token')
    }
    try {
      const credentials = await enrol(url, { token, agentVersion }, this.signal)
      this.spentToken = token
      this.refused = false
      this.logger.info({ gatewayId: credentials.gatewayId }, 'enrolled; the enrolment token is used up')
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
    return known
  }

  /** A full disk must not cost the identity that the token was just spent on: kept in memory and saved later. */
  private save(credentials: Credentials): void {
    try {
      writeCredentials(this.file, credentials)
      this.unsaved = null
    } catch (error) {
      this.unsaved = credentials
      this.logger.error(
        { err: error },
        'the credentials cannot be saved; they would be lost with the process',
      )
    }
  }
}
