/** A simulated BACnet device or SNMP agent as a process of its own: the edge's tests import nothing of the simulators. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ContractFault } from './driver-contract.ts'

const PROGRAM = join(import.meta.dirname, '../../../simulators/bin/courtyard-building-device.ts')

export class BuildingDeviceProcess {
  readonly port: number
  private readonly child: ChildProcess
  private readonly answers: AsyncIterator<string>

  private constructor(child: ChildProcess, answers: AsyncIterator<string>, port: number) {
    this.child = child
    this.answers = answers
    this.port = port
  }

  static async start(options: Readonly<Record<string, unknown>>): Promise<BuildingDeviceProcess> {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] }) // prettier-ignore
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await answers.next()
    if (first.done) throw new Error('the simulated device did not start')
    return new BuildingDeviceProcess(child, answers, (JSON.parse(first.value) as { port: number }).port)
  }

  async setFault(fault: ContractFault | null): Promise<void> {
    await this.ask({ fault })
  }

  /** Null when there is no such variable or object. */
  async valueOf(what: string): Promise<string | null> {
    return (await this.ask({ read: what })) as string | null
  }

  async setValue(what: string, value: string): Promise<void> {
    await this.ask({ set: [what, value] })
  }

  async log(): Promise<{ readonly requests: number; readonly sets: readonly string[] }> {
    return (await this.ask({ log: true })) as { requests: number; sets: string[] }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.stdin!.end()
    await ended
  }

  private async ask(request: unknown): Promise<unknown> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`)
    const answer = await this.answers.next()
    if (answer.done) throw new Error('the simulated device has ended')
    return JSON.parse(answer.value) as unknown
  }
}
