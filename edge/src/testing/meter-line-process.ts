/** A line of simulated meters as a process of its own: the edge's tests import nothing of the simulators. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { ContractFault } from './driver-contract.ts'

const PROGRAM = join(import.meta.dirname, '../../../simulators/bin/courtyard-meter-line.ts')

export interface MeterState {
  /** In hundredths of the unit on the wire. */
  readonly register: number
  /** The relay is open, or the valve closed. */
  readonly isCut: boolean
  /** Year, month, day, hour, minute, second. */
  readonly clock: readonly number[]
  readonly orders: readonly string[]
  readonly requests: number
}

export class MeterLineProcess {
  readonly port: number
  private readonly child: ChildProcess
  private readonly answers: AsyncIterator<string>

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, port: number) {
    this.child = child
    this.answers = answers
    this.port = port
  }

  static async start(options: Readonly<Record<string, unknown>>): Promise<MeterLineProcess> {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] }) // prettier-ignore
    const lines: Interface = createInterface({ input: child.stdout })
    const answers = lines[Symbol.asyncIterator]()
    const first = await answers.next()
    if (first.done) throw new Error('the simulated line did not start')
    return new MeterLineProcess(child, answers, (JSON.parse(first.value) as { port: number }).port)
  }

  async setFault(unit: string, fault: ContractFault | null): Promise<void> {
    await this.ask({ fault: [unit, fault] })
  }

  async state(unit: string): Promise<MeterState> {
    return (await this.ask({ state: unit })) as MeterState
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.stdin!.end()
    await ended
  }

  private async ask(request: unknown): Promise<unknown> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`)
    const answer = await this.answers.next()
    if (answer.done) throw new Error('the simulated line has ended')
    return JSON.parse(answer.value) as unknown
  }
}
