/** Simulated terminals in a process of their own; the edge shares no code with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const program = new URL('../../../../simulators/src/zkteco/serve.ts', import.meta.url).pathname

export interface Snapshot {
  readonly users: readonly {
    uid: number
    user: string
    name: string
    card: number
    password: string
    privilege: number
  }[]
  readonly records: number
  readonly enabled: boolean
  readonly unlocks: readonly number[]
  readonly log: readonly number[]
  readonly clockOffsetSeconds: number
  readonly acknowledgedEvents: number
  readonly listeners: number
}

export interface PushSnapshot {
  readonly commands: readonly string[]
  readonly uploaded: number
  readonly uploads: number
  readonly waiting: number
  readonly failures: number
  readonly settings: Readonly<Record<string, string>>
  readonly users: readonly Readonly<Record<string, string>>[]
}

export class ZktecoSimulator {
  private readonly child: ChildProcess
  private readonly waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >()
  private nextId = 1

  constructor() {
    this.child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string }
      const call = this.waiting.get(id)
      this.waiting.delete(id)
      if (error === undefined) call?.resolve(result)
      else call?.reject(new Error(error))
    })
  }

  /** Calls `serve.ts` knows: start, fault, punch, event, clearLog, snapshot … */
  call<T = unknown>(terminal: string, call: string, ...args: unknown[]): Promise<T> {
    const id = this.nextId++
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.child.stdin!.write(`${JSON.stringify({ id, terminal, call, args })}\n`)
    })
  }

  snapshot(terminal: string): Promise<Snapshot> {
    return this.call(terminal, 'snapshot')
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.stdin!.end()
    await exited
  }
}

/** Punches a minute apart from 2026-01-15 08:00:00 on, ten people in turn. */
export function manyPunches(count: number, from = 0) {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index
    const minute = new Date(Date.UTC(2026, 0, 15, 8, number))
    const time = minute.toISOString().slice(0, 19).replace('T', ' ')
    return {
      uid: (number % 10) + 1,
      user: String(1001 + (number % 10)),
      time,
      verify: number % 3,
      punch: number % 2,
    }
  })
}

export const tenPeople = Array.from({ length: 10 }, (_, index) => ({
  uid: index + 1,
  privilege: index === 0 ? 14 : 0,
  password: '',
  name: `人${index + 1}`,
  card: 0,
  user: String(1001 + index),
}))
