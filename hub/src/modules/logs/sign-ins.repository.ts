/** Sign-ins as people may see them, newest first. */
import type { Pool, PoolClient } from 'pg'
import type { SignInFace, SignInFilter, SignInReason } from '@courtyard/protocols/contract'
import { SEE_SENSITIVE } from '../../platform/auth/sensitive.ts'
import { grantsOf, hasEverywhere, type CurrentUser } from '../../platform/auth/user.ts'
import { visibleUsers } from '../accounts/index.ts'

type Client = Pick<Pool | PoolClient, 'query'>

export interface SignInRow {
  readonly id: string
  readonly at: Date
  readonly face: SignInFace
  readonly userId: string | null
  readonly username: string | null
  readonly displayName: string | null
  readonly unknownName: string | null
  /** Digits. */
  readonly phone: string | null
  readonly projectIds: readonly string[]
  readonly ip: string | null
  readonly userAgent: string | null
  readonly reason: SignInReason | null
}

export async function selectSignIns(
  client: Client,
  user: CurrentUser,
  filter: SignInFilter,
  page: { readonly before: string | null; readonly limit: number },
): Promise<SignInRow[]> {
  const params: unknown[] = [page.limit]
  const conditions = [visibleSignIns(user, params), ...filters(user, filter, params)]
  if (page.before !== null) conditions.push(`s.id < $${params.push(page.before)}::bigint`)
  const { rows } = await client.query<SignInRow>(
    `select s.id::text, s.at, s.face, s.phone, s.project_ids as "projectIds", s.user_id as "userId", u.username, u.display_name as "displayName",
       s.unknown_name as "unknownName", s.ip, s.user_agent as "userAgent", s.reason
     from sign_in s left join app_user u on u.id = s.user_id
     where ${conditions.join(' and ')} order by s.id desc limit $1`,
    params,
  )
  return rows
}

/**
 * Of accounts that have nothing beyond one's own places, and of phones that were on file in one's own projects; names
 * that nobody has concern who keeps everything.
 */
function visibleSignIns(user: CurrentUser, params: unknown[]): string {
  if (hasEverywhere(user, 'signIns.read')) return 'true'
  const kept = grantsOf(user, 'signIns.read').flatMap(({ place }) => (place.all ? [] : place.projectIds))
  const ofPortal = `s.project_ids && $${params.push(kept)}::uuid[]`
  return `((u.id is not null and ${visibleUsers(user, 'signIns.read', params)}) or ${ofPortal})`
}

function filters(user: CurrentUser, filter: SignInFilter, params: unknown[]): string[] {
  const conditions: string[] = []
  const add = (value: unknown, condition: (place: string) => string) => {
    if (value !== undefined) conditions.push(condition(`$${params.push(value)}`))
  }
  add(filter.userId, (p) => `s.user_id = ${p}::uuid`)
  add(filter.face, (p) => `s.face = ${p}`)
  add(filter.reason, (p) => `s.reason = ${p}`)
  add(filter.from, (p) => `s.at >= ${p}::timestamptz`)
  add(filter.to, (p) => `s.at < ${p}::timestamptz`)
  if (filter.result) conditions.push(`s.reason is ${filter.result === 'admitted' ? '' : 'not '}null`)
  if (filter.q) {
    // What somebody sees masked he does not find out digit by digit either
    const phone = hasEverywhere(user, SEE_SENSITIVE) ? ', s.phone' : ''
    const words = `concat_ws(' ', u.username, u.display_name, s.ip, s.unknown_name${phone})`
    add(filter.q, (p) => `strpos(lower(${words}), lower(${p})) > 0`)
  }
  return conditions
}
