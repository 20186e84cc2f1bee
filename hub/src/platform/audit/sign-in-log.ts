/** Who tried to sign in, and what came of it. Read by the module `logs`. */
import type { SignInFace, SignInReason } from '@courtyard/protocols/contract'
import type pg from 'pg'
import { rowsOf } from '../workflow/client.ts'
import type { AuditClient } from './audit.ts'

interface Try {
  readonly at: Date
  /** Mark of a name that no account has, or of a phone that is not on file, never itself: it may be a password. */
  readonly unknownName: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  /** Null: let in. */
  readonly reason: SignInReason | null
  readonly requestId: string | null
}

export interface StaffSignIn extends Try {
  /** Null: no account has the name. */
  readonly userId: string | null
}

export interface PortalSignIn extends Try {
  /** Digits; null: not on file. */
  readonly phone: string | null
  /** Where it is on file: who keeps one of them sees the try. */
  readonly projectIds: readonly string[]
}

const MOST_AGENT_CHARACTERS = 300

/** One that was let in: inside the transaction of its session. */
export async function noteSignIn(client: AuditClient | pg.Pool, one: StaffSignIn): Promise<void> {
  await insertTry(client, one, { face: 'staff', userId: one.userId, phone: null, projectIds: [] })
}

/** The same at the portal of owners and tenants. */
export async function notePortalSignIn(client: AuditClient | pg.Pool, one: PortalSignIn): Promise<void> {
  await insertTry(client, one, { ...one, face: 'portal', userId: null })
}

async function insertTry(
  client: AuditClient | pg.Pool,
  one: Try,
  who: Pick<StaffSignIn, 'userId'> &
    Pick<PortalSignIn, 'phone' | 'projectIds'> & { readonly face: SignInFace },
): Promise<void> {
  await rowsOf(
    client,
    `insert into sign_in (at, face, user_id, unknown_name, phone, project_ids, ip, user_agent, reason, request_id)
     select $1::timestamptz, $2, $3::uuid, $4, $5,
       array(select jsonb_array_elements_text($6::jsonb)::uuid), $7, $8, $9, $10`,
    [
      ...[one.at.toISOString(), who.face, who.userId, one.unknownName, who.phone],
      ...[JSON.stringify(who.projectIds), one.ip, one.userAgent?.slice(0, MOST_AGENT_CHARACTERS) ?? null],
      ...[one.reason, one.requestId],
    ],
  )
}
