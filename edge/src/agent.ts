/** Puts the parts together: drivers → collector → outbox → uplink, and the status page beside them. */
import { join } from 'node:path'
import { systemClock, type Clock } from './clock.ts'
import type { SiteConfig } from './config/index.ts'
import { takeDataFolder } from './data-folder.ts'
import { connectTcp } from './drivers/tcp-transport.ts'
import { Fleet, type ConfigSource } from './fleet/index.ts'
import type { LogRing } from './log-ring.ts'
import type { Logger } from './log.ts'
import { Outbox, EmissionCollector, type OutboxLimits } from './outbox/index.ts'
import { Polling } from './polling/index.ts'
import { StatusServer, toStatusMessage, type AgentState } from './status/index.ts'
import { buildCatalogue, Uplink } from './uplink/index.ts'
import { agentVersion } from './version.ts'

const ENFORCE_LIMITS_EVERY_MS = 30_000

/** Where the outbox of a site is. */
export function outboxFile(site: SiteConfig): string {
  return join(site.gateway.dataDir, 'outbox.sqlite')
}

export function outboxLimits(site: SiteConfig): OutboxLimits {
  return { maxBytes: site.outbox.maxBytes, maxAgeMs: site.outbox.maxAgeHours * 3_600_000 }
}

/** What the hub may look after: the configuration, and who wants to see the log. */
export interface Managed {
  readonly source: ConfigSource
  readonly ring: LogRing
}

export class Agent {
  private site: SiteConfig
  private readonly logger: Logger
  private readonly clock: Clock
  private readonly folder: { close(): void }
  private readonly outbox: Outbox
  private readonly collector: EmissionCollector
  private readonly uplink: Uplink
  private readonly fleet: Fleet | null
  private readonly status: StatusServer
  private polling: Polling
  private catalogue
  private readonly startedAtMs: number
  private limitsTimer: NodeJS.Timeout | null = null

  /**
   * `onCorrupt` is called when the outbox file breaks under the running agent: a new start moves it aside.
   * @throws AppError of `takeDataFolder` and of the outbox.
   */
  constructor(
    site: SiteConfig,
    logger: Logger,
    onCorrupt: (error: Error) => void,
    clock: Clock = systemClock,
    managed: Managed | null = null,
  ) {
    this.site = site
    this.logger = logger
    this.clock = clock
    this.startedAtMs = clock.nowMs()
    this.catalogue = buildCatalogue(site)
    this.folder = takeDataFolder(site.gateway.dataDir)
    // Before the drivers are made: a configuration that brings the process down has been counted then.
    managed?.source.started()
    this.outbox = new Outbox({
      file: outboxFile(site),
      limits: outboxLimits(site),
      maxPages: site.outbox.maxPages,
      moveDamagedAside: true,
      clock,
      logger: logger.child({ module: 'outbox' }),
    })
    this.collector = new EmissionCollector({
      outbox: this.outbox,
      flushMs: site.outbox.flushMs,
      logger: logger.child({ module: 'outbox' }),
      onSealed: () => this.uplink.nudge(),
      onCorrupt,
    })
    this.fleet = managed && this.createFleet(managed)
    this.uplink = new Uplink({
      dataDir: site.gateway.dataDir,
      hub: site.hub,
      settings: site.uplink,
      outbox: this.outbox,
      catalogue: this.catalogue,
      clock,
      logger: logger.child({ module: 'uplink' }),
      status: () => toStatusMessage(this.state()),
      handlers: { ...this.fleet?.handlers },
      onConnected: () => this.fleet?.connected(),
    })
    this.status = new StatusServer({
      host: site.gateway.statusHost,
      port: site.gateway.statusPort,
      readState: () => this.state(),
      logger: logger.child({ module: 'status' }),
    })
    this.polling = this.createPolling()
  }

  /** Resolves with the port of the status page once everything runs. */
  async start(): Promise<number> {
    const statusPort = await this.status.start()
    this.polling.start()
    this.uplink.start()
    this.fleet?.started()
    this.limitsTimer = setInterval(() => this.enforceLimits(), ENFORCE_LIMITS_EVERY_MS)
    const { host, ...rest } = { host: this.site.gateway.statusHost, statusPort, outbox: this.outbox.id }
    this.logger.info({ ...rest, version: agentVersion, devices: this.catalogue.devices.length }, `agent runs; status at http://${host}:${statusPort}`) // prettier-ignore
    return statusPort
  }

  /** Runs a job that changes the configuration when none is being changed. */
  whenSettled(job: () => Promise<void>): void {
    if (this.fleet) this.fleet.enqueue(job)
    else void job()
  }

  /** Applies a checked configuration: polling starts anew, nothing that was read is lost. */
  async reload(site: SiteConfig): Promise<void> {
    const catalogue = buildCatalogue(site)
    this.warnAboutRestart(site)
    await this.polling.stop()
    this.collector.flush()
    this.site = site
    this.catalogue = catalogue
    this.collector.setFlushMs(site.outbox.flushMs)
    this.outbox.setLimits(outboxLimits(site))
    this.logger.level = site.gateway.logLevel
    this.polling = this.createPolling()
    this.polling.start()
    await this.uplink.reconfigure(site.hub, site.uplink, this.catalogue)
    this.fleet?.changed()
    this.logger.info({ devices: this.catalogue.devices.length }, 'configuration applied')
  }

  /** Stops reading, puts what was read on the disk, takes leave of the hub. */
  async stop(): Promise<void> {
    if (this.limitsTimer) clearInterval(this.limitsTimer)
    await this.fleet?.stop()
    await this.polling.stop()
    this.collector.flush()
    await this.uplink.stop()
    await this.status.stop()
    this.outbox.close()
    this.folder.close()
  }

  state(): AgentState {
    const { gateway, outbox, buses } = this.site
    return {
      name: gateway.name,
      version: agentVersion,
      atMs: this.clock.nowMs(),
      startedAtMs: this.startedAtMs,
      catalogueRevision: this.catalogue.revision,
      configRevision: this.site.source.revision,
      outbox: { ...this.outbox.totals(), id: this.outbox.id, maxBytes: outbox.maxBytes },
      uplink: this.uplink.snapshot(),
      buses: this.polling.snapshot().map((snapshot, index) => {
        const bus = buses[index]!
        const names = new Map(bus.devices.map((device) => [device.key, device.name]))
        return {
          ...snapshot,
          driver: bus.definition.id,
          address: bus.definition.describeBus(bus.config),
          devices: snapshot.devices.map((device) => ({
            ...device,
            name: names.get(device.key) ?? device.key,
          })),
        }
      }),
    }
  }

  private createFleet({ source, ring }: Managed): Fleet {
    return new Fleet({
      source,
      ring,
      clock: this.clock,
      logger: this.logger.child({ module: 'fleet' }),
      running: () => this.site,
      apply: (site) => this.reload(site),
      polling: () => this.polling,
      offer: (emission) => this.collector.offer(emission),
      connected: () => this.uplink.snapshot().connected,
      publish: (kind, message) => this.uplink.publishUp(kind, message),
    })
  }

  private createPolling(): Polling {
    return new Polling({
      buses: this.site.buses,
      clock: this.clock,
      logger: this.logger.child({ module: 'polling' }),
      connectTcp,
      timeZone: this.site.gateway.timeZone,
      dataDir: this.site.gateway.dataDir,
      random: Math.random,
      offer: (emission) => this.collector.offer(emission),
      checkpoint: (deviceKey) => this.outbox.checkpoint(deviceKey),
    })
  }

  private enforceLimits(): void {
    try {
      this.outbox.enforceLimits()
    } catch (error) {
      this.logger.warn({ err: error }, 'the limits of the outbox cannot be enforced now')
    }
  }

  private warnAboutRestart(site: SiteConfig): void {
    const fixed = ['dataDir', 'statusHost', 'statusPort'] as const
    const changed: string[] = fixed.filter((key) => site.gateway[key] !== this.site.gateway[key])
    if (site.outbox.maxPages !== this.site.outbox.maxPages) changed.push('outbox.maxPages')
    if (changed.length > 0) this.logger.warn({ changed }, 'these settings take effect at the next start')
  }
}
