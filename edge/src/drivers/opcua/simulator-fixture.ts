/** A simulated plant in a process of its own; the edge shares no code with it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DeviceProfile } from '@courtyard/protocols/profile'

const program = new URL('../../../../simulators/src/opcua/serve.ts', import.meta.url).pathname

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export interface Counters {
  readonly reads: number
  readonly subscriptions: number
  readonly items: number
  readonly writes: number
  readonly sessions: number
}

export class PlantSimulator {
  url = ''
  thumbprint = ''
  private readonly pkiFolder = mkdtempSync(join(tmpdir(), 'courtyard-plant-'))
  private child: ChildProcess | null = null
  private port = 0
  private readonly waiting = new Map<number, Waiting>()
  private nextId = 1

  /** Started again it has the same port and certificate, unless the folder of `options` says otherwise. */
  async start(options: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.port ||= await freePort()
    this.child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.take(line))
    const started = await this.call<{ url: string; thumbprint: string }>('start', { port: this.port, pkiFolder: this.pkiFolder, ...options }) // prettier-ignore
    this.url = started.url
    this.thumbprint = started.thumbprint
  }

  /** Calls that `serve.ts` knows: fault, set, value, mute, cut, counters. */
  call<T = unknown>(call: string, ...args: unknown[]): Promise<T> {
    const id = this.nextId++
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.child!.stdin!.write(`${JSON.stringify({ id, call, args })}\n`)
    })
  }

  counters(): Promise<Counters> {
    return this.call('counters')
  }

  async kill(): Promise<void> {
    if (!this.child) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    this.child = null
    await exited
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.pkiFolder, { recursive: true, force: true })
  }

  private take(line: string): void {
    if (!line.startsWith('{')) return
    const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string }
    const call = this.waiting.get(id)
    this.waiting.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(error))
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const label = (text: string) => ({ zh: text, en: text })
const at = (name: string) => ({ opcua: { nodeId: `{root}.${name}` } })

/** A meter of the simulated plant; its gauges come every 200 ms. */
export const meterProfile = DeviceProfile.parse({
  ...{ id: 'plant-meter', manufacturer: 'Courtyard', model: 'Simulated', label: label('meter') },
  ...{ medium: 'electricity', driver: 'opcua', sources: ['simulators/src/opcua'] },
  groups: { fast: { intervalMs: 200 }, energy: { intervalMs: 1_000 } },
  points: [
    { key: 'power', label: label('P'), kind: 'gauge', code: '1-0:16.7.0', unit: 'W', scale: 1, group: 'fast', ...at('Power') },
    { key: 'voltage', label: label('U'), kind: 'gauge', code: '1-0:32.7.0', unit: 'V', scale: 1, group: 'fast', ...at('Voltage') },
    { key: 'status', label: label('S'), kind: 'state', code: '0-0:97.97.0', unit: '', scale: 0, group: 'fast', ...at('Status') },
    { key: 'energyImport', label: label('E'), kind: 'register', code: '1-0:1.8.0', unit: 'kWh', scale: 3, group: 'energy', opcua: { path: ['nsu=urn:courtyard:simulator:plant;Energy', 'nsu=urn:courtyard:simulator:plant;Import'] } },
  ],
}) // prettier-ignore

export const chillerProfile = DeviceProfile.parse({
  ...{ id: 'plant-chiller', manufacturer: 'Courtyard', model: 'Simulated', label: label('chiller') },
  ...{ medium: 'equipment', driver: 'opcua', sources: ['simulators/src/opcua'] },
  groups: { fast: { intervalMs: 200 } },
  points: [
    { key: 'supply', label: label('T'), kind: 'gauge', code: '0-0:96.0.0', unit: '°C', scale: 1, group: 'fast', ...at('SupplyTemperature') },
    { key: 'setpoint', label: label('S'), kind: 'gauge', code: '0-0:96.0.1', unit: '°C', scale: 1, group: 'fast', ...at('Setpoint') },
    { key: 'enabled', label: label('E'), kind: 'state', code: '0-0:96.0.2', unit: '', scale: 0, group: 'fast', ...at('Enable') },
    { key: 'running', label: label('R'), kind: 'state', code: '0-0:96.0.3', unit: '', scale: 0, group: 'fast', ...at('Running') },
    { key: 'runHours', label: label('H'), kind: 'register', code: '0-0:96.8.0', unit: 'h', scale: 0, group: 'fast', ...at('RunHours') },
  ],
  commands: [
    { key: 'setTemperature', kind: 'setpoint', label: label('S'), unit: '°C', scale: 1, range: ['5', '15'], readBack: { point: 'setpoint', withinMs: 1_000 }, ...at('Setpoint') },
    { key: 'power', kind: 'relay', label: label('P'), opcua: { nodeId: '{root}.Enable', values: { open: '0', close: '1' } } },
    { key: 'write', kind: 'write', label: label('W') },
  ],
}) // prettier-ignore

export const root = (part: string) => ({ root: `nsu=urn:courtyard:simulator:plant;s=${part}` })
