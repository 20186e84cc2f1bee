import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface ProgramSpec {
  readonly name: string
  /** Arguments of Node: the program and its own. */
  readonly args: readonly string[]
  readonly env: Record<string, string>
  /** Resolves to true as soon as the program answers. */
  readonly ready: () => Promise<boolean>
  /** Sees each line that the program prints. */
  readonly onLine?: (line: string) => void
}

interface Program {
  readonly spec: ProgramSpec
  child: ChildProcess
  restarts: number[]
  exited: Promise<void>
}

const RESTARTS = 5
const RESTART_WINDOW_MS = 120_000
const MAX_LOG_BYTES = 20_000_000

/**
 * Runs the programs of the demo, each in a process group of its own, so that Ctrl-C in the terminal reaches only
 * us and they are stopped in order. What they print goes to `logs/<name>.log`.
 */
export class Supervisor {
  private readonly programs = new Map<string, Program>()
  private readonly logs = new Map<string, WriteStream>()
  private readonly cwd: string
  private readonly logFolder: string
  private readonly say: (zh: string, en: string) => void
  private readonly onGivenUp: (name: string) => void
  private readonly onPids: (pids: Record<string, number>) => Promise<void>
  private stopping = false

  constructor(options: {
    cwd: string
    logFolder: string
    say: (zh: string, en: string) => void
    onGivenUp: (name: string) => void
    onPids: (pids: Record<string, number>) => Promise<void>
  }) {
    this.cwd = options.cwd
    this.logFolder = options.logFolder
    this.say = options.say
    this.onGivenUp = options.onGivenUp
    this.onPids = options.onPids
  }

  get pids(): Record<string, number> {
    return Object.fromEntries(
      [...this.programs.values()].flatMap(({ spec, child }) => (child.pid ? [[spec.name, child.pid]] : [])),
    )
  }

  /** Starts a program and waits until it answers. Rejects when it does not within `timeoutMs`. */
  async start(spec: ProgramSpec, timeoutMs: number): Promise<void> {
    if (this.stopping) throw new Error('stopping')
    await this.openLog(spec.name)
    const { child, exited } = this.launch(spec)
    this.programs.set(spec.name, { spec, child, restarts: [], exited })
    await this.onPids(this.pids)
    const deadline = Date.now() + timeoutMs
    while (!(await spec.ready().catch(() => false))) {
      if (this.stopping) throw new Error('stopping')
      if (Date.now() > deadline)
        throw new Error(`${spec.name} does not answer; see ${this.logPath(spec.name)}`)
      await delay(100)
    }
  }

  /** Stops programs in the order given, at once those in one group; what does not end in time is killed. */
  async stop(groups: readonly { names: readonly string[]; graceMs: number }[]): Promise<void> {
    this.stopping = true
    for (const { names, graceMs } of groups) {
      const group = names.flatMap((name) => this.programs.get(name) ?? [])
      for (const { child } of group) child.kill('SIGTERM')
      const late = delay(graceMs, 'late', { ref: false })
      if ((await Promise.race([Promise.all(group.map((p) => p.exited)), late])) === 'late') {
        for (const { child } of group) child.kill('SIGKILL')
        await Promise.all(group.map((p) => p.exited))
      }
    }
    for (const log of this.logs.values()) log.end()
  }

  /** Ends everything this instant. */
  killAll(): void {
    this.stopping = true
    for (const { child } of this.programs.values()) child.kill('SIGKILL')
  }

  logPath(name: string): string {
    return join(this.logFolder, `${name}.log`)
  }

  private async openLog(name: string): Promise<void> {
    if (this.logs.has(name)) return
    await mkdir(this.logFolder, { recursive: true })
    const size = await stat(this.logPath(name)).then(
      (found) => found.size,
      () => 0,
    )
    if (size > MAX_LOG_BYTES) await rm(this.logPath(name))
    this.logs.set(name, createWriteStream(this.logPath(name), { flags: 'a', mode: 0o600 }))
  }

  private launch(spec: ProgramSpec): { child: ChildProcess; exited: Promise<void> } {
    const child = spawn(process.execPath, [...spec.args], {
      cwd: this.cwd,
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    for (const stream of [child.stdout, child.stderr]) this.follow(spec, stream)
    const exited = new Promise<void>((resolve) => {
      child.once('error', () => resolve())
      child.once('close', (code, signal) => {
        resolve()
        this.onExit(spec, signal ?? code ?? 0)
      })
    })
    return { child, exited }
  }

  private follow(spec: ProgramSpec, stream: NodeJS.ReadableStream): void {
    let rest = ''
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => {
      this.logs.get(spec.name)?.write(text)
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) spec.onLine?.(line)
    })
  }

  private onExit(spec: ProgramSpec, why: number | string): void {
    const program = this.programs.get(spec.name)
    if (this.stopping || !program) return
    const now = Date.now()
    program.restarts = [...program.restarts.filter((at) => at > now - RESTART_WINDOW_MS), now]
    if (program.restarts.length > RESTARTS) {
      this.say(`${spec.name} 反复退出，不再重启`, `${spec.name} keeps ending; giving up`)
      this.onGivenUp(spec.name)
      return
    }
    this.say(`${spec.name} 已退出（${why}），正在重启`, `${spec.name} ended (${why}), starting it again`)
    setTimeout(() => this.restart(spec, program), 1_000)
  }

  private restart(spec: ProgramSpec, program: Program): void {
    if (this.stopping) return
    const { child, exited } = this.launch(spec)
    program.child = child
    program.exited = exited
    this.onPids(this.pids).catch(() => {
      // Only a later start after a crash would need the file; it then finds the ports taken and says so.
    })
  }
}
