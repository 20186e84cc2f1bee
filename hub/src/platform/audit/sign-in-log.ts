/** Who tried to sign in, and what came of it. Read by the module `logs`. */
import type { SignInReason } from '@courtyard/protocols/contract'
import type pg from 'pg'
import { rowsOf } from '../workflow/client.ts'
import type { AuditClient } from './audit.ts'

export interface SignInTry {
  readonly at: Date
  /** Null: no account has the name. */
  readonly userId: string | null
  /** Mark of a name that no account has, never the name: it may be a password. */
  readonly unknownName: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  /** Null: let in. */
  readonly reason: SignInReason | null
  readonly requestId: string | null
}

const MOST_AGENT_CHARACTERS = 300

/** One that was let in: inside the transaction of its session. */
export async function noteSignIn(client: AuditClient | pg.Pool, one: SignInTry): Promise<void> {
  await rowsOf(
    client,
    `insert into sign_in (at, user_id, unknown_name, ip, user_agent, reason, request_id)
     values ($1::timestamptz, $2::uuid, $3, $4, $5, $6, $7)`,
    [
      ...[one.at.toISOString(), one.userId, one.unknownName, one.ip],
      ...[one.userAgent?.slice(0, MOST_AGENT_CHARACTERS) ?? null, one.reason, one.requestId],
    ],
  )
}
