/** Finds out who a key is. Keys as people make and end them are in the module `integrations`. */
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { loadUser } from '../auth/load-user.repository.ts'
import type { CurrentUser } from '../auth/user.ts'
import { findKey, findKeyById, noteUse, type KeyRow } from './api-key.repository.ts'
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
    const key = row && (await this.activeKey(row, now))
    if (!key) return null
    if (now.getTime() - (row.lastUsedAt?.getTime() ?? 0) > NOTE_EVERY_MS) await noteUse(pool, row.id, now, ip)
    return key
  }

  /** One that was shown before, for work that outlives the request: with the rights that it has now. */
  async load(id: string): Promise<ActiveKey | null> {
    const now = this.clock.now()
    const row = await findKeyById(this.db.pool, id, now)
    return row && this.activeKey(row, now)
  }

  /** Whether it goes on with the rights that it had. */
  async isAlive({ id, user }: ActiveKey): Promise<boolean> {
    const now = await this.load(id)
    return now !== null && rightsOf(now.user) === rightsOf(user)
  }

  private async activeKey(row: KeyRow, now: Date): Promise<ActiveKey | null> {
    const owner = await loadUser(this.db.pool, row.ownerId, now)
    if (!owner) return null
    const { id, name, prefix, perMinute } = row
    const grants = narrowGrants(owner.grants, row)
    const user = { ...owner, username: prefix, displayName: name, grants, keyId: id }
    return { id, name, prefix, perMinute, user }
  }
}

/** As text; a set alone says nothing in JSON. */
const rightsOf = ({ grants }: CurrentUser): string =>
  JSON.stringify(grants.map((grant) => ({ ...grant, permissions: [...grant.permissions].sort() })))

/** Who is written down for what a key does: the key, not its owner. */
export function auditActorOfKey({ name, prefix }: ActiveKey): { userId: null; actor: string } {
  return { userId: null, actor: `${name} (${prefix})` }
}
