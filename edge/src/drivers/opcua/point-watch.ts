/**
 * What is known about one value between polls: when it was last told, and whether reading shows a change that the
 * subscription has not reported ("connected but no changes", node-opcua issue 1334). Pure; times are monotonic.
 */
import type { LastRead } from './opcua.times.ts'

export class PointWatch {
  /** The server has accepted to watch it. */
  isAccepted = false
  /** For `behindRead`. */
  lastRead: LastRead | undefined
  private reported: string | null = null
  private toldAtMs = -Infinity
  private suspectSinceMs: number | null = null

  /** A new session or subscription: nothing is known. */
  reset(): void {
    this.isAccepted = false
    this.reported = null
    this.suspectSinceMs = null
  }

  noteReport(fingerprint: string, nowMs: number): void {
    this.reported = fingerprint
    this.toldAtMs = nowMs
    this.suspectSinceMs = null
  }

  /** Whether it is to be read now. */
  isDue(nowMs: number, staleAfterMs: number): boolean {
    if (!this.isAccepted || this.reported === null || this.suspectSinceMs !== null) return true
    return nowMs - this.toldAtMs >= staleAfterMs
  }

  /**
   * A value that was read. True when the subscription is dead: twice, and at least `graceMs` apart, there was another
   * value than the one that was reported last, and no report came meanwhile.
   */
  noteRead(fingerprint: string, nowMs: number, graceMs: number): boolean {
    this.toldAtMs = nowMs
    if (!this.isAccepted) return false
    if (fingerprint === this.reported) this.suspectSinceMs = null
    else this.suspectSinceMs ??= nowMs
    return this.suspectSinceMs !== null && nowMs - this.suspectSinceMs >= graceMs
  }
}
