/**
 * Which configuration runs: `gateway` and `hub` from the box's own file, the rest from the hub once it has given one,
 * else from the file as well. A revision from the hub that cannot be used must not leave the box without any.
 */
import { AppError, type ConfigIssue, type ManagedConfig } from '@courtyard/protocols/contract'
import { loadProfiles, type DeviceProfile } from '@courtyard/protocols/profile'
import { resolveManaged, SiteText, type SiteConfig } from '../config/index.ts'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import { ConfigStore, type Outcome } from './config-store.ts'
import { unmaskSecrets } from './secrets.ts'

/** A revision on trial that was found at so many starts has brought the agent down each time. */
const STARTS_ON_TRIAL = 2

export class ConfigSource {
  private readonly file: string
  private readonly nowMs: () => number
  private readonly profiles: ReadonlyMap<string, DeviceProfile>
  private store: ConfigStore | null = null
  /** To be done once this process has the data folder for itself. */
  private atStart: () => void = () => {}

  constructor(
    file: string,
    nowMs: () => number,
    profiles: ReadonlyMap<string, DeviceProfile> = loadProfiles(),
  ) {
    this.file = file
    this.nowMs = nowMs
    this.profiles = profiles
  }

  /**
   * The configuration to start with. Changes nothing on the disk: that is for `started`, when no other agent can be at
   * work in the folder.
   * @throws AppError `edge.config_invalid` about the box's own file, `edge.config_store` when the disk cannot be read.
   */
  load(): SiteConfig {
    const text = SiteText.read(this.file)
    const local = text.local()
    const store = new ConfigStore(local.gateway.dataDir)
    this.store = store
    this.atStart = () => store.countStart()
    const broken: ConfigIssue[] = []
    for (const revision of this.candidates(store, broken)) {
      try {
        const site = resolveManaged(local, store.config(revision), revision, this.profiles)
        if (broken.length > 0) this.atStart = () => this.rollBack(broken)
        return site
      } catch (error) {
        broken.push(...issuesOf(error))
      }
    }
    if (broken.length > 0) this.atStart = () => this.rollBack(broken)
    return text.site(this.profiles)
  }

  /** Revisions to try, best first; none when the file counts. */
  private candidates(store: ConfigStore, broken: ConfigIssue[]): string[] {
    try {
      const { current, previous, trial } = store.read()
      const crashed = trial !== null && trial.starts >= STARTS_ON_TRIAL
      if (crashed)
        broken.push({ path: '', reason: `the agent did not come up with it, ${trial.starts} times` })
      return [crashed ? null : current, previous].filter((revision) => revision !== null)
    } catch (error) {
      if (!(error instanceof AppError && error.details['damaged'] === true)) throw error
      broken.push(...issuesOf(error))
      return []
    }
  }

  /** This process has the data folder; the start counts from now. */
  started(): void {
    this.atStart()
    this.atStart = () => {}
  }

  /** After SIGHUP. @throws AppError `edge.config_invalid`; then nothing changes. */
  reload(): SiteConfig {
    const text = SiteText.read(this.file)
    const { current } = this.opened.read()
    if (current === null) return text.site(this.profiles)
    return resolveManaged(text.local(), this.opened.config(current), current, this.profiles)
  }

  /** What the file says besides `gateway` and `hub`; it has no effect while a configuration from the hub runs. */
  ignoredKeys(): string[] {
    const { buses, devices, outbox, uplink } = SiteText.read(this.file).managed()
    const said = { buses: buses.length > 0, devices: devices.length > 0, outbox: outbox !== undefined, uplink: uplink !== undefined } // prettier-ignore
    return Object.entries(said).flatMap(([key, isSaid]) => (isSaid ? [key] : []))
  }

  /** Checks a configuration as if it were to run; masks are taken for the secrets of `running`. */
  check(
    managed: ManagedConfig,
    running: SiteConfig,
    revision: string,
  ): { site: SiteConfig; issues?: undefined } | { site?: undefined; issues: ConfigIssue[] } {
    const { config, issues } = unmaskSecrets(managed, running.source.managed)
    try {
      const site = resolveManaged(running, config, revision, this.profiles)
      return issues.length > 0 ? { issues } : { site }
    } catch (error) {
      return { issues: [...issues, ...issuesOf(error)].slice(0, 500) }
    }
  }

  /** From the return on, this configuration counts, on trial. */
  begin(site: SiteConfig): void {
    this.opened.begin(site.source.revision!, site.source.managed)
  }

  settle(): void {
    if (this.onTrial) this.opened.settle()
  }

  /** The process ends in good order: its start says nothing against the configuration on trial. */
  forgetStarts(): void {
    if (this.onTrial) this.opened.forgetStarts()
  }

  get onTrial(): boolean {
    return this.opened.read().trial !== null
  }

  /** What the last revision that did not work came to; null when the last one works. */
  get outcome(): Outcome | null {
    return this.opened.read().outcome
  }

  /** The configuration before the current one counts again. */
  rollBack(issues: readonly ConfigIssue[]): void {
    const revision = this.currentOrNull()
    if (revision === null) {
      // The pointer itself is damaged: without it the file counts, and the hub sends its configuration again.
      this.opened.leave()
      return
    }
    this.opened.rollBack({
      revision,
      state: 'rolledBack',
      atMs: Math.round(this.nowMs()),
      issues: [...issues],
    })
  }

  private currentOrNull(): string | null {
    try {
      return this.opened.read().current
    } catch {
      return null
    }
  }

  private get opened(): ConfigStore {
    if (!this.store) throw new Error('the configuration has not been loaded')
    return this.store
  }
}

/** For people who want the file back. Returns the revision that counted; null when the file did already. */
export function leaveHubConfig(
  site: { readonly gateway: { readonly dataDir: string } },
  logger: Logger,
): string | null {
  const store = new ConfigStore(site.gateway.dataDir)
  let revision: string | null = null
  try {
    revision = store.read().current
  } catch (error) {
    logger.warn({ err: error }, 'the pointer to the configuration is damaged')
  }
  store.leave()
  return revision
}

export function issuesOf(error: unknown): ConfigIssue[] {
  if (!(error instanceof AppError)) return [{ path: '', reason: String(error) }]
  if (error.code !== errorCodes.configInvalid) return [{ path: '', reason: error.message }]
  const issues = (error.details['issues'] ?? []) as readonly ConfigIssue[]
  return issues.map(({ path, reason }) => ({ path, reason }))
}
