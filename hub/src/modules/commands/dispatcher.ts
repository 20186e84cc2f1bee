/**
 * Hands queued commands to gateways that are there, sends again what was not heard of, and ends what time has
 * ended. All it knows is in the database: killed at any moment, another process or the next start goes on.
 *
 * A command is marked as sent before it is published. Killed between the two it is sent again, which does no harm,
 * since the gateway knows the id; the other way round it could be taken back while the gateway carries it out.
 */
import type { Logger } from 'pino'
import { TELEMETRY_VERSION, topics, type CommandMessage } from '@courtyard/protocols/contract'
import type { Hub } from '../../platform/module.ts'
import type { Reason } from '../../platform/reasons/reason.ts'
import { changeCommand, isUniqueViolation, tellOf } from './change.ts'
import {
  lockNextQueued,
  lockUnheard,
  markSent,
  markSentAgain,
  overdueIds,
  type OutgoingCommand,
} from './dispatch.repository.ts'
import { NO_WORD_MS, type Standing } from './domain/state-machine.ts'
import type { CommandRow } from './command.types.ts'
import type { CommandReason } from './reasons.ts'

/** What another process has queued, and gateways that have come back, are noticed this late at most. */
const LOOK_EVERY_MS = 1_000
const PAUSES = { resendMs: 5_000, afterExpiryMs: 60_000 }
const AT_ONCE = 100

export interface DispatcherCounters {
  sent: number
  sentAgain: number
}

export class Dispatcher {
  readonly counters: DispatcherCounters = { sent: 0, sentAgain: 0 }
  private readonly hub: Pick<Hub, 'db' | 'clock' | 'broker' | 'live'>
  private readonly log: Logger
  private readonly sends: boolean
  private readonly ending = new AbortController()
  private running: Promise<void> = Promise.resolve()
  private wake: () => void = () => undefined
  private roused = false

  /** @param options.sends false: only ends what time has ended */
  constructor(
    hub: Pick<Hub, 'db' | 'clock' | 'broker' | 'live'>,
    log: Logger,
    options: { readonly sends: boolean },
  ) {
    this.hub = hub
    this.log = log
    this.sends = options.sends
  }

  start(): void {
    this.running = this.run()
  }

  /** Ends after the round at hand. */
  async stop(): Promise<void> {
    this.ending.abort()
    this.rouse()
    await this.running
  }

  /** Something may be ready: look now. */
  rouse(): void {
    this.roused = true
    this.wake()
  }

  /** One round. For tests and the loop. */
  async round(): Promise<void> {
    await this.endOverdue()
    if (!this.sends || !this.hub.broker.state().ok) return
    while ((await this.sendNext()) === AT_ONCE && !this.ending.signal.aborted);
    while ((await this.sendUnheard()) === AT_ONCE && !this.ending.signal.aborted);
  }

  private async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      this.roused = false
      try {
        await this.round()
      } catch (error) {
        // Two processes saw different queues of one target: the next round sees what the other did
        const lostRace = isUniqueViolation(error)
        this.log[lostRace ? 'debug' : 'warn'](
          { err: error },
          'commands could not be looked through; trying again',
        )
      }
      await this.pause()
    }
  }

  private async pause(): Promise<void> {
    if (this.roused || this.ending.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.wake = () => undefined
  }

  private async sendNext(): Promise<number> {
    const { db, clock } = this.hub
    const commands = await db.transaction(async (client) => {
      const now = clock.now()
      const next = await lockNextQueued(client, now, AT_ONCE)
      if (next.length > 0) await markSent(client, next.map(({ id }) => id), now) // prettier-ignore
      return next
    })
    this.counters.sent += commands.length
    await this.publish(commands)
    for (const command of commands) tellOf(this.hub, command, 'sent')
    return commands.length
  }

  private async sendUnheard(): Promise<number> {
    const { db, clock } = this.hub
    const commands = await db.transaction(async (client) => {
      const now = clock.now()
      const unheard = await lockUnheard(client, now, PAUSES, AT_ONCE)
      if (unheard.length > 0) await markSentAgain(client, unheard.map(({ id }) => id), now) // prettier-ignore
      return unheard
    })
    this.counters.sentAgain += commands.length
    await this.publish(commands)
    return commands.length
  }

  /**
   * One after the other: a gateway gets what is for one device in the order of the queue. Now or not at all (QoS 0):
   * the gateway counts the time that is left from when it gets a message, so one that a broker kept for later would
   * live longer than it may. What is lost is sent again.
   */
  private async publish(commands: readonly OutgoingCommand[]): Promise<void> {
    for (const command of commands) {
      try {
        await this.hub.broker.publish(
          topics.commandDown(command.gatewayId),
          JSON.stringify(this.messageOf(command)),
          { qos: 0 },
        )
      } catch (error) {
        this.log.warn(
          { err: error, commandId: command.id },
          'command not handed to the broker; it is sent again',
        )
      }
    }
  }

  private messageOf({ id, deviceKey, target, body, expiresAt }: OutgoingCommand): CommandMessage {
    const sentAtMs = this.hub.clock.now().getTime()
    const expiresAtMs = expiresAt.getTime()
    return { v: TELEMETRY_VERSION, id, device: deviceKey, target, body, sentAtMs, expiresAtMs }
  }

  private async endOverdue(): Promise<void> {
    const { db, clock } = this.hub
    for (const id of await overdueIds(db.pool, clock.now(), AT_ONCE)) {
      const at = clock.now()
      const action = { kind: 'time', nowMs: at.getTime() } as const
      const change = await db.transaction((client) =>
        changeCommand(client, id, action, { at, outcomeOf: whyEnded }),
      )
      if (change?.decision.kind !== 'changed') continue
      const { state } = change.decision.standing
      this.log.info({ commandId: id, state }, 'command ended by time')
      tellOf(this.hub, change.before, state)
    }
  }
}

function whyEnded({ state }: Standing, before: CommandRow): Reason {
  const reason: CommandReason =
    state === 'failed'
      ? { code: 'command.no_word', hours: NO_WORD_MS / 3_600_000 }
      : {
          code:
            before.state === 'awaitingApproval' ? 'command.not_approved_in_time' : 'command.not_sent_in_time',
        }
  return reason
}
