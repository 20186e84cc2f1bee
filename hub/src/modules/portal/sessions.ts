import { createHash, randomBytes } from 'node:crypto'
import type pg from 'pg'
import type { Hub } from '../../platform/module.ts'
import type { Place } from './domain/place.ts'
import { placesOf } from './places.repository.ts'
import { extendSession, findSession, insertSession, removeSession } from './sessions.repository.ts'

/** An owner, tenant or family member behind a request. */
export interface Visitor {
  readonly sessionId: Uint8Array
  /** As `phoneDigits` gives it. */
  readonly phone: string
  readonly csrfToken: string
  /** Rooms that are open to him at this instant; never empty. */
  readonly places: readonly Place[]
}

const DAY_MS = 86_400_000
/** Without a visit; and whatever happens. */
const IDLE_MS = 30 * DAY_MS
const LONGEST_MS = 180 * DAY_MS
const EXTEND_EVERY_MS = 3_600_000

/** @returns the secret for the cookie */
export async function beginSession(
  hub: Hub,
  client: pg.ClientBase,
  phone: string,
  from: { ip: string | null; userAgent: string | null },
): Promise<{ secret: string; id: Uint8Array; csrfToken: string }> {
  const secret = randomBytes(32).toString('base64url')
  const csrfToken = randomBytes(24).toString('base64url')
  const now = hub.clock.now()
  const id = hashSecret(secret)
  await insertSession(client, {
    id,
    phone,
    csrfToken,
    ip: from.ip,
    userAgent: from.userAgent?.slice(0, 300) ?? null,
    createdAt: now,
    lastSeenAt: now,
    expiresAt: new Date(now.getTime() + IDLE_MS),
  })
  return { secret, id, csrfToken }
}

/** Null when unknown or ended. A session whose last room is gone ends here. */
export async function findVisitor(hub: Hub, secret: string): Promise<Visitor | null> {
  const { pool } = hub.db
  const now = hub.clock.now()
  const sessionId = hashSecret(secret)
  const session = await findSession(pool, sessionId, now)
  if (!session) return null
  const places = await placesOf(pool, session.phone, now)
  if (places.length === 0) {
    await removeSession(pool, sessionId)
    return null
  }
  if (now.getTime() - session.lastSeenAt.getTime() > EXTEND_EVERY_MS) {
    const untilMs = Math.min(now.getTime() + IDLE_MS, session.createdAt.getTime() + LONGEST_MS)
    await extendSession(pool, sessionId, now, new Date(untilMs))
  }
  return { sessionId, phone: session.phone, csrfToken: session.csrfToken, places }
}

function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}
