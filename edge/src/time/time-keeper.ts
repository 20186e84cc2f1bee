/**
 * The gateway's idea of the time (ADR 0013). Small boxes start with a clock at 1970 or with one that is months off,
 * and learn the time later: from NTP, which steps the system's clock, or from the hub's acknowledgements.
 *
 * - `following`: the system's clock, made to never run backwards by small steps.
 * - `session`: not known to be right. Stamps are a base + time since boot, so that they can be put right exactly once
 *   the time is known; batches wait in the outbox until then. Where the clock is plausible that is the first answer of
 *   the hub after the start.
 * - `corrected`: the hub has said otherwise than the system's clock; known base + time since boot.
 */
import { Quality, type Reading } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { Emission } from '../drivers/driver.ts'
import type { Logger } from '../log.ts'
import type { HeldRange } from '../outbox/index.ts'
import type { BootTime } from './boot-time.ts'
import type { ClockSession, ClockStore } from './clock-store.ts'
import { HubTime } from './hub-time.ts'
import { resolveSessions } from './resolve-sessions.ts'
import { isGatewayStamp } from './shift-batch.ts'

/** No gateway runs this release before it was made. */
export const RELEASED_AT_MS = Date.UTC(2026, 0, 1)
/** The hub's time wins over the system's clock beyond this. */
export const CONTRADICTION_MS = 60_000
/** In a session, a system clock that departs from its base by more has been set. */
const STEP_MS = 2_000
/** A hub that does not say the time in its first answer: then a plausible clock is believed after this. */
const BELIEVE_AFTER_MS = 1_500
const LOOK_EVERY_MS = 500
const SAVE_HIGH_EVERY_MS = 60_000
const REWRITE_BATCHES = 50
/** Values are uncertain for at most this long after the clock was set back. */
const DOUBT_AT_MOST_MS = 600_000
/** Unasked readings may have been stamped this long before they are offered. */
const UNASKED_MS = 30_000

export interface TimeKeeperHooks {
  /** What is buffered was stamped with the old time: to be sealed before the new one is used. */
  readonly beforeChange: () => void
  /** Which batches wait, and whether the clock can be trusted. */
  readonly changed: (trusted: boolean, held: HeldRange | null) => void
}

type Mode =
  | { readonly kind: 'following' }
  | { readonly kind: 'session'; readonly session: ClockSession }
  | { readonly kind: 'corrected'; readonly baseMs: number }

export class TimeKeeper implements Clock {
  private readonly system: Clock
  private readonly boot: BootTime
  private readonly logger: Logger
  private readonly hub: HubTime
  private store: ClockStore | null = null
  private hooks: TimeKeeperHooks | null = null
  private mode: Mode = { kind: 'following' }
  private last = { ms: -Infinity, bootMs: 0 }
  private highMs = -Infinity
  private savedHighMs = -Infinity
  /** Until then values are uncertain, because the clock was set back. */
  private doubtUntilBootMs = -Infinity
  private change: { readonly bootMs: number; readonly oldBaseMs: number; readonly byMs: number } | null = null
  private connectedAtMs: number | null = null
  private timer: NodeJS.Timeout | null = null
  private rewriting: NodeJS.Immediate | null = null

  constructor(system: Clock, boot: BootTime, logger: Logger) {
    this.system = system
    this.boot = boot
    this.logger = logger
    this.hub = new HubTime(boot)
  }

  /** From here on with the memory of earlier starts. @throws AppError of the outbox. */
  begin(store: ClockStore, hooks: TimeKeeperHooks): void {
    this.store = store
    this.hooks = hooks
    this.highMs = this.savedHighMs = store.highMs()
    const known = store.known()
    const open = store
      .sessions()
      .find(({ endSequence, boot }) => endSequence === null && boot === this.boot.id)
    if (known?.boot === this.boot.id && !open) this.mode = this.modeFor(known.baseMs)
    else if (open) this.mode = { kind: 'session', session: open }
    else this.openSession(store)
    this.tell()
    this.look()
    this.rewriteOn()
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS)
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer)
    if (this.rewriting) clearImmediate(this.rewriting)
    this.timer = null
    this.saveHigh()
  }

  /** Best knowledge, milliseconds since the epoch, UTC. */
  nowMs(): number {
    const bootMs = this.boot.nowMs()
    const exactMs = this.at(bootMs)
    this.last = { ms: exactMs, bootMs }
    const ms = Math.round(exactMs)
    if (this.mode.kind !== 'session' && ms > this.highMs) this.highMs = ms
    return ms
  }

  monotonicMs(): number {
    return this.system.monotonicMs()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.system.sleep(ms, signal)
  }

  /** False: started with a clock that cannot be right, and nobody has said the time yet. */
  get isTrusted(): boolean {
    return this.mode.kind !== 'session' || this.mode.session.plausible
  }

  /** Hub's time less the system's clock; null before the hub has said its time. */
  get offsetMs(): number | null {
    return this.hub.baseMs === null ? null : Math.round(this.hub.baseMs - this.systemBaseMs())
  }

  /** A session with the hub has begun. */
  connected(): void {
    this.connectedAtMs = this.boot.nowMs()
  }

  /** An answer of the hub, with its time where it says it. */
  noteHub(hubTimeMs: number | undefined): void {
    if (hubTimeMs !== undefined && hubTimeMs >= RELEASED_AT_MS) this.hub.note(hubTimeMs)
    if (this.mode.kind === 'session') return this.believeHub()
    const { baseMs, isSure } = this.hub
    if (baseMs === null || !isSure || this.connectedAtMs === null) return
    const differsMs = baseMs - (this.at(this.boot.nowMs()) - this.boot.nowMs())
    if (Math.abs(differsMs) <= CONTRADICTION_MS) return
    this.logger.warn(
      { differsMs: Math.round(differsMs) },
      'the hub has another time; it is taken from now on',
    )
    this.settle(this.betterBase(baseMs))
  }

  /**
   * What was stamped before the clock was put right and is offered after it gets the new time; and for a while after
   * a trusted clock was set back values are uncertain: nothing goes backwards silently.
   * @param sinceMs monotonic instant at which the poll began that brought it.
   */
  refine(emission: Emission, sinceMs?: number): Emission {
    const nowMs = this.nowMs()
    const bootMs = this.boot.nowMs()
    const sinceBootMs = bootMs - (sinceMs === undefined ? UNASKED_MS : this.monotonicMs() - sinceMs)
    const straddles = this.change !== null && sinceBootMs < this.change.bootMs
    const isDoubtful = bootMs < this.doubtUntilBootMs
    if (!straddles && !isDoubtful) return emission
    const { readings = [], events = [] } = emission
    const stamp = (atMs: number) => (straddles ? this.restamped(atMs, sinceBootMs) : atMs)
    return {
      ...emission,
      readings: readings.map((reading) => {
        const moved = { ...reading, atMs: stamp(reading.atMs) }
        return isDoubtful && isGatewayStamp(moved.atMs, nowMs) ? doubted(moved) : moved
      }),
      events: events.map((event) => ({ ...event, atMs: stamp(event.atMs) })),
    }
  }

  private at(bootMs: number): number {
    if (this.mode.kind === 'session') return this.mode.session.baseMs + bootMs
    if (this.mode.kind === 'corrected') return this.mode.baseMs + bootMs
    const systemMs = this.system.nowMs()
    // What is set back further than the hub's time allows is soon not followed at all.
    if (this.last.ms - systemMs > CONTRADICTION_MS) return systemMs
    // Set back a little (NTP): at half speed until it has caught up, so that no instant comes twice.
    return Math.max(systemMs, this.last.ms + (bootMs - this.last.bootMs) / 2)
  }

  private systemBaseMs(): number {
    return this.system.nowMs() - this.boot.nowMs()
  }

  private isPlausible(): boolean {
    const nowMs = this.system.nowMs()
    return nowMs >= RELEASED_AT_MS && nowMs >= this.highMs - CONTRADICTION_MS
  }

  private look(): void {
    try {
      if (this.mode.kind === 'session') this.lookInSession(this.mode.session)
      else this.lookAtSystem()
      if (this.highMs - this.savedHighMs > SAVE_HIGH_EVERY_MS) this.saveHigh()
      this.rewriteOn()
    } catch (error) {
      this.logger.warn({ err: error }, 'the state of the clock cannot be written down now')
    }
  }

  private lookInSession(session: ClockSession): void {
    const steppedMs = this.systemBaseMs() - session.baseMs
    if (Math.abs(steppedMs) > STEP_MS && (this.isPlausible() || !session.plausible)) {
      this.logger.info(
        { steppedMs: Math.round(steppedMs), plausible: this.isPlausible() },
        'the system clock was set',
      )
      this.hooks?.beforeChange()
      this.openSession(this.store!)
      this.tell()
    }
    const waitedMs = this.connectedAtMs === null ? 0 : this.boot.nowMs() - this.connectedAtMs
    if (waitedMs > BELIEVE_AFTER_MS) this.believeHub()
  }

  /** Known once, the time goes on with the time since boot; the system's clock is followed as long as it agrees. */
  private lookAtSystem(): void {
    const known = this.store?.known()
    if (!known || known.boot !== this.boot.id) return
    const mode = this.modeFor(known.baseMs)
    if (mode.kind === this.mode.kind) return
    const reason = mode.kind === 'following' ? 'agrees with the hub again and is followed' : 'was set away from the hub’s time and is not followed' // prettier-ignore
    this.logger.warn({ offsetMs: this.offsetMs }, `the system clock ${reason}`)
    this.switchTo(mode)
  }

  private modeFor(knownBaseMs: number): Mode {
    const agrees = Math.abs(this.systemBaseMs() - knownBaseMs) <= CONTRADICTION_MS
    return agrees ? { kind: 'following' } : { kind: 'corrected', baseMs: knownBaseMs }
  }

  /** The system's clock is finer than what the hub says through the network, as long as the two agree. */
  private betterBase(hubBaseMs: number): number {
    const systemBaseMs = this.systemBaseMs()
    const agrees = Math.abs(systemBaseMs - hubBaseMs) <= CONTRADICTION_MS
    return agrees && this.system.nowMs() >= RELEASED_AT_MS ? systemBaseMs : hubBaseMs
  }

  private believeHub(): void {
    if (this.mode.kind !== 'session') return
    const { session } = this.mode
    if (this.hub.baseMs !== null) this.settle(this.betterBase(this.hub.baseMs))
    else if (session.plausible) this.settle(session.baseMs)
  }

  /** The time is known: what waits is put right, and goes on its way. */
  private settle(baseMs: number): void {
    const { store } = this
    if (!store) return
    try {
      this.hooks?.beforeChange()
      const known = { boot: this.boot.id, baseMs }
      const spans = store.sessions().map((session) => ({ session, span: store.span(session) }))
      const resolutions = resolveSessions(spans, known, baseMs)
      store.settle(known, resolutions)
      for (const { id, shiftMs } of resolutions.filter((each) => each.shiftMs !== 0)) {
        const span = spans.find(({ session }) => session.id === id)?.span
        if (span) store.shiftPendingDrops(span, shiftMs)
        this.logger.warn({ shiftMs }, 'readings of a wrong clock are put right')
      }
      this.switchTo(this.modeFor(baseMs))
      this.rewriteOn()
    } catch (error) {
      this.logger.warn({ err: error }, 'the time cannot be settled now; it is tried again')
    }
  }

  private openSession(store: ClockStore): void {
    const plausible = this.isPlausible()
    const before = this.mode
    const session = store.begin(this.boot.id, this.systemBaseMs(), plausible)
    if (!plausible) this.logger.warn({ clock: new Date(this.system.nowMs()).toISOString() }, 'the clock cannot be right; readings wait for the time') // prettier-ignore
    if (before.kind === 'session') this.noteChange(before.session.baseMs, session.baseMs)
    this.mode = { kind: 'session', session }
  }

  private switchTo(mode: Mode): void {
    const bootMs = this.boot.nowMs()
    const oldBaseMs = this.at(bootMs) - bootMs
    this.mode = mode
    if (mode.kind === 'following') this.last = { ms: this.system.nowMs(), bootMs }
    this.noteChange(oldBaseMs, this.at(bootMs) - bootMs)
    this.noteSetBack(this.at(bootMs), bootMs)
    this.tell()
  }

  /** A time that a trusted clock has shown before comes again. */
  private noteSetBack(nowMs: number, bootMs: number): void {
    const backMs = this.highMs - nowMs
    if (backMs <= STEP_MS) return
    this.logger.warn({ backMs: Math.round(backMs) }, 'the clock goes back behind what it has shown before; values are uncertain for a while') // prettier-ignore
    this.doubtUntilBootMs = bootMs + Math.min(backMs, DOUBT_AT_MOST_MS)
    this.highMs = nowMs
    this.saveHigh(true)
  }

  private noteChange(oldBaseMs: number, newBaseMs: number): void {
    const byMs = Math.round(newBaseMs - oldBaseMs)
    if (byMs !== 0) this.change = { bootMs: this.boot.nowMs(), oldBaseMs, byMs }
  }

  /** A stamp of the old time between the poll's beginning and the change. */
  private restamped(atMs: number, sinceBootMs: number): number {
    const { bootMs, oldBaseMs, byMs } = this.change!
    const isOld = atMs >= oldBaseMs + sinceBootMs - 1_000 && atMs <= oldBaseMs + bootMs + 1_000
    return isOld ? atMs + byMs : atMs
  }

  private tell(): void {
    this.hooks?.changed(this.isTrusted && this.mode.kind !== 'session', this.store?.held() ?? null)
  }

  /** Some at a time, so that nothing else waits for long. */
  private rewriteOn(): void {
    if (this.rewriting || !this.store) return
    const { store } = this
    const next = store.sessions()[0]
    if (!next || next.shiftMs === null) return
    this.rewriting = setImmediate(() => {
      this.rewriting = null
      try {
        const more = store.rewriteSome(REWRITE_BATCHES)
        this.tell()
        if (more) this.rewriteOn()
      } catch (error) {
        this.logger.warn({ err: error }, 'readings of a wrong clock cannot be put right now')
      }
    })
  }

  private saveHigh(alsoBack = false): void {
    if (!this.store || (this.highMs <= this.savedHighMs && !alsoBack)) return
    this.store.setHighMs(this.highMs)
    this.savedHighMs = this.highMs
  }
}

function doubted(reading: Reading): Reading {
  return reading.quality === Quality.good ? { ...reading, quality: Quality.uncertain } : reading
}
