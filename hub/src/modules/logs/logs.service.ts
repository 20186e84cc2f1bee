/** Pages of the two logs. */
import type { AuditEntry, AuditFilter, SignInEntry, SignInFilter } from '@courtyard/protocols/contract'
import { maskPhone, maySeeSensitive } from '../../platform/auth/sensitive.ts'
import { requireProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { RecordContext } from '../../platform/resource/context.ts'
import { selectAudit, type AuditWish } from './audit-log.repository.ts'
import { entitiesOfModule, spokenFor } from './audit-words.ts'
import { deviceOf } from './domain/device.ts'
import { EntryViews } from './entry-view.ts'
import { logErrors } from './errors.ts'
import { selectSignIns, type SignInRow } from './sign-ins.repository.ts'

interface Page {
  readonly cursor?: string | undefined
  readonly limit: number
}
interface Listed<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}
type Context = RecordContext

/** @throws AppError `project.not_found`, `log.cursor_invalid` */
export async function listAudit(context: Context, query: AuditFilter & Page): Promise<Listed<AuditEntry>> {
  const { pool } = context.hub.db
  const wish = wishOf(context, query)
  const rows = await selectAudit(pool, context.user, wish, {
    before: placeOf(query.cursor),
    limit: query.limit + 1,
  })
  const views = new EntryViews({ db: pool, user: context.user, language: context.language })
  const items = await views.viewsOf(rows.slice(0, query.limit))
  return { items, nextCursor: rows.length > query.limit ? items.at(-1)!.id : null }
}

/** @throws AppError `log.cursor_invalid` */
export async function listSignIns(
  { hub, user }: Context,
  query: SignInFilter & Page,
): Promise<Listed<SignInEntry>> {
  const page = { before: placeOf(query.cursor), limit: query.limit + 1 }
  const rows = await selectSignIns(hub.db.pool, user, query, page)
  const items = rows.slice(0, query.limit).map((row) => signInOf(row, user))
  return { items, nextCursor: rows.length > query.limit ? items.at(-1)!.id : null }
}

/** @throws AppError `project.not_found` */
export function wishOf({ user }: Context, { module, ...filter }: AuditFilter): AuditWish {
  if (filter.projectId) requireProject(user, filter.projectId, 'audit.read')
  const spoken = filter.q ? spokenFor(filter.q) : { entities: [], verbs: [] }
  const narrowed = module ? entitiesOfModule(module) : { entities: null, otherThan: null }
  return { ...filter, ...narrowed, spokenEntities: spoken.entities, spokenVerbs: spoken.verbs }
}

function placeOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  if (!/^\d{1,18}$/.test(cursor)) throw fail(logErrors.cursorInvalid, 'The cursor is not valid')
  return cursor
}

export function signInOf(row: SignInRow, reader: CurrentUser): SignInEntry {
  const { id, face, userId, username, displayName, unknownName, ip, userAgent, reason } = row
  return {
    ...{ id, face, unknownName, ip, userAgent, reason },
    at: row.at.toISOString(),
    user: userId === null ? null : { id: userId, username: username ?? '', displayName: displayName ?? '' },
    phone: row.phone && (seesPhone(reader, row) ? row.phone : maskPhone(row.phone)),
    device: deviceOf(userAgent),
    admitted: reason === null,
  }
}

const seesPhone = (reader: CurrentUser, { projectIds }: SignInRow): boolean =>
  projectIds.some((projectId) => maySeeSensitive(reader, { projectId }))
