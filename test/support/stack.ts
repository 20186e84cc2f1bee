import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { parse, stringify } from 'yaml'
import { HubClient } from '../../demo/hub-client.ts'
import { choosePorts, type DemoPorts } from '../../demo/ports.ts'
import { SimulatorControl } from '../../demo/simulated-site.ts'
import { ensureGateway } from '../../demo/steps/gateway.ts'
import { ensureProject } from '../../demo/steps/estate.ts'
import { writeSiteFile } from '../../demo/steps/site-file.ts'
import { freePort, freePortRun, root, startProgram, until, type RunningProgram } from './processes.ts'

export type SiteYaml = {
  gateway: { logLevel?: string }
  hub: { mqttUrl?: string }
  outbox?: { maxPages?: number; flushMs?: number }
  uplink?: { backlogReadingsPerSecond?: number }
  devices: { key: string; profile: string; intervals?: Record<string, number> }[]
}

/** Simulator, hub and edge as processes of their own on free ports and a temporary folder, without the demo. */
export class Stack {
  readonly folder: string
  readonly ports: DemoPorts
  readonly hub: HubClient
  readonly simulator: SimulatorControl
  readonly siteFile: string
  hubProgram: RunningProgram | null = null
  edgeProgram: RunningProgram | null = null
  private simulatorProgram: RunningProgram | null = null
  private setupToken: string | null = null

  private constructor(folder: string, ports: DemoPorts) {
    this.folder = folder
    this.ports = ports
    this.hub = new HubClient(`http://127.0.0.1:${ports.hub}`)
    this.simulator = new SimulatorControl(ports.simulatorControl)
    this.siteFile = join(folder, 'site.yaml')
  }

  static async create(seed: number): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'courtyard-stack-'))
    const ports = await choosePorts(await freePort(), {
      mqtt: await freePort(),
      mqttTls: await freePort(),
      edgeStatus: await freePort(),
      simulatorControl: await freePort(),
      meters: await freePortRun(12),
    })
    const stack = new Stack(folder, ports)
    const flags = ['--seed', seed, '--port-base', ports.meters, '--control-port', ports.simulatorControl]
    stack.simulatorProgram = startProgram(['simulators/bin/courtyard-simulator.ts', ...flags])
    await until('simulator', 20_000, () => stack.simulator.isReady())
    return stack
  }

  /** Starts the hub and waits until it is ready. */
  async startHub(env: Record<string, string> = {}): Promise<void> {
    const { folder, ports } = this
    this.hubProgram = startProgram(['hub/src/main.ts'], {
      env: {
        COURTYARD_DATA: folder,
        PORT: String(ports.hub),
        MQTT_PORT: String(ports.mqtt),
        MQTT_TLS_PORT: String(ports.mqttTls),
        LOG_LEVEL: 'warn',
        ...env,
      },
      onLine: (line) => {
        this.setupToken = /\/setup\?token=([\w.~-]+)/.exec(line)?.[1] ?? this.setupToken
      },
    })
    await until('hub', 90_000, () => this.isHubReady())
  }

  async isHubReady(): Promise<boolean> {
    return (await fetch(`http://127.0.0.1:${this.ports.hub}/api/health`)).ok
  }

  /** Makes the administrator, the project and a gateway, and writes `site.yaml` as `change` wants it. */
  async prepare(
    seed: number,
    change: (site: SiteYaml) => void,
  ): Promise<{ projectId: string; gatewayId: string }> {
    const token = await until('setup link', 10_000, () => this.setupToken)
    await this.hub.setUp({ token, username: 'admin', displayName: 'Admin', password: 'not-a-secret-here' })
    const projectId = await ensureProject(this.hub, await this.simulator.site())
    const name = 'Gateway'
    const gateway = await ensureGateway(this.hub, projectId, name, false)
    await writeSiteFile(
      {
        root,
        dataFolder: this.folder,
        port: this.ports.hub,
        historyDays: 1,
        stepMinutes: 15,
        seed,
        dev: false,
      },
      this.ports,
      { name, token: gateway.token },
    )
    await this.changeSite(change)
    return { projectId, gatewayId: gateway.id }
  }

  async changeSite(change: (site: SiteYaml) => void): Promise<void> {
    const site = parse(await readFile(this.siteFile, 'utf8')) as SiteYaml
    change(site)
    await writeFile(this.siteFile, stringify(site))
  }

  startEdge(): void {
    this.edgeProgram = startProgram(['edge/bin/courtyard-edge.js', '--config', this.siteFile])
  }

  /** Cumulative and waiting readings of the edge's outbox, read from its file beside the running agent. */
  outboxCounters(): { accepted: number; waiting: number } {
    const row = this.readOutbox('select accepted_readings as accepted, readings from outbox')
    return { accepted: Number(row['accepted']), waiting: Number(row['readings']) }
  }

  /** Gives the free pages of the outbox file back, while no agent runs. Returns the pages that it then has. */
  compactOutbox(): number {
    const database = new DatabaseSync(join(this.folder, 'edge/outbox.sqlite'), { timeout: 5_000 })
    try {
      database.exec('vacuum; pragma wal_checkpoint(truncate)')
      return Number(database.prepare('pragma page_count').get()!['page_count'])
    } finally {
      database.close()
    }
  }

  /** Readings that the running agent had to throw away or refuse, by its own count. */
  async droppedReadings(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.edgeStatus}/status.json`)
    return ((await answer.json()) as { outbox: { droppedReadings: number } }).outbox.droppedReadings
  }

  private readOutbox(sql: string): Record<string, unknown> {
    const database = new DatabaseSync(join(this.folder, 'edge/outbox.sqlite'), {
      readOnly: true,
      timeout: 5_000,
    })
    try {
      return database.prepare(sql).get() ?? {}
    } finally {
      database.close()
    }
  }

  /** Process id of the embedded PostgreSQL's first process, from its own lock file. */
  async postgresPid(): Promise<number> {
    const lock = await readFile(join(this.folder, 'postgres/data/postmaster.pid'), 'utf8')
    return Number(lock.split('\n')[0])
  }

  /** A connection of our own to the hub's embedded database. */
  async openDatabase(): Promise<pg.Client> {
    const access = JSON.parse(await readFile(join(this.folder, 'postgres/access.json'), 'utf8')) as {
      port: number
      user: string
      password: string
    }
    const client = new pg.Client({ ...access, host: '127.0.0.1', database: 'courtyard' })
    await client.connect()
    return client
  }

  /** The end of what hub and edge printed, for the report of a run that failed. */
  lastWords(): string[] {
    return [this.hubProgram, this.edgeProgram].flatMap((program) => program?.output().slice(-2_000) ?? [])
  }

  async stop(): Promise<void> {
    await this.edgeProgram?.stop(4_000)
    await this.hubProgram?.stop(8_000)
    await this.simulatorProgram?.stop(4_000)
    await rm(this.folder, { recursive: true, force: true })
  }
}
