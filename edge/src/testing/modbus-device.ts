/** Modbus units that can be told something, as a process of their own; the edge shares no code with them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const program = new URL('../../../simulators/bin/courtyard-modbus-device.ts', import.meta.url).pathname

export interface ModbusUnitSetup {
  readonly unitId: number
  /** Id of a profile of the catalogue, or a profile. */
  readonly profile: unknown
  /** How long until a write shows. */
  readonly effectDelayMs?: number
  /** Vendor, product, revision. */
  readonly identification?: readonly [string, string, string]
}

export interface UnitTruth {
  readonly values: Readonly<Record<string, number>>
  /** Writes that the unit has received and taken. */
  readonly writes: number
}

export class ModbusDeviceProcess {
  readonly port: number
  readonly rtuPort: number
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>

  private constructor(
    child: ChildProcess,
    lines: AsyncIterator<string>,
    ports: { port: number; rtuPort: number },
  ) {
    this.child = child
    this.lines = lines
    this.port = ports.port
    this.rtuPort = ports.rtuPort
  }

  static async start(units: readonly ModbusUnitSetup[]): Promise<ModbusDeviceProcess> {
    const child = spawn(process.execPath, [program, JSON.stringify({ units })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await lines.next()
    if (first.done) throw new Error('the simulated device ended before it was ready')
    return new ModbusDeviceProcess(child, lines, JSON.parse(first.value) as { port: number; rtuPort: number })
  }

  setFault(unitId: number, fault: string | null): Promise<UnitTruth> {
    return this.say({ unit: String(unitId), fault })
  }

  truth(unitId: number): Promise<UnitTruth> {
    return this.say({ unit: String(unitId) })
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return
    this.child.kill('SIGTERM')
    await once(this.child, 'exit')
  }

  private async say(line: object): Promise<UnitTruth> {
    this.child.stdin!.write(`${JSON.stringify(line)}\n`)
    const answer = await this.lines.next()
    if (answer.done) throw new Error('the simulated device has ended')
    return JSON.parse(answer.value) as UnitTruth
  }
}
