/** Puts the parts together: drivers → collector → outbox → uplink, and the status page beside them. */
import { join } from 'node:path'
import { CommandMessage, type AckMessage } from '@courtyard/protocols/contract'
import { systemClock, type Clock } from './clock.ts'
import { CommandJournal, Commands } from './commands/index.ts'
import type { SiteConfig } from './config/index.ts'
import { takeDataFolder } from './data-folder.ts'
import { connectTcp } from './drivers/tcp-transport.ts'
import { Fleet, type ConfigSource } from './fleet/index.ts'
import type { LogRing } from './log-ring.ts'
import type { Logger } from './log.ts'
import { BatchPacker, EmissionCollector, Outbox, type OutboxLimits } from './outbox/index.ts'
import { Polling } from './polling/index.ts'
import { HealthMeter, StatusServer, toStatusMessage, type AgentState } from './status/index.ts'
import { ClockStore, systemBootTime, TimeKeeper, type BootTime } from './time/index.ts'
import { buildCatalogue, Uplink, type DownHandlers } from './uplink/index.ts'
import { agentVersion } from './version.ts'

const LOOK_AFTER_OUTBOX_EVERY_MS = 10_000
/** What a command on the wire gets to end when the configuration changes, and when the agent stops. */
const GRACE_MS = { change: 10_000, stop: 1_000 }

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

/** What can still be read of a command that a newer hub sends. */
const UnreadableCommand = CommandMessage.pick({ id: true, device: true, target: true })

export class Agent {
  private site: SiteConfig
  private readonly logger: Logger
  /** The clock of everything in the agent. */
  private readonly time: TimeKeeper
  private readonly health: HealthMeter
  private readonly folder: { close(): void }
  private readonly outbox: Outbox
  private readonly packer: BatchPacker
  private readonly collector: EmissionCollector
  private readonly commands: Commands
  private readonly uplink: Uplink
  private readonly fleet: Fleet | null
  private readonly status: StatusServer
  private polling: Polling
  private catalogue
  private readonly startedMs: number
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
    boot: BootTime = systemBootTime(),
  ) {
    this.site = site
    this.logger = logger
    const time = new TimeKeeper(clock, boot, logger.child({ module: 'time' }))
    this.time = time
    this.startedMs = clock.monotonicMs()
    this.health = new HealthMeter(site.gateway.dataDir)
    this.catalogue = buildCatalogue(site)
    this.folder = takeDataFolder(site.gateway.dataDir)
    // Before the drivers are made: a configuration that brings the process down has been counted then.
    managed?.source.started()
    this.outbox = new Outbox({
      file: outboxFile(site),
      limits: outboxLimits(site),
      maxPages: site.outbox.maxPages,
      moveDamagedAside: true,
      clock: time,
      logger: logger.child({ module: 'outbox' }),
    })
    this.packer = new BatchPacker(this.outbox, time, logger.child({ module: 'outbox' }))
    this.collector = new EmissionCollector({
      outbox: this.outbox,
      flushMs: site.outbox.flushMs,
      logger: logger.child({ module: 'outbox' }),
      refine: (emission, sinceMs) => time.refine(emission, sinceMs),
      onSealed: () => this.uplink.nudge(),
      onCorrupt,
    })
    time.begin(new ClockStore(this.outbox, logger.child({ module: 'time' })), {
      beforeChange: () => this.collector.flush(),
      changed: (trusted, held) => this.outbox.setClock(trusted, held),
    })
    this.commands = new Commands({
      journal: new CommandJournal(this.outbox),
      clock: time,
      boot,
      logger: logger.child({ module: 'commands' }),
      publish: (report) => this.uplink.publishUp('command', report),
      offer: (emission) => this.collector.offer(emission),
    })
    this.fleet = managed && this.createFleet(managed)
    this.uplink = new Uplink({
      dataDir: site.gateway.dataDir,
      hub: site.hub,
      settings: site.uplink,
      outbox: this.outbox,
      catalogue: this.catalogue,
      clock: time,
      logger: logger.child({ module: 'uplink' }),
      status: () => toStatusMessage(this.state()),
      handlers: this.downHandlers(),
      onAck: (ack) => this.handleAck(ack),
      onConnected: () => this.connected(),
      clockTrusted: () => time.isTrusted,
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
    this.commands.resume(this.site, this.polling)
    this.uplink.start()
    this.fleet?.started()
    this.limitsTimer = setInterval(() => this.lookAfterOutbox(), LOOK_AFTER_OUTBOX_EVERY_MS)
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
    await this.commands.pause(GRACE_MS.change)
    await this.polling.stop()
    this.collector.flush()
    this.site = site
    this.catalogue = catalogue
    this.collector.setFlushMs(site.outbox.flushMs)
    this.outbox.setLimits(outboxLimits(site))
    this.logger.level = site.gateway.logLevel
    this.polling = this.createPolling()
    this.polling.start()
    this.commands.resume(site, this.polling)
    await this.uplink.reconfigure(site.hub, site.uplink, this.catalogue)
    this.fleet?.changed()
    this.logger.info({ devices: this.catalogue.devices.length }, 'configuration applied')
  }

  /** Stops reading, puts what was read on the disk, takes leave of the hub. */
  async stop(): Promise<void> {
    if (this.limitsTimer) clearInterval(this.limitsTimer)
    await this.fleet?.stop()
    await this.commands.pause(GRACE_MS.stop)
    await this.polling.stop()
    this.collector.flush()
    await this.uplink.stop()
    await this.status.stop()
    this.time.stop()
    this.outbox.close()
    this.folder.close()
  }

  state(): AgentState {
    const { gateway, outbox, buses } = this.site
    return {
      name: gateway.name,
      version: agentVersion,
      atMs: this.time.nowMs(),
      // Counted back, since the clock at the start may have been wrong.
      startedAtMs: Math.round(this.time.nowMs() - (this.time.monotonicMs() - this.startedMs)),
      catalogueRevision: this.catalogue.revision,
      configRevision: this.site.source.revision,
      outbox: { ...this.outbox.totals(), id: this.outbox.id, maxBytes: outbox.maxBytes },
      uplink: this.uplink.snapshot(),
      clock: { offsetMs: this.time.offsetMs, isTrusted: this.time.isTrusted },
      process: this.health.snapshot(),
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

  private downHandlers(): DownHandlers {
    const fleet = this.fleet?.handlers
    return {
      ...fleet,
      command: (message) => this.commands.take(message),
      unreadable: (kind, json, reason) => {
        const command = kind === 'command' ? UnreadableCommand.safeParse(json) : null
        if (command?.success)
          this.commands.refuse(command.data.id, command.data.device, command.data.target, reason) // prettier-ignore
        else fleet?.unreadable?.(kind, json, reason)
      },
    }
  }

  private connected(): void {
    this.time.connected()
    this.commands.connected()
    this.fleet?.connected()
  }

  private handleAck(ack: AckMessage): void {
    this.time.noteHub(ack.hubTimeMs)
    this.commands.acknowledged(ack.commands ?? [])
  }

  private createFleet({ source, ring }: Managed): Fleet {
    return new Fleet({
      source,
      ring,
      clock: this.time,
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
      clock: this.time,
      logger: this.logger.child({ module: 'polling' }),
      connectTcp,
      timeZone: this.site.gateway.timeZone,
      dataDir: this.site.gateway.dataDir,
      random: Math.random,
      offer: (emission, sinceMs) => this.collector.offer(emission, sinceMs),
      checkpoint: (deviceKey) => this.outbox.checkpoint(deviceKey),
    })
  }

  private lookAfterOutbox(): void {
    try {
      this.packer.pack()
      this.outbox.enforceLimits()
    } catch (error) {
      this.logger.warn({ err: error }, 'the outbox cannot be looked after now')
    }
  }

  private warnAboutRestart(site: SiteConfig): void {
    const fixed = ['dataDir', 'statusHost', 'statusPort'] as const
    const changed: string[] = fixed.filter((key) => site.gateway[key] !== this.site.gateway[key])
    if (site.outbox.maxPages !== this.site.outbox.maxPages) changed.push('outbox.maxPages')
    if (changed.length > 0) this.logger.warn({ changed }, 'these settings take effect at the next start')
  }
}
