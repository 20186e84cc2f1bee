/**
 * The hub's own certificate authority: signs the certificates of its listeners and of gateways. Its key is in the
 * database, sealed under the master key, so every process of the hub can sign.
 *
 * Succession: a year before it ends, an authority gets a successor. From then on both are in the bundle that
 * gateways are given. Listeners go on with the old one for 120 days: longer than a gateway's certificate lasts, so
 * every gateway that is in use has renewed its own, and the bundle with it, before it meets the successor.
 */
import { createHash, randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { AUTHORITY_LOCK } from '../database/advisory-locks.ts'
import type { Database } from '../database/database.ts'
import { fail } from '../errors.ts'
import {
  countIssuedSince,
  findHubCertificate,
  findIssued,
  insertAuthority,
  insertIssued,
  listAuthorities,
  listRevoked,
  lockAuthorities,
  newestIssued,
  revocationState,
  revokeIssued,
  saveHubCertificate,
  updateAuthorityKey,
  type AuthorityRow,
  type IssuedRow,
} from './authority.repository.ts'
import {
  fingerprintOf,
  makeAuthority,
  makeKeyed,
  makeRevocationList,
  signRequest,
  type IssuedClient,
  type KeyedCertificate,
} from './certificates.ts'
import { securityErrors } from './errors.ts'
import type { SecretBox } from './secret-box.ts'

const DAY_MS = 86_400_000
const AUTHORITY_DAYS = 3_650
/** Left of an authority when its successor is made. */
const SUCCESSOR_BEFORE_DAYS = 365
export const GATEWAY_DAYS = 90
const LISTENER_DAYS = 90
/** Left of a listener's certificate when it is replaced. */
const RENEW_BEFORE_DAYS = 30
const LISTENERS_FOLLOW_AFTER_DAYS = 120
/** Brokers beside the hub learn of a successor from files that somebody has to reload. */
const GATEWAYS_FOLLOW_AFTER_DAYS = 7
const REVOCATION_LIST_DAYS = 30
const MOST_ISSUED_PER_DAY = 6

interface Authority {
  readonly id: string
  readonly certificate: string
  readonly privateKey: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

export interface AuthorityOptions {
  readonly db: Database
  readonly box: SecretBox
  readonly clock: Clock
  readonly log: Logger
}

export class CertificateAuthority {
  private readonly db: Database
  private readonly box: SecretBox
  private readonly clock: Clock
  private readonly log: Logger
  /** Newest first; never empty after `refresh`. */
  private authorities: readonly Authority[] = []

  constructor(options: AuthorityOptions) {
    this.db = options.db
    this.box = options.box
    this.clock = options.clock
    this.log = options.log
  }

  /**
   * Reads the authorities, making the first one or a successor when it is time. One process at a time.
   * @returns whether the bundle has changed
   * @throws AppError `security.master_key` when the key does not open what is there
   */
  async refresh(): Promise<boolean> {
    const before = this.bundle
    const now = this.clock.now()
    this.authorities = await this.db.transaction(async (client) => {
      await lockAuthorities(client, AUTHORITY_LOCK)
      const known = (await listAuthorities(client, now)).map((row) => this.open(row))
      await this.sealAnew(client, now)
      const newest = known[0]
      if (newest && newest.expiresAt.getTime() - now.getTime() > SUCCESSOR_BEFORE_DAYS * DAY_MS) return known
      return [await this.makeOne(client, now), ...known]
    })
    return before !== this.bundle
  }

  /** PEM of all that are trusted, newest first. */
  get bundle(): string {
    return this.authorities.map(({ certificate }) => `${certificate.trim()}\n`).join('')
  }

  /** What people compare: the one that stands in the chain of our listeners. */
  async describe(): Promise<{ pem: string; sha256: string; expiresAt: Date }> {
    const { certificate, expiresAt } = this.signer(LISTENERS_FOLLOW_AFTER_DAYS)
    return { pem: this.bundle, sha256: await fingerprintOf(certificate), expiresAt }
  }

  /** @throws AppError `security.csr_refused` */
  async issue(client: pg.ClientBase, subject: string, csr: string): Promise<IssuedClient> {
    const now = this.clock.now()
    const signer = this.signer(GATEWAYS_FOLLOW_AFTER_DAYS)
    const issued = await signRequest(signer, csr, subject, now, GATEWAY_DAYS)
    const { serial, expiresAt } = issued
    await insertIssued(client, { serial, authorityId: signer.id, subject, issuedAt: now, expiresAt })
    return issued
  }

  /** Whether this subject had as many certificates in a day as anybody honest would ask for. */
  async isGreedy(client: pg.ClientBase | pg.Pool, subject: string): Promise<boolean> {
    const since = new Date(this.clock.now().getTime() - DAY_MS)
    return (await countIssuedSince(client, subject, since)) >= MOST_ISSUED_PER_DAY
  }

  /** All certificates of a subject end now. @returns how many */
  revoke(client: pg.ClientBase, subject: string): Promise<number> {
    return revokeIssued(client, subject, this.clock.now())
  }

  /** Whether a certificate that TLS has verified was given to this subject and still counts. */
  async isGood(serial: string, subject: string): Promise<boolean> {
    const row = await findIssued(this.db.pool, serial.toLowerCase(), subject)
    return row !== null && row.revokedAt === null && row.expiresAt > this.clock.now()
  }

  newest(client: pg.ClientBase | pg.Pool, subject: string): Promise<IssuedRow | null> {
    return newestIssued(client, subject)
  }

  /** Changes whenever somebody is revoked. */
  revocationState(): Promise<string> {
    return revocationState(this.db.pool)
  }

  /** Of every authority its list, PEM, one after the other. */
  async revocationLists(): Promise<string> {
    const now = this.clock.now()
    const revoked = await listRevoked(this.db.pool, now)
    const lists = this.authorities.map((authority) =>
      makeRevocationList(
        authority,
        revoked.filter(({ authorityId }) => authorityId === authority.id),
        now,
        REVOCATION_LIST_DAYS,
      ),
    )
    return (await Promise.all(lists)).map((list) => `${list.trim()}\n`).join('')
  }

  /**
   * A certificate with key for a listener that answers to these names, or for a client without names. The same one
   * until it comes to its end. Its issuer stands behind it: a gateway that knows only the fingerprint of our CA finds
   * it in the chain.
   */
  async own(commonName: string, names: readonly string[]): Promise<KeyedCertificate> {
    const now = this.clock.now()
    const signer = this.signer(LISTENERS_FOLLOW_AFTER_DAYS)
    const id = createHash('sha256')
      .update(JSON.stringify([commonName, [...names].sort()]))
      .digest('hex')
    return this.db.transaction(async (client) => {
      await lockAuthorities(client, AUTHORITY_LOCK)
      const known = await findHubCertificate(client, id)
      const goodUntil = now.getTime() + RENEW_BEFORE_DAYS * DAY_MS
      const isUsable = known?.authorityId === signer.id && !this.box.isOutdated(known.keySealed)
      if (isUsable && known.expiresAt.getTime() > goodUntil) {
        const privateKey = this.box.open(known.keySealed, `hub-certificate:${id}`).toString('utf8')
        const { certificate, expiresAt } = known
        return { certificate: certificate + signer.certificate, privateKey, expiresAt }
      }
      const made = await makeKeyed(signer, commonName, names, now, LISTENER_DAYS)
      const keySealed = this.box.seal(made.privateKey, `hub-certificate:${id}`)
      const { certificate, expiresAt } = made
      await saveHubCertificate(client, { id, authorityId: signer.id, certificate, keySealed, expiresAt }, now)
      return { ...made, certificate: certificate + signer.certificate }
    })
  }

  /** The newest that is old enough to be known everywhere; with none so old, the oldest. */
  private signer(knownAfterDays: number): Authority {
    const since = this.clock.now().getTime() - knownAfterDays * DAY_MS
    const signer =
      this.authorities.find(({ createdAt }) => createdAt.getTime() <= since) ?? this.authorities.at(-1)
    if (!signer) throw new Error('the certificate authority has not been started')
    return signer
  }

  private async makeOne(client: pg.ClientBase, now: Date): Promise<Authority> {
    const { certificate, privateKey, expiresAt } = await makeAuthority(now, AUTHORITY_DAYS)
    const id = randomUUID()
    const keySealed = this.box.seal(privateKey, `ca-key:${id}`)
    await insertAuthority(client, { id, certificate, keySealed, createdAt: now, expiresAt })
    const sha256 = await fingerprintOf(certificate)
    this.log.info({ sha256, expiresAt }, 'a certificate authority was made')
    return { id, certificate, privateKey, createdAt: now, expiresAt }
  }

  private open(row: AuthorityRow): Authority {
    try {
      return { ...row, privateKey: this.box.open(row.keySealed, `ca-key:${row.id}`).toString('utf8') }
    } catch (cause) {
      throw fail(
        securityErrors.masterKey,
        'The master key is not the one with which this database was sealed: bring back COURTYARD_DATA/master.key or set COURTYARD_MASTER_KEY to it',
        undefined,
        cause,
      )
    }
  }

  /** After a change of the master key the old one shall not be needed any longer. */
  private async sealAnew(client: pg.ClientBase, now: Date): Promise<void> {
    for (const { id, keySealed } of await listAuthorities(client, now)) {
      if (!this.box.isOutdated(keySealed)) continue
      const plain = this.box.open(keySealed, `ca-key:${id}`)
      await updateAuthorityKey(client, id, this.box.seal(plain, `ca-key:${id}`))
    }
  }
}
