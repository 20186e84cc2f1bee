import type { Session, SignInReason } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { auditAs } from '../../platform/audit/audit.ts'
import { noteSignIn } from '../../platform/audit/sign-in-log.ts'
import { hashPassword, verifyPassword } from '../../platform/auth/password.ts'
import { auditActorOf, type ActiveSession, type Sessions } from '../../platform/auth/sessions.ts'
import { roleRef } from '../../platform/auth/role-label.ts'
import { permissionsOf, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { listProjects } from '../estate/index.ts'
import { userRepository } from './accounts.repository.ts'
import { lockMs } from './domain/lockout.ts'
import { accountErrors } from './errors.ts'
import { UnknownNames } from './unknown-names.ts'

export interface Visitor {
  readonly ip: string | null
  readonly userAgent: string | null
  readonly requestId: string
}

export interface SignedIn {
  /** For the cookie. */
  readonly secret: string
  readonly session: Session
}

/** Not the hash of any password: spends the same time for names that do not exist. */
const NO_HASH = ''

export class SignInService {
  private readonly hub: Hub
  private readonly sessions: Sessions
  private readonly unknownNames = new UnknownNames()

  constructor(hub: Hub, sessions: Sessions) {
    this.hub = hub
    this.sessions = sessions
  }

  /**
   * @throws AppError `auth.bad_credentials` whether the name or the password is wrong, or the account disabled;
   *   `auth.locked` with `retryAfterSeconds`
   */
  async signIn(username: string, password: string, visitor: Visitor): Promise<SignedIn> {
    const name = username.trim().toLowerCase()
    const { prisma } = this.hub.db
    const now = this.hub.clock.now()
    const user = await userRepository.byUsername(prisma, name)
    const lockedUntilMs = user ? (user.lockedUntil?.getTime() ?? 0) : this.unknownNames.lockedUntilMs(name)
    if (lockedUntilMs > now.getTime()) {
      await this.noteRefusal(user, name, 'locked', visitor)
      throw locked(lockedUntilMs, now)
    }
    const matches = await verifyPassword(password, user?.passwordHash ?? NO_HASH)
    if (!user || !matches) {
      await this.noteRefusal(user, name, user ? 'wrongPassword' : 'unknownName', visitor)
      const until = user
        ? await this.countFailure(user.id, name, visitor)
        : this.unknownNames.fail(name, now.getTime())
      throw until > 0 ? locked(until, now) : badCredentials()
    }
    if (user.disabledAt || !(await userRepository.admit(prisma, user.id, now))) {
      await this.noteRefusal(user, name, user.disabledAt ? 'disabled' : 'locked', visitor)
      throw badCredentials()
    }
    return this.begin(user, visitor)
  }

  /** A new session with all that the browser needs to know. */
  async begin(user: Pick<CurrentUser, 'id' | 'username'>, visitor: Visitor): Promise<SignedIn> {
    const { secret } = await this.hub.db.prismaTransaction(async (tx) => {
      await auditOf(user, visitor)(tx, { action: 'user.signIn', entity: 'user', entityId: user.id })
      await noteSignIn(tx, {
        ...visitor,
        at: this.hub.clock.now(),
        userId: user.id,
        unknownName: null,
        reason: null,
      })
      return this.sessions.begin(user.id, visitor, tx)
    })
    const active = await this.sessions.find(secret)
    if (!active) throw badCredentials()
    return { secret, session: await this.describe(active) }
  }

  async describe({ user, actor, csrfToken }: ActiveSession): Promise<Session> {
    const { id, username, displayName } = user
    const row = await userRepository.get(this.hub.db.prisma, id)
    const now = this.hub.clock.now()
    const valid = (row?.assignments ?? []).filter(({ until }) => !until || until > now)
    const roles = new Map(valid.map(({ role }) => [role.id, roleRef(role)]))
    return {
      user: { id, username, displayName, roles: [...roles.values()], department: row?.department ?? null },
      permissions: permissionsOf(user),
      grants: user.grants.map(({ permissions, place, records }) => ({
        permissions: [...permissions],
        place: place.all
          ? place
          : {
              all: false,
              projectIds: [...place.projectIds],
              buildings: place.buildings.map((one) => ({ ...one })),
            },
        records,
      })),
      actor: actor && { ...actor, since: actor.since.toISOString() },
      projects: await listProjects(this.hub, user),
      csrfToken,
    }
  }

  /** Ends the person's other sessions. @throws AppError `auth.wrong_password` */
  async changePassword(
    session: ActiveSession,
    input: { current: string; next: string },
    audit: Audit,
  ): Promise<void> {
    const row = await userRepository.get(this.hub.db.prisma, session.user.id)
    if (!row || !(await verifyPassword(input.current, row.passwordHash))) {
      throw fail(accountErrors.wrongPassword, 'The current password is not right')
    }
    const passwordHash = await hashPassword(input.next)
    await this.hub.db.prismaTransaction(async (tx) => {
      await userRepository.update(tx, row.id, { passwordHash })
      await this.sessions.endOfUser(tx, row.id, session.id)
      await audit(tx, { action: 'user.changePassword', entity: 'user', entityId: row.id })
    })
  }

  async signOut(session: ActiveSession, audit: Audit): Promise<void> {
    const { userId } = auditActorOf(session)
    await this.hub.db.prismaTransaction(async (tx) => {
      await this.sessions.end(session.id, tx)
      if (session.actor) await audit(tx, { action: 'user.return', entity: 'user', entityId: session.user.id })
      await audit(tx, { action: 'user.signOut', entity: 'user', entityId: userId })
    })
  }

  /** A name that no account has may be a password in the wrong field: only a mark of it is kept. */
  private async noteRefusal(
    user: { readonly id: string } | null,
    name: string,
    reason: SignInReason,
    visitor: Visitor,
  ): Promise<void> {
    const unknownName = user ? null : this.hub.security.box.mark(name, 'sign-in-name')
    const entry = { ...visitor, at: this.hub.clock.now(), userId: user?.id ?? null, unknownName, reason }
    await noteSignIn(this.hub.db.pool, entry)
  }

  /** @returns until when the account is locked now; 0 when it is not */
  private async countFailure(userId: string, username: string, visitor: Visitor): Promise<number> {
    const { db, clock } = this.hub
    return db.prismaTransaction(async (tx) => {
      const failures = await userRepository.countFailure(tx, userId)
      const lock = lockMs(failures)
      if (lock === 0) return 0
      const until = new Date(clock.now().getTime() + lock)
      await userRepository.lockOut(tx, userId, until)
      const audit = auditAs({ userId, actor: username, ip: visitor.ip, requestId: visitor.requestId })
      await audit(tx, { action: 'user.lock', entity: 'user', entityId: userId, after: { failures, until } })
      return until.getTime()
    })
  }
}

/** Who acts in an audit entry before there is a session. */
export function auditOf(user: Pick<CurrentUser, 'id' | 'username'>, visitor: Visitor): Audit {
  return auditAs({ userId: user.id, actor: user.username, ip: visitor.ip, requestId: visitor.requestId })
}

function badCredentials() {
  return fail(platformErrors.badCredentials, 'The username or the password is not right')
}

function locked(untilMs: number, now: Date) {
  return fail(platformErrors.locked, 'Too many wrong passwords; try again later', {
    retryAfterSeconds: Math.ceil((untilMs - now.getTime()) / 1000),
  })
}
