/** How the batches of each session with a doubtful clock are to be put right, once the time is known. Pure. */
import type { ClockSession, KnownTime, Resolution } from './clock-store.ts'

/** A difference that clocks have by themselves is left alone: rewriting days of batches for it would serve nobody. */
const NEGLIGIBLE_MS = 2_000

export interface SessionSpan {
  readonly session: ClockSession
  /** Instants of its first and last sealing by its own clock; null: nothing was sealed in it. */
  readonly span: { readonly firstMs: number; readonly lastMs: number } | null
}

/**
 * - A session of this boot: exact, since time since boot ties it to what is known now.
 * - An earlier boot whose clock was plausible: a battery-backed clock goes on through a power cut, so it was as wrong
 *   as the next session's; when that is not zero it is only a guess, and the values become uncertain.
 * - An earlier boot that began at nowhere (1970): its end cannot be later than the beginning of the next session; it
 *   is put there, and the values become uncertain.
 */
export function resolveSessions(
  spans: readonly SessionSpan[],
  known: KnownTime,
  bootStartedMs: number,
): Resolution[] {
  const resolutions: Resolution[] = []
  let next = { shiftMs: 0, startMs: bootStartedMs }
  for (const { session, span } of [...spans].reverse()) {
    const done = session.shiftMs !== null
    const resolution = done
      ? { id: session.id, shiftMs: session.shiftMs, uncertain: session.uncertain }
      : resolveOne(session, span, known, next)
    if (!done) resolutions.push(resolution)
    const startMs = span ? Math.min(span.firstMs + resolution.shiftMs, next.startMs) : next.startMs
    next = { shiftMs: resolution.shiftMs, startMs }
  }
  return resolutions.reverse()
}

function resolveOne(
  session: ClockSession,
  span: SessionSpan['span'],
  known: KnownTime,
  next: { readonly shiftMs: number; readonly startMs: number },
): Resolution {
  const { id } = session
  if (session.boot === known.boot) {
    const shiftMs = Math.round(known.baseMs) - session.baseMs
    return { id, shiftMs: Math.abs(shiftMs) <= NEGLIGIBLE_MS ? 0 : shiftMs, uncertain: false }
  }
  if (!span) return { id, shiftMs: 0, uncertain: false }
  if (session.plausible && span.lastMs + next.shiftMs <= next.startMs) {
    return { id, shiftMs: next.shiftMs, uncertain: next.shiftMs !== 0 }
  }
  return { id, shiftMs: Math.round(next.startMs - span.lastMs), uncertain: true }
}
