/** Sign in as somebody else: for finding out what a person sees. Written down where it begins and where it ends. */
import { auditAs, type Audit } from '../../platform/audit/audit.ts'
import { auditActorOf, type ActiveSession, type Sessions } from '../../platform/auth/sessions.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { userRepository } from './accounts.repository.ts'
import { loadBuildings } from './assignments.ts'
import { accountErrors } from './errors.ts'
import { mayActAs } from './user-view.ts'

/**
 * From here on the rights of the other person count, and the audit trail names both.
 * @throws AppError `user.not_found`, `auth.cannot_act_as` for administrators, oneself and those who may do more
 */
export async function actAs(
  hub: Hub,
  sessions: Sessions,
  session: ActiveSession,
  input: { userId: string; reason: string },
  audit: Audit,
): Promise<ActiveSession> {
  await hub.db.prismaTransaction(async (tx) => {
    const row = await userRepository.get(tx, input.userId)
    if (!row) throw fail(accountErrors.userNotFound, 'There is no such user')
    if (session.actor || !mayActAs(session.user, row, await loadBuildings(tx, row.assignments))) {
      throw fail(accountErrors.cannotActAs, 'Nobody may sign in as this person, or not you')
    }
    if (!(await sessions.actAs(session.id, row.id, tx))) throw cannot()
    const after = { as: row.username, reason: input.reason }
    await audit(tx, { action: 'user.actAs', entity: 'user', entityId: row.id, after })
  })
  return refreshed(sessions, session)
}

/** @throws AppError `auth.not_acting` */
export async function returnToSelf(
  hub: Hub,
  sessions: Sessions,
  session: ActiveSession,
  from: { ip: string; requestId: string },
): Promise<ActiveSession> {
  const { actor, user } = session
  if (!actor) throw fail(accountErrors.notActing, 'You are yourself')
  await hub.db.prismaTransaction(async (tx) => {
    if (!(await sessions.actAs(session.id, null, tx))) return
    await auditAs({ ...auditActorOf(session), ...from })(tx, {
      action: 'user.return',
      entity: 'user',
      entityId: user.id,
      before: { as: user.username, since: actor.since },
    })
  })
  return refreshed(sessions, session)
}

async function refreshed(sessions: Sessions, { id }: ActiveSession): Promise<ActiveSession> {
  const now = await sessions.refresh(id)
  if (!now) throw cannot()
  return now
}

const cannot = () => fail(accountErrors.cannotActAs, 'The session has ended or changed meanwhile')
