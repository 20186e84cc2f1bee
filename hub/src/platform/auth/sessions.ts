import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Database, PrismaTransaction } from '../database/database.ts'
import { grantOf } from './grant-row.ts'
import { sessionRepository, type SessionRow } from './session.repository.ts'
import type { CurrentUser } from './user.ts'

/** An administrator who acts as somebody else. */
export interface ActingPerson {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly since: Date
}

export interface ActiveSession {
  /** SHA-256 of the cookie's secret. */
  readonly id: Uint8Array<ArrayBuffer>
  readonly csrfToken: string
  /** Whose rights count. */
  readonly user: CurrentUser
  /** Who really sits there, when that is not `user`. */
  readonly actor: ActingPerson | null
  /** Changes with the rights: what was opened with others has to end. */
  readonly rights: string
}

/** The expiry is moved at most this often, so that reading does not mean writing. */
const EXTEND_EVERY_MS = 60_000

/** Sessions in the database; the cookie holds the only copy of the secret. */
export class Sessions {
  private readonly db: Database
  private readonly clock: Clock
  private readonly lifetimeMs: () => Promise<number>

  /** @param lifetimeMs how long a session goes on without being used, as it is set at that moment */
  constructor(db: Database, clock: Clock, lifetimeMs: () => Promise<number>) {
    this.db = db
    this.clock = clock
    this.lifetimeMs = lifetimeMs
  }

  /** @returns the secret for the cookie */
  async begin(
    userId: string,
    from: { ip: string | null; userAgent: string | null },
    client: PrismaTransaction = this.db.prisma,
  ): Promise<{ secret: string; csrfToken: string }> {
    const secret = randomBytes(32).toString('base64url')
    const csrfToken = newCsrfToken()
    const now = this.clock.now()
    await sessionRepository.insert(client, {
      id: hashSecret(secret),
      userId,
      csrfToken,
      ip: from.ip,
      userAgent: from.userAgent?.slice(0, 300) ?? null,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: await this.expiry(now),
    })
    return { secret, csrfToken }
  }

  /** Null when unknown, expired, or of a disabled user. Moves the expiry. */
  async find(secret: string): Promise<ActiveSession | null> {
    const id = hashSecret(secret)
    const now = this.clock.now()
    const row = await this.rowOf(id, now)
    if (!row) return null
    if (now.getTime() - row.lastSeenAt.getTime() > EXTEND_EVERY_MS) {
      await sessionRepository.extend(this.db.prisma, id, now, await this.expiry(now))
    }
    return activeSession(id, row)
  }

  /** The session as it is now; null when it has ended. Does not move the expiry. */
  async refresh(id: Uint8Array<ArrayBuffer>): Promise<ActiveSession | null> {
    const row = await this.rowOf(id, this.clock.now())
    return row && activeSession(id, row)
  }

  /**
   * Whether it goes on with the rights that it had. Does not move the expiry: a page left open does not keep a
   * session for ever.
   */
  async isAlive({ id, rights }: Pick<ActiveSession, 'id' | 'rights'>): Promise<boolean> {
    return (await this.refresh(id))?.rights === rights
  }

  /**
   * Lets an administrator go on as somebody else, or (null) be himself again. The token of the browser's other pages
   * ends, so that none of them writes in the name of a person whom it does not show.
   * @returns false when the session ended meanwhile, or is in that state already
   */
  async actAs(
    id: Uint8Array<ArrayBuffer>,
    userId: string | null,
    client: PrismaTransaction,
  ): Promise<boolean> {
    const actingSince = userId === null ? null : this.clock.now()
    return sessionRepository.setActing(client, id, {
      actingAsId: userId,
      actingSince,
      csrfToken: newCsrfToken(),
    })
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

  /** Ends those in which the user acts as somebody else: he may have lost the right to. */
  async endActingOf(client: PrismaTransaction, userId: string): Promise<void> {
    await sessionRepository.removeActingOf(client, userId)
  }

  async removeExpired(): Promise<number> {
    return (await sessionRepository.removeExpired(this.db.prisma, this.clock.now())).count
  }

  private async expiry(now: Date): Promise<Date> {
    return new Date(now.getTime() + (await this.lifetimeMs()))
  }

  private async rowOf(id: Uint8Array<ArrayBuffer>, now: Date): Promise<SessionRow | null> {
    const row = await sessionRepository.find(this.db.prisma, id, now)
    if (!row || row.expiresAt <= now || row.disabledAt || row.actorDisabledAt) return null
    return row
  }
}

function activeSession(id: Uint8Array<ArrayBuffer>, row: SessionRow): ActiveSession {
  const { userId, username, displayName, departmentId, departmentIds, grants, actorId } = row
  return {
    id,
    csrfToken: row.csrfToken,
    user: {
      id: userId,
      username,
      displayName,
      departmentId,
      grants: grants.map((grant) => grantOf(grant, departmentIds)),
    },
    actor:
      actorId === null
        ? null
        : {
            id: actorId,
            username: row.actorUsername!,
            displayName: row.actorDisplayName!,
            since: row.actingSince!,
          },
    rights: JSON.stringify([userId, departmentIds, grants]),
  }
}

/** Who is written down for what is done in a session: both names while an administrator acts as somebody else. */
export function auditActorOf({ user, actor }: Pick<ActiveSession, 'user' | 'actor'>): {
  userId: string
  actor: string
} {
  if (!actor) return { userId: user.id, actor: user.username }
  return { userId: actor.id, actor: `${actor.username} → ${user.username}` }
}

function newCsrfToken(): string {
  return randomBytes(24).toString('base64url')
}

function hashSecret(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}
