/**
 * Commands from the hub: into the journal, through the queue of their bus, and back as reports until the hub has the
 * final step. A command is begun at most once: `executing` is on the disk before the driver hears of it, and what is
 * found so after a start is never done again, only looked at.
 */
import type { CommandMessage, CommandReport } from '@courtyard/protocols/contract'
import { finalCommandSteps, TELEMETRY_VERSION } from '@courtyard/protocols/contract'
import type { SiteBus, SiteConfig, SiteDevice } from '../config/index.ts'
import type { BusDriver, CommandOutcome, Emission } from '../drivers/driver.ts'
import type { Logger } from '../log.ts'
import type { BootTime } from '../time/boot-time.ts'
import { whyNot } from './command-check.ts'
import type { CommandJournal, FinalStep, JournalEntry } from './command-journal.ts'
import { failed, remainingMs, toFinalStep } from './command-rules.ts'

/** What commands need of polling: the driver of a device, in the queue of its bus. */
export interface CommandBus {
  exclusive<T>(deviceKey: string, work: (driver: BusDriver) => Promise<T>): Promise<T>
}

export interface CommandClock {
  nowMs(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** False while the gateway does not know the time. */
  readonly isTrusted: boolean
}

export interface CommandsOptions {
  readonly journal: CommandJournal
  readonly clock: CommandClock
  readonly boot: BootTime
  readonly logger: Logger
  /** False when it could not be sent now. */
  readonly publish: (report: CommandReport) => boolean
  /** Takes what was read back. */
  readonly offer: (emission: Emission) => Promise<void>
}

/** A final step that the hub has not acknowledged is reported again after this time. */
const REPORT_AGAIN_MS = 10_000
const LOOK_EVERY_MS = 1_000
const KEEP_MS = 30 * 24 * 3_600_000
const FORGET_EVERY_MS = 3_600_000
/** After a start a device may need a while until it can be looked at. */
const CONFIRM_AGAIN_AFTER_MS = [2_000, 10_000]
/** More than this at once is not a queue but a mistake. */
const MAX_OPEN = 2_000

interface Place {
  readonly bus: SiteBus
  readonly device: SiteDevice
}

export class Commands {
  private readonly options: CommandsOptions
  private places = new Map<string, Place>()
  private bus: CommandBus | null = null
  /** In the queue of a bus, or being done. */
  private readonly underWay = new Map<string, Promise<void>>()
  /** Done, and the disk did not take it yet. */
  private readonly unsaved = new Map<string, FinalStep>()
  private abort = new AbortController()
  private timer: NodeJS.Timeout | null = null
  private reportedMs = -Infinity
  private forgotMs = -Infinity

  constructor(options: CommandsOptions) {
    this.options = options
  }

  /** Begins, or goes on with a new configuration: what waits is queued, what was interrupted is looked at. */
  resume(site: Pick<SiteConfig, 'buses'>, bus: CommandBus): void {
    const places = site.buses.flatMap((each) =>
      each.devices.map((device): [string, Place] => [device.key, { bus: each, device }]),
    )
    this.places = new Map(places)
    this.bus = bus
    this.abort = new AbortController()
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS)
    this.look()
  }

  /**
   * Begins nothing more, until `resume`; what is on the wire gets `graceMs` to end. What then is still under way is
   * left as it is in the journal.
   */
  async pause(graceMs: number): Promise<void> {
    this.bus = null
    if (this.timer) clearInterval(this.timer)
    this.timer = null
    this.abort.abort()
    const done = new AbortController()
    const ended = Promise.all(this.underWay.values()).then(() => done.abort())
    await Promise.race([ended, this.options.clock.sleep(graceMs, done.signal)])
  }

  /** A command from the hub, perhaps not for the first time. */
  take(message: CommandMessage): void {
    const { boot, clock, journal } = this.options
    this.guard('a command cannot be put into the journal now; the hub sends it again', () => {
      if (journal.find(message.id)) return this.report(message.id)
      const leftMs = message.expiresAtMs - message.sentAtMs
      const deadline = { expiresMs: message.expiresAtMs, boot: boot.id, expiresBootMs: boot.nowMs() + leftMs }
      journal.receive(message, deadline, clock.nowMs())
      this.report(message.id)
      const entry = journal.find(message.id)!
      if (journal.countOpen() > MAX_OPEN) this.finish(entry, failed('too many commands wait at this gateway'))
      else this.dispatch(entry)
    })
  }

  /** A command that cannot be read, such as one from a newer hub. */
  refuse(id: string, device: string, target: string, reason: string): void {
    const { boot, clock, journal } = this.options
    this.guard('a command cannot be refused now; the hub sends it again', () => {
      const deadline = { expiresMs: 0, boot: boot.id, expiresBootMs: 0 }
      if (!journal.find(id)) journal.receive({ id, device, target, body: null }, deadline, clock.nowMs())
      const entry = journal.find(id)!
      if (isFinal(entry)) return this.report(id)
      this.finish(entry, failed(`this gateway does not understand the command: ${reason}`))
    })
  }

  acknowledged(ids: readonly string[]): void {
    if (ids.length === 0) return
    this.guard('acknowledged commands cannot be noted now; they are reported again', () =>
      this.options.journal.acknowledge(ids),
    )
  }

  /** A session with the hub has begun. */
  connected(): void {
    this.reportedMs = -Infinity
    this.guard('commands cannot be reported now', () => this.reportAll())
  }

  /** Everything that is due: what the disk did not take, what expired, what waits, what is to be reported. */
  private look(): void {
    this.guard('the journal of commands cannot be used now', () => {
      for (const [id, step] of this.unsaved) this.save(id, step)
      if (this.bus) for (const entry of this.options.journal.open()) this.dispatch(entry)
      this.reportAll()
      this.forgetOld()
    })
  }

  private dispatch(entry: JournalEntry): void {
    if (this.underWay.has(entry.id) || this.unsaved.has(entry.id)) return
    if (entry.step === 'executing') return this.lookAtInterrupted(entry)
    const leftMs = remainingMs(entry.deadline, this.options.boot, this.options.clock)
    if (leftMs !== null && leftMs <= 0) return this.finish(entry, expired)
    // Where the configuration is being changed or the clock is not known, it waits.
    if (!this.bus || leftMs === null) return
    const fault = this.faultOf(entry)
    if (fault !== null) return this.finish(entry, failed(fault))
    this.run(
      entry.id,
      this.bus.exclusive(entry.device, (driver) => this.execute(entry, driver)),
    )
  }

  /** In the queue of the bus, at its turn. */
  private async execute(entry: JournalEntry, driver: BusDriver): Promise<void> {
    const { boot, clock, journal } = this.options
    const leftMs = remainingMs(entry.deadline, boot, clock)
    if (leftMs === null || !this.bus) return
    if (leftMs <= 0) return this.finish(entry, expired)
    if (!driver.execute) return this.finish(entry, failed('the driver of this device takes no commands'))
    // From here on it may be on the wire: the disk has to know first.
    if (!journal.begin(entry.id, clock.nowMs())) return
    this.report(entry.id)
    const command = { target: entry.target, body: entry.body! }
    let outcome = await guarded(() => driver.execute!(entry.device, command))
    // The bus was taken away in the middle of it: the next start looks at what came of it.
    if (outcome.result === 'failed' && outcome.uncertain && !this.bus) return
    if (outcome.result === 'failed' && outcome.uncertain && driver.confirm) {
      const seen = await guarded(() => driver.confirm!(entry.device, command))
      if (seen?.result === 'confirmed') outcome = seen
    }
    this.offer(outcome)
    this.finish(entry, toFinalStep(outcome))
  }

  /** It was being done when the agent ended: whether it took effect is read from the device, where that can be. */
  private lookAtInterrupted(entry: JournalEntry): void {
    const { bus } = this
    if (!bus) return
    if (!this.places.has(entry.device))
      return this.finish(entry, interrupted('the device is no longer configured'))
    this.run(entry.id, this.confirm(entry, bus))
  }

  private async confirm(entry: JournalEntry, bus: CommandBus): Promise<void> {
    const command = { target: entry.target, body: entry.body! }
    const { signal } = this.abort
    for (let attempt = 0; ; attempt++) {
      const seen = await bus.exclusive(entry.device, (driver) =>
        driver.confirm ? guarded(() => driver.confirm!(entry.device, command)) : Promise.resolve(null),
      )
      if (signal.aborted) return
      if (seen) this.offer(seen)
      if (seen?.result === 'confirmed') return this.finish(entry, toFinalStep(seen))
      const waitMs = CONFIRM_AGAIN_AFTER_MS[attempt]
      // A reply that says otherwise is an answer; only silence is asked again.
      if (!seen?.uncertain || waitMs === undefined) {
        return this.finish(entry, interrupted(seen?.message ?? 'its outcome cannot be read from the device'))
      }
      await this.options.clock.sleep(waitMs, signal)
      if (signal.aborted) return
    }
  }

  private run(id: string, work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => {
        // The bus was stopped before its turn, or the disk refused: the journal says where it stands.
        this.options.logger.debug({ err: error, command: id }, 'a command was not done now')
      })
      .finally(() => this.underWay.delete(id))
    this.underWay.set(id, settled)
  }

  private faultOf({ device, target, body }: JournalEntry): string | null {
    const place = this.places.get(device)
    if (!place) return `there is no device "${device}" at this gateway`
    if (!body) return 'this gateway does not understand the command'
    if (body.kind === 'clock' && !this.options.clock.isTrusted)
      return 'the gateway itself does not know the time'
    return whyNot(target, body, place.device.profile, place.bus.definition)
  }

  private finish(entry: JournalEntry, step: FinalStep): void {
    this.options.logger.info({ command: entry.id, device: entry.device, target: entry.target, ...step }, 'command ended') // prettier-ignore
    try {
      this.save(entry.id, step)
    } catch (error) {
      this.unsaved.set(entry.id, step)
      this.options.logger.error({ err: error, command: entry.id }, 'the end of a command cannot be written down yet') // prettier-ignore
    }
  }

  /** Reported only once it is on the disk. */
  private save(id: string, step: FinalStep): void {
    this.options.journal.finish(id, step, this.options.clock.nowMs())
    this.unsaved.delete(id)
    this.report(id)
  }

  private report(id: string): void {
    const entry = this.options.journal.find(id)
    if (entry) this.options.publish(toReport(entry))
  }

  private reportAll(): void {
    const nowMs = this.options.boot.nowMs()
    if (nowMs - this.reportedMs < REPORT_AGAIN_MS) return
    this.reportedMs = nowMs
    for (const entry of this.options.journal.unacknowledged()) {
      if (!this.options.publish(toReport(entry))) return
    }
  }

  private forgetOld(): void {
    const { boot, clock, journal } = this.options
    if (!clock.isTrusted || boot.nowMs() - this.forgotMs < FORGET_EVERY_MS) return
    this.forgotMs = boot.nowMs()
    journal.forget(clock.nowMs() - KEEP_MS)
  }

  private offer({ readings }: CommandOutcome): void {
    // The outbox counts and logs what it refuses.
    if (readings.length > 0) this.options.offer({ readings }).catch(() => {})
  }

  private guard(problem: string, work: () => void): void {
    try {
      work()
    } catch (error) {
      this.options.logger.error({ err: error }, problem)
    }
  }
}

const expired: FinalStep = { step: 'expired', uncertain: false, message: null }

function interrupted(reason: string): FinalStep {
  return {
    step: 'failed',
    uncertain: true,
    message: `the gateway was interrupted while it was done: ${reason}`,
  }
}

function isFinal({ step }: JournalEntry): boolean {
  return finalCommandSteps.includes(step)
}

function toReport({ id, step, changedMs, uncertain, message }: JournalEntry): CommandReport {
  return { v: TELEMETRY_VERSION, id, step, atMs: changedMs, uncertain, message }
}

/** Drivers don't reject; one that does has done nobody knows what. */
async function guarded<T extends CommandOutcome | null>(work: () => Promise<T>): Promise<T | CommandOutcome> {
  try {
    return await work()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { result: 'failed', uncertain: true, message, readings: [] }
  }
}
