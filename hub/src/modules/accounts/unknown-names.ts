import { lockMs } from './domain/lockout.ts'

/** Names remembered; the one longest untouched is forgotten first. */
const MOST_NAMES = 10_000

/**
 * Counts wrong sign-ins for usernames that do not exist, so that they lock like real ones: otherwise a lock
 * would tell which names are real.
 */
export class UnknownNames {
  private readonly names = new Map<string, { failures: number; lockedUntilMs: number }>()

  lockedUntilMs(username: string): number {
    return this.names.get(username)?.lockedUntilMs ?? 0
  }

  /** @returns until when the name is locked now; 0 when it is not */
  fail(username: string, nowMs: number): number {
    const failures = (this.names.get(username)?.failures ?? 0) + 1
    const lock = lockMs(failures)
    const lockedUntilMs = lock > 0 ? nowMs + lock : 0
    this.names.delete(username)
    this.names.set(username, { failures, lockedUntilMs })
    if (this.names.size > MOST_NAMES) this.names.delete(this.names.keys().next().value!)
    return lockedUntilMs
  }
}
