/** Commands to a pulled terminal, each done once. */
import { AppError, type CommandBody, type TerminalPerson } from '@courtyard/protocols/contract'
import { Command, encodeTime } from '@courtyard/protocols/zkteco'
import { errorCodes } from '../../errors.ts'
import type { Clock } from '../../clock.ts'
import type { CommandOutcome, DeviceCommand } from '../driver.ts'
import { applyChanges, differences, planChanges, readUsers } from './people.ts'
import { u32, type ZkSession } from './session.ts'
import type { PulledTerminal } from './terminal.ts'

/** A terminal counts seconds, and the answer takes its time. */
const CLOCK_TOLERANCE_MS = 2_500
/** Seconds that a door stays unlocked when nobody says. */
const DEFAULT_UNLOCK_SECONDS = 5
const DISABLED_AT_MOST_SECONDS = 600

export interface CommandContext {
  readonly terminal: PulledTerminal
  readonly clock: Clock
  readonly timeoutMs: number
}

/** Does not reject. */
export async function executeOnTerminal(
  context: CommandContext,
  { body }: DeviceCommand,
): Promise<CommandOutcome> {
  let session: ZkSession
  try {
    session = await context.terminal.connect()
  } catch (error) {
    return failed(error, false)
  }
  try {
    return await perform(context, session, body)
  } catch (error) {
    // A refusal was read, and a person that does not fit was never sent; anything else may have arrived.
    const known = error instanceof AppError && (error.code === errorCodes.requestRefused || error.code === 'zkteco.value_too_long') // prettier-ignore
    return failed(error, !known)
  }
}

/** After an interruption: what the terminal has now. Null where it cannot tell, or cannot be asked. */
export async function confirmOnTerminal(
  context: CommandContext,
  { body }: DeviceCommand,
): Promise<CommandOutcome | null> {
  try {
    const session = await context.terminal.connect()
    if (body.kind === 'people') return await comparePeople(context, session, body.people)
    if (body.kind === 'clock') return await compareClock(context, session)
    return null
  } catch {
    return null
  }
}

async function perform(
  context: CommandContext,
  session: ZkSession,
  body: CommandBody,
): Promise<CommandOutcome> {
  switch (body.kind) {
    case 'door': {
      if (body.action !== 'open') return refused(`the terminal can only open a door, not ${body.action}`)
      await session.request(Command.unlock, u32((body.seconds ?? DEFAULT_UNLOCK_SECONDS) * 10))
      return done('acknowledged')
    }
    case 'clock': {
      const local = context.terminal.zone.toLocal(context.clock.nowMs())
      await session.request(Command.setTime, u32(encodeTime(local)))
      await session.request(Command.refreshData).catch(() => {})
      return compareClock(context, session)
    }
    case 'people':
      return setPeople(context, session, body.people)
    default:
      return refused(`a terminal has no command ${body.kind}`)
  }
}

async function setPeople(
  context: CommandContext,
  session: ZkSession,
  people: readonly TerminalPerson[],
): Promise<CommandOutcome> {
  const format = context.terminal.device.profile.zkteco!
  const changes = planChanges(await readUsers(session, format, context.timeoutMs), people, format.encoding)
  await session.whileDisabled(DISABLED_AT_MOST_SECONDS, () => applyChanges(session, changes))
  return comparePeople(context, session, people)
}

async function comparePeople(
  context: CommandContext,
  session: ZkSession,
  people: readonly TerminalPerson[],
): Promise<CommandOutcome> {
  const format = context.terminal.device.profile.zkteco!
  const wrong = differences(await readUsers(session, format, context.timeoutMs), people, format.encoding)
  if (wrong.length === 0) return done('confirmed')
  const some = wrong.slice(0, 10).join(', ')
  return refused(`${wrong.length} of ${people.length} people are not as wanted on the terminal: ${some}`)
}

async function compareClock(
  { terminal, clock }: CommandContext,
  session: ZkSession,
): Promise<CommandOutcome> {
  const { data } = await session.request(Command.getTime, undefined, { repeat: true })
  const differenceMs = terminal.instantOf(data) - clock.nowMs()
  if (Math.abs(differenceMs) <= CLOCK_TOLERANCE_MS) return done('confirmed')
  return refused(`the terminal's clock is ${Math.round(differenceMs / 1_000)} s off`)
}

export function done(result: 'acknowledged' | 'confirmed'): CommandOutcome {
  return { result, uncertain: false, message: null, readings: [] }
}

export function refused(message: string): CommandOutcome {
  return { result: 'failed', uncertain: false, message, readings: [] }
}

export function failed(error: unknown, uncertain: boolean): CommandOutcome {
  const message = error instanceof Error ? error.message : String(error)
  return { result: 'failed', uncertain, message, readings: [] }
}
