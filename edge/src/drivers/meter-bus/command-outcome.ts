/** What became of a command, in the port's words, and looking at its effect. */
import { AppError, type Reading } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import type { ProfileCommand } from '@courtyard/protocols/profile'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { CommandOutcome, DriverDevice } from '../driver.ts'

/** Pauses between looks at the effect. */
const LOOK_AGAIN_MS = 500

export function accepted(message: string | null, readings: readonly Reading[] = []): CommandOutcome {
  return { result: 'acknowledged', uncertain: false, message, readings }
}

export function confirmed(message: string | null, readings: readonly Reading[] = []): CommandOutcome {
  return { result: 'confirmed', uncertain: false, message, readings }
}

export function failed(
  message: string,
  uncertain = false,
  readings: readonly Reading[] = [],
): CommandOutcome {
  return { result: 'failed', uncertain, message, readings }
}

/** Runs what may throw; an error after sending leaves it open whether the device has obeyed. */
export async function outcomeOf(work: () => Promise<CommandOutcome>): Promise<CommandOutcome> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return failed(error.message, error.details['sent'] === true && error.code !== errorCodes.requestRefused)
  }
}

export function commandOf(device: DriverDevice<unknown>, target: string): ProfileCommand | null {
  return device.profile.commands.find(({ key }) => key === target) ?? null
}

export interface Effect {
  readonly isThere: boolean
  readonly text: string
  readonly reading: Reading
}

/** What the point shows against what the action leads to; null when the profile names neither. @throws AppError of the read */
export async function lookAt(
  command: ProfileCommand,
  action: string,
  read: (point: string) => Promise<Reading>,
): Promise<Effect | null> {
  const wanted = command.readBack?.values?.[action]
  if (!command.readBack || wanted === undefined) return null
  const reading = await read(command.readBack.point)
  const text = reading.mantissa === null ? 'no value' : formatUnits(reading.mantissa, reading.scale)
  return { isThere: text === wanted, text, reading }
}

/** Looks until the effect shows or the profile's time is over. The order was accepted: it never ends as failed. */
export async function watchEffect(
  command: ProfileCommand,
  action: string,
  read: (point: string) => Promise<Reading>,
  clock: Clock,
): Promise<CommandOutcome> {
  const endMs = clock.monotonicMs() + (command.readBack?.withinMs ?? 0)
  for (;;) {
    let last: CommandOutcome
    try {
      const effect = await lookAt(command, action, read)
      if (!effect) return accepted(null)
      if (effect.isThere) return confirmed(null, [effect.reading])
      last = accepted(`accepted, but it shows ${effect.text}`, [effect.reading])
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      last = accepted(`accepted, but not read back: ${error.message}`)
    }
    const leftMs = endMs - clock.monotonicMs()
    if (leftMs <= 0) return last
    await clock.sleep(Math.min(LOOK_AGAIN_MS, leftMs))
  }
}

/** After an interruption: what the point shows now. Null when the profile has no point for it. */
export async function confirmByPoint(
  command: ProfileCommand,
  action: string,
  read: (point: string) => Promise<Reading>,
): Promise<CommandOutcome | null> {
  try {
    const effect = await lookAt(command, action, read)
    if (!effect) return null
    return effect.isThere ? confirmed(null, [effect.reading]) : failed(`it shows ${effect.text}`, false, [effect.reading])
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return failed(error.message, true)
  }
} // prettier-ignore
