/** The simulated neighbourhood as its own process; the edge shares no code with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const program = new URL('../../../simulators/bin/courtyard-simulator.ts', import.meta.url).pathname

export interface SimulatedMeter {
  readonly key: string
  readonly endpoint: string
  readonly port: number
  /** RTU over TCP, when it was started with `--rtu-port-base`. */
  readonly rtuPort?: number
  readonly unitId: number
  readonly profile: string
}

export class SimulatorProcess {
  private readonly child: ChildProcess
  private readonly controlUrl: string

  private constructor(child: ChildProcess, controlUrl: string) {
    this.child = child
    this.controlUrl = controlUrl
  }

  static async start(flags: readonly string[] = []): Promise<SimulatorProcess> {
    const child = spawn(process.execPath, [program, '--port-base', '0', '--control-port', '0', ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      const ready = /ready: .* control (\S+)/.exec(line)
      if (ready) return new SimulatorProcess(child, ready[1]!)
    }
    throw new Error('the simulator ended before it was ready')
  }

  async meters(): Promise<SimulatedMeter[]> {
    return (await this.json('/meters')) as SimulatedMeter[]
  }

  async json(path: string): Promise<unknown> {
    const response = await fetch(this.controlUrl + path)
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status} ${await response.text()}`)
    return response.json()
  }

  /** Null takes the fault away. */
  async setFault(meter: string, fault: object | null): Promise<void> {
    const response = await fetch(`${this.controlUrl}/meters/${meter}/fault`, {
      method: fault ? 'PUT' : 'DELETE',
      ...(fault ? { body: JSON.stringify(fault), headers: { 'content-type': 'application/json' } } : {}),
    })
    if (!response.ok) throw new Error(`fault of ${meter}: HTTP ${response.status} ${await response.text()}`)
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return
    this.child.kill('SIGTERM')
    await once(this.child, 'exit')
  }
}
