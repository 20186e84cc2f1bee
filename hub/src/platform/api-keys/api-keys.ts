/** Finds out who a key is. Keys as people make and end them are in the module `integrations`. */
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { loadUser } from '../auth/load-user.repository.ts'
import type { CurrentUser } from '../auth/user.ts'
import { findKey, noteUse } from './api-key.repository.ts'
import { narrowGrants } from './key-grants.ts'
import { hashKey, isKey } from './key-text.ts'

/** A key that was shown and is valid. */
export interface ActiveKey {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly perMinute: number
  /** The owner, narrowed to what the key may do; named after the key. */
  readonly user: CurrentUser
}

/** The last use is noted at most this often, so that reading does not mean writing. */
const NOTE_EVERY_MS = 60_000

export class ApiKeys {
  private readonly db: Database
  private readonly clock: Clock

  constructor(db: Database, clock: Clock) {
    this.db = db
    this.clock = clock
  }

  /** Null when it is unknown, ended or over, or when its owner may not sign in any more. */
  async find(secret: string, ip: string | null): Promise<ActiveKey | null> {
    if (!isKey(secret)) return null
    const { pool } = this.db
    const now = this.clock.now()
    const row = await findKey(pool, hashKey(secret), now)
    const owner = row && (await loadUser(pool, row.ownerId, now))
    if (!row || !owner) return null
    if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > NOTE_EVERY_MS) await noteUse(pool, row.id, now, ip)
    const { id, name, prefix, perMinute } = row
    const grants = narrowGrants(owner.grants, row)
    return { id, name, prefix, perMinute, user: { ...owner, username: prefix, displayName: name, grants } }
  }
}

/** Who is written down for what a key does: the key, not its owner. */
export function auditActorOfKey({ name, prefix }: ActiveKey): { userId: null; actor: string } {
  return { userId: null, actor: `${name} (${prefix})` }
}
