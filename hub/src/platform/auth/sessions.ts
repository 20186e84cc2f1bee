import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Database, PrismaTransaction } from '../database/database.ts'
import { sessionRepository } from './session.repository.ts'
import type { CurrentUser } from './user.ts'

export interface ActiveSession {
  /** SHA-256 of the cookie's secret. */
  readonly id: Uint8Array<ArrayBuffer>
  readonly csrfToken: string
  readonly user: CurrentUser
}

/** The expiry is moved at most this often, so that reading does not mean writing. */
const EXTEND_EVERY_MS = 60_000

/** Sessions in the database; the cookie holds the only copy of the secret. */
export class Sessions {
  private readonly db: Database
  private readonly clock: Clock
  private readonly lifetimeMs: number

  constructor(db: Database, clock: Clock, sessionHours: number) {
    this.db = db
    this.clock = clock
    this.lifetimeMs = sessionHours * 3_600_000
  }

  /** @returns the secret for the cookie */
  async begin(
    userId: string,
    from: { ip: string | null; userAgent: string | null },
    client: PrismaTransaction = this.db.prisma,
  ): Promise<{ secret: string; csrfToken: string }> {
    const secret = randomBytes(32).toString('base64url')
    const csrfToken = randomBytes(24).toString('base64url')
    const now = this.clock.now()
    await sessionRepository.insert(client, {
      id: hashSecret(secret),
      userId,
      csrfToken,
      ip: from.ip,
      userAgent: from.userAgent?.slice(0, 300) ?? null,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: new Date(now.getTime() + this.lifetimeMs),
    })
    return { secret, csrfToken }
  }

  /** Null when unknown, expired, or of a disabled user. Moves the expiry. */
  async find(secret: string): Promise<ActiveSession | null> {
    const id = hashSecret(secret)
    const row = await sessionRepository.find(this.db.prisma, id)
    const now = this.clock.now()
    if (!row || row.expiresAt <= now || row.user.disabledAt) return null
    if (now.getTime() - row.lastSeenAt.getTime() > EXTEND_EVERY_MS) {
      await sessionRepository.extend(this.db.prisma, id, now, new Date(now.getTime() + this.lifetimeMs))
    }
    const { user } = row
    return {
      id,
      csrfToken: row.csrfToken,
      user: {
        id: user.id,
        username: user.username,
        displayName: user.displayName,
        role: user.role,
        scope: { all: user.allProjects, projectIds: user.allProjects ? [] : user.projectIds },
      },
    }
  }

  /**
   * Whether it goes on with the rights that `user` had. Does not move the expiry: a page left open does not keep a
   * session for ever.
   */
  async isAlive(id: Uint8Array<ArrayBuffer>, user: Pick<CurrentUser, 'role' | 'scope'>): Promise<boolean> {
    const row = await sessionRepository.find(this.db.prisma, id)
    if (!row || row.expiresAt <= this.clock.now() || row.user.disabledAt) return false
    const { role, allProjects, projectIds } = row.user
    const { all, projectIds: before } = user.scope
    const sameProjects =
      before.length === projectIds.length && before.every((one) => projectIds.includes(one))
    return role === user.role && allProjects === all && (all || sameProjects)
  }

  async end(id: Uint8Array<ArrayBuffer>, client: PrismaTransaction = this.db.prisma): Promise<void> {
    await sessionRepository.remove(client, id)
  }

  /** Ends all sessions of a user, but the one given. */
  async endOfUser(
    client: PrismaTransaction,
    userId: string,
    except?: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    await sessionRepository.removeOfUser(client, userId, except)
  }

  async removeExpired(): Promise<number> {
    return (await sessionRepository.removeExpired(this.db.prisma, this.clock.now())).count
  }
}

function hashSecret(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}
