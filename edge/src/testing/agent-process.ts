/** The agent as its own process, as a site runs it. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { stringify } from 'yaml'
import type { AgentState } from '../status/index.ts'
import type { SimulatedMeter } from './simulator-process.ts'

const program = new URL('../../bin/courtyard-edge.js', import.meta.url).pathname

export interface SiteInput {
  readonly folder: string
  readonly meters: readonly SimulatedMeter[]
  readonly hubUrl: string
  readonly enrolmentToken?: string
  readonly intervalMs?: number
  readonly outbox?: object
  readonly uplink?: object
  /** More of the section `hub`. */
  readonly hub?: object
}

/** Writes `site.yaml` into the folder and returns its path. */
export function writeSite(input: SiteInput): string {
  const {
    folder,
    meters,
    hubUrl,
    enrolmentToken,
    intervalMs = 200,
    outbox = {},
    uplink = {},
    hub = {},
  } = input
  const buses = [...new Map(meters.map((meter) => [meter.endpoint, meter.port]))]
  const site = {
    gateway: { name: '测试网关', dataDir: './edge', statusPort: 0 },
    hub: { url: hubUrl, ...(enrolmentToken === undefined ? {} : { enrolmentToken }), ...hub },
    outbox: { flushMs: 50, ...outbox },
    uplink,
    buses: buses.map(([key, port]) => ({
      key,
      driver: 'modbus',
      transport: { type: 'tcp', host: '127.0.0.1', port },
      timeoutMs: 1_000,
    })),
    devices: meters.map((meter) => ({
      key: meter.key,
      name: meter.key,
      bus: meter.endpoint,
      profile: meter.profile,
      address: { unitId: meter.unitId },
      intervals: { fast: intervalMs, energy: intervalMs * 2 },
    })),
  }
  const file = join(folder, 'site.yaml')
  writeFileSync(file, stringify(site))
  return file
}

export class AgentProcess {
  readonly log: string[] = []
  private readonly child: ChildProcess
  private readonly statusUrl: string

  private constructor(child: ChildProcess, statusUrl: string) {
    this.child = child
    this.statusUrl = statusUrl
  }

  static async start(configFile: string, more: readonly string[] = []): Promise<AgentProcess> {
    const child = spawn(process.execPath, [program, '--config', configFile, ...more], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const early: string[] = []
    const lines = createInterface({ input: child.stdout })
    const statusUrl = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        early.push(line)
        const ready = /status at (http:[^"]+)/.exec(line)
        if (ready) resolve(ready[1]!)
      })
      child.once('exit', (code) => reject(new Error(`the agent ended with ${code}:\n${early.join('\n')}`)))
    })
    const agent = new AgentProcess(child, statusUrl)
    agent.log.push(...early)
    lines.on('line', (line) => agent.log.push(line))
    return agent
  }

  async get(path: string): Promise<string> {
    return (await fetch(this.statusUrl + path)).text()
  }

  async state(): Promise<AgentState> {
    return JSON.parse(await this.get('/status.json')) as AgentState
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  /** Resolves with the exit code, null after a kill. */
  async end(name: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    this.child.kill(name)
    const [code] = (await once(this.child, 'exit')) as [number | null]
    return code
  }
}

/** Runs another command of the agent to its end. */
export function runCommand(
  args: readonly string[],
  input = '',
): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    input,
    encoding: 'utf8',
  })
  return { code: status, out: stdout, err: stderr }
}

/** What the outbox of a stopped agent says. */
export function readOutbox(folder: string): { accepted: number; waiting: number; dropped: number } {
  const database = new DatabaseSync(join(folder, 'edge', 'outbox.sqlite'), { readOnly: true })
  const row = database.prepare('SELECT accepted_readings, readings, dropped_readings FROM outbox').get()!
  database.close()
  return {
    accepted: Number(row['accepted_readings']),
    waiting: Number(row['readings']),
    dropped: Number(row['dropped_readings']),
  }
}
