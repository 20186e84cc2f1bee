/**
 * Takes configurations from the hub: checks them like a file, makes them count, lets them prove themselves, and goes
 * back when they don't. What runs is reported at each connect, so that the hub never has to guess.
 */
import {
  TELEMETRY_VERSION,
  type ConfigIssue,
  type ConfigMessage,
  type ConfigReport,
} from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { SiteConfig } from '../config/index.ts'
import type { Logger } from '../log.ts'
import { issuesOf, type ConfigSource } from './config-source.ts'
import { maskSecrets } from './secrets.ts'

export interface RemoteConfigOptions {
  readonly source: ConfigSource
  readonly clock: Clock
  readonly logger: Logger
  /** What runs now. */
  readonly running: () => SiteConfig
  /** Makes another configuration run; rejects when it does not come up. */
  readonly apply: (site: SiteConfig) => Promise<void>
  readonly connected: () => boolean
  /** False when there is no session: the report follows at the next connect. */
  readonly publish: (report: ConfigReport) => boolean
  readonly trial?: Trial | undefined
}

interface Trial {
  /** A configuration that has run so long is reported as running. */
  readonly settleMs: number
  /** One that has run so long without a crash needs no way back any more. */
  readonly keepMs: number
  /** The hub may take so long to be reached again. */
  readonly reachHubMs: number
}

const TRIAL: Trial = { settleMs: 5_000, keepMs: 60_000, reachHubMs: 5 * 60_000 }
/** The hub's broker takes no longer message and would end the session over it, again and again. */
const MAX_REPORT_BYTES = 3 * 1024 * 1024
/** A revision that was rolled back and comes again this soon is an echo of the hub, not a person's wish. */
const ECHO_MS = 60_000

export class RemoteConfig {
  private readonly options: RemoteConfigOptions
  private readonly trial: Trial
  private work: Promise<void> = Promise.resolve()
  private timer: NodeJS.Timeout | null = null
  private outcomeSentMs = -Infinity
  private stopped = false
  /** What is on trial has come up and is reported as running. */
  private hasComeUp = false

  constructor(options: RemoteConfigOptions) {
    this.options = options
    this.trial = options.trial ?? TRIAL
  }

  /** The agent runs; a revision that is on trial since before the start goes on with it. */
  started(): void {
    if (this.options.source.onTrial) this.watch(false)
  }

  async stop(): Promise<void> {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
    await this.work
    // An orderly end is no crash.
    this.options.source.forgetStarts()
  }

  /** A session began: the hub hears what runs, and what did not work. */
  connected(): void {
    this.reportOutcome()
    if (this.isUp) this.reportRunning()
  }

  private get isUp(): boolean {
    return this.hasComeUp || !this.options.source.onTrial
  }

  handle(message: ConfigMessage): void {
    this.enqueue(() => this.take(message))
  }

  /** A message that is no configuration for this agent. */
  refuseUnreadable(json: unknown, reason: string): void {
    const revision = (json as { revision?: unknown } | null)?.revision
    if (typeof revision !== 'string' || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(revision)) return
    this.refuse(revision, [{ path: '', reason: `this agent does not understand the message: ${reason}` }])
  }

  /** Runs `job` when no configuration is being applied; a new one then waits. */
  enqueue(job: () => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.stopped) return
      await job().catch((error: unknown) => {
        this.options.logger.error({ err: error }, 'the configuration could not be handled')
      })
    })
  }

  private async take({ revision, config }: ConfigMessage): Promise<void> {
    const { source, logger, running, clock } = this.options
    if (running().source.revision === revision) {
      // While it is on trial nothing is said yet; the trial's end is the answer.
      if (this.isUp) this.reportRunning()
      return
    }
    if (source.outcome?.revision === revision && clock.monotonicMs() - this.outcomeSentMs < ECHO_MS) {
      this.reportOutcome()
      return
    }
    const before = running()
    const { site, issues } = source.check(config, before, revision)
    if (!site) return this.refuse(revision, issues)
    logger.info({ revision, devices: config.devices.length }, 'a configuration came from the hub')
    try {
      this.settleNow()
      source.begin(site)
    } catch (error) {
      logger.error({ err: error }, 'the configuration from the hub cannot be written')
      return this.refuse(revision, [{ path: '', reason: 'the gateway cannot write it to its disk' }])
    }
    try {
      await this.options.apply(site)
    } catch (error) {
      logger.error({ err: error }, 'the configuration from the hub does not come up')
      await this.rollBack(before, issuesOf(error))
      return
    }
    const moved = JSON.stringify(before.uplink) !== JSON.stringify(site.uplink)
    this.watch(moved && this.options.connected(), before)
  }

  /** A configuration on trial that is replaced by a person has been good enough to get the new one. */
  private settleNow(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    this.hasComeUp = false
    this.options.source.settle()
  }

  /** `needsHub`: the hub was reached before, and the change could have cut the way to it. */
  private watch(needsHub: boolean, before?: SiteConfig): void {
    const { clock, connected, logger } = this.options
    const begunMs = clock.monotonicMs()
    const look = (): void => {
      this.timer = null
      if (!needsHub || connected()) return this.comeUp()
      if (clock.monotonicMs() - begunMs < this.trial.reachHubMs) {
        this.timer = setTimeout(look, Math.min(1_000, this.trial.settleMs))
        return
      }
      logger.error('the hub is not reached any more with the configuration that it sent; going back')
      const minutes = Math.round(this.trial.reachHubMs / 60_000)
      const issues = [{ path: 'uplink', reason: `the hub was not reached within ${minutes} minutes` }]
      if (before) this.enqueue(() => this.rollBack(before, issues))
    }
    this.timer = setTimeout(look, this.trial.settleMs)
  }

  private comeUp(): void {
    const { running, logger } = this.options
    this.hasComeUp = true
    logger.info({ revision: running().source.revision }, 'the configuration from the hub works')
    this.reportRunning()
    const settle = () => this.enqueue(() => Promise.resolve(this.options.source.settle()))
    this.timer = setTimeout(settle, Math.max(0, this.trial.keepMs - this.trial.settleMs))
  }

  private async rollBack(before: SiteConfig, issues: readonly ConfigIssue[]): Promise<void> {
    this.options.source.rollBack(issues)
    this.reportOutcome()
    await this.options.apply(before)
    this.options.logger.warn({ revision: before.source.revision }, 'the earlier configuration is back')
    this.reportRunning()
  }

  private refuse(revision: string, issues: readonly ConfigIssue[]): void {
    this.options.logger.warn({ revision, issues: issues.slice(0, 20) }, 'a configuration from the hub is refused; the running one stays') // prettier-ignore
    this.publish({ revision, state: 'refused', issues: issues.slice(0, 500) })
  }

  private reportRunning(): void {
    const { revision, managed } = this.options.running().source
    const config = maskSecrets(managed)
    const fits = Buffer.byteLength(JSON.stringify(config)) <= MAX_REPORT_BYTES
    if (!fits) this.options.logger.warn('the configuration is too long to be reported to the hub as a whole')
    this.publish({ revision, state: 'running', issues: [], ...(fits ? { config } : {}) })
  }

  private reportOutcome(): void {
    const { outcome } = this.options.source
    if (!outcome) return
    const { revision, state, issues } = outcome
    if (this.publish({ revision, state, issues })) this.outcomeSentMs = this.options.clock.monotonicMs()
  }

  private publish(report: Omit<ConfigReport, 'v' | 'atMs'>): boolean {
    const atMs = Math.round(this.options.clock.nowMs())
    return this.options.publish({ v: TELEMETRY_VERSION, atMs, ...report })
  }
}
