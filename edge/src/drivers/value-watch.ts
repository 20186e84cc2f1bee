/** Looks at a value after it was set, for protocols that read and write the same variable. */
import { AppError, type Reading } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { CommandOutcome } from './driver.ts'
import { accepted, confirmed, failed } from './meter-bus/command-outcome.ts'

const LOOK_AGAIN_MS = 300

/** What the device shows, in words, and whether that is what was wanted. */
export interface Seen {
  readonly isThere: boolean
  readonly text: string
  readonly readings: readonly Reading[]
}

/** Looks until it is there or `withinMs` is over. The device took the order: it never ends as failed. */
export async function watchValue(
  look: () => Promise<Seen>,
  withinMs: number,
  clock: Clock,
): Promise<CommandOutcome> {
  const endMs = clock.monotonicMs() + withinMs
  for (;;) {
    let last: CommandOutcome
    try {
      const seen = await look()
      if (seen.isThere) return confirmed(null, seen.readings)
      last = accepted(`accepted, but it shows ${seen.text}`, seen.readings)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      last = accepted(`accepted, but not read back: ${error.message}`)
    }
    const leftMs = endMs - clock.monotonicMs()
    if (leftMs <= 0) return last
    await clock.sleep(Math.min(LOOK_AGAIN_MS, leftMs))
  }
}

/** After an interruption: what it shows now. */
export async function confirmValue(look: () => Promise<Seen>): Promise<CommandOutcome> {
  try {
    const seen = await look()
    return seen.isThere
      ? confirmed(null, seen.readings)
      : failed(`it shows ${seen.text}`, false, seen.readings)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return failed(error.message, true)
  }
}
