/** Rules of commands that need neither disk nor wire. */
import type { CommandOutcome } from '../drivers/driver.ts'
import type { BootTime } from '../time/boot-time.ts'
import type { Deadline, FinalStep } from './command-journal.ts'

/**
 * Milliseconds that a command may still wait. In the boot in which it came the time since boot counts, which no step
 * of a clock and no restart of the agent touches; after another boot the clock. Null: the clock is not known yet.
 */
export function remainingMs(
  deadline: Deadline,
  boot: BootTime,
  clock: { nowMs(): number; readonly isTrusted: boolean },
): number | null {
  if (deadline.boot === boot.id) return deadline.expiresBootMs - boot.nowMs()
  return clock.isTrusted ? deadline.expiresMs - clock.nowMs() : null
}

export function failed(message: string): FinalStep {
  return { step: 'failed', uncertain: false, message }
}

export function toFinalStep({ result, uncertain, message }: CommandOutcome): FinalStep {
  // Only what failed can be uncertain.
  return { step: result, uncertain: uncertain && result === 'failed', message }
}
