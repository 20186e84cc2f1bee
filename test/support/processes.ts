/** Programs as child processes, for tests, fault runs and benches: started, watched, and always ended. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const root = join(import.meta.dirname, '../..')

export interface RunningProgram {
  readonly child: ChildProcess
  readonly pid: number
  /** All that it printed so far. */
  output(): string
  /** Resolves with its exit code or signal. */
  readonly exited: Promise<number | string>
  /** SIGTERM, and SIGKILL when it has not ended after `graceMs`. */
  stop(graceMs?: number): Promise<number | string>
  kill(): Promise<number | string>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a program with this Node (or `command`) in the repository's root. */
export function startProgram(
  args: readonly (string | number)[],
  options: {
    env?: Record<string, string>
    command?: string
    onLine?: (line: string) => void
    /** Signals go to the program and all that it has started, as for a command under npm. */
    group?: boolean
  } = {},
): RunningProgram {
  const child = spawn(options.command ?? process.execPath, args.map(String), {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.group ?? false,
  })
  const signal = (name: NodeJS.Signals) => {
    if (!options.group || child.pid === undefined) return child.kill(name)
    try {
      return process.kill(-child.pid, name)
    } catch {
      return false
    }
  }
  running.add(child)
  let output = ''
  let rest = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-2_000_000)
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) options.onLine?.(line)
    })
  }
  const exited = once(child, 'close').then(([code, signal]) => {
    running.delete(child)
    return (signal ?? code) as number | string
  })
  const kill = () => {
    signal('SIGKILL')
    return exited
  }
  return {
    child,
    pid: child.pid ?? -1,
    output: () => output,
    exited,
    kill,
    stop: async (graceMs = 8_000) => {
      signal('SIGTERM')
      return Promise.race([exited, delay(graceMs, undefined, { ref: false }).then(kill)])
    },
  }
}

/** Waits until `what` gives something other than null, undefined or false; errors count as "not yet". */
export async function until<T>(
  name: string,
  timeoutMs: number,
  what: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  everyMs = 100,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const found = await what()
      if (found !== null && found !== undefined && found !== false) return found
    } catch (error) {
      last = error
    }
    await delay(everyMs)
  }
  throw new Error(`${name}: not within ${timeoutMs} ms`, { cause: last })
}

/**
 * A free port away from those that the system hands out: a program that is down for a moment must find its port
 * free again, also when a client keeps calling it from ports of the system's own range.
 */
export async function freePort(): Promise<number> {
  return freePortRun(1)
}

const FIRST_PORT = 18_000
const PORTS_PER_WORKER = 1_000
/** Each worker of the test run has its own ports: what one found free, another cannot take before it is used. */
const ownPorts = FIRST_PORT + (Number(process.env.VITEST_POOL_ID ?? process.pid) % 12) * PORTS_PER_WORKER
let nextPort = Math.floor(Math.random() * PORTS_PER_WORKER)

/** First of `length` consecutive free ports, away from the ports that the system hands out; none is given twice soon. */
export async function freePortRun(length: number): Promise<number> {
  for (let tried = 0; tried < PORTS_PER_WORKER; tried += length) {
    if (nextPort + length > PORTS_PER_WORKER) nextPort = 0
    const first = ownPorts + nextPort
    nextPort += length
    const free = await Promise.all(Array.from({ length }, (_, index) => canListen(first + index)))
    if (free.every(Boolean)) return first
  }
  throw new Error(`no ${length} free ports`)
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
