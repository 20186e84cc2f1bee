/** The contract suite on the two kinds of RTU line; on the serial one a reset is the adapter pulled out and back. */
import { createServer, connect, type AddressInfo, type Server } from 'node:net'
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Quality } from '@courtyard/protocols/contract'
import { loadProfiles } from '@courtyard/protocols/profile'
import { testDriverContext } from '../../testing/driver-context.ts'
import { describeDriverContract, type DriverHarness } from '../../testing/driver-contract.ts'
import { PtyTail, socatInstalled } from '../../testing/pty-pair.ts'
import { SimulatorProcess, type SimulatedMeter } from '../../testing/simulator-process.ts'
import type { DriverDevice } from '../driver.ts'
import { modbusDriver } from './index.ts'
import { ModbusBusConfig, type ModbusAddress } from './modbus.config.ts'

const profiles = loadProfiles()
let simulator: SimulatorProcess
let meters: SimulatedMeter[] = []
let line: ReplugLine | null = null

/** A serial port in front of a converter. When the converter cuts it, the port goes and is back at once as another. */
class ReplugLine {
  readonly path: string
  private readonly server: Server
  private readonly targetPort: number
  private current!: PtyTail
  private spare!: PtyTail
  private stopping = false
  private spareReady: Promise<void> = Promise.resolve()

  private constructor(path: string, targetPort: number) {
    this.path = path
    this.targetPort = targetPort
    this.server = createServer((downstream) => {
      const upstream = connect(this.targetPort, '127.0.0.1')
      upstream.on('error', () => {})
      downstream.on('error', () => {})
      downstream.pipe(upstream, { end: false })
      upstream.pipe(downstream, { end: false })
      downstream.on('close', () => upstream.destroy())
      upstream.on('close', () => {
        this.plugSpare()
        downstream.destroy()
      })
    })
  }

  static async start(targetPort: number): Promise<ReplugLine> {
    const folder = mkdtempSync(join(tmpdir(), 'courtyard-replug-'))
    const line = new ReplugLine(join(folder, 'port'), targetPort)
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve))
    line.current = await PtyTail.start(line.port)
    symlinkSync(line.current.path, line.path)
    line.spare = await PtyTail.start(line.port)
    return line
  }

  private get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Resolves when another port is ready for the next time. */
  ready(): Promise<void> {
    return this.spareReady
  }

  private plugSpare(): void {
    if (this.stopping) return
    const old = this.current
    this.current = this.spare
    symlinkSync(this.current.path, `${this.path}.next`)
    renameSync(`${this.path}.next`, this.path)
    this.spareReady = (async () => {
      await old.stop()
      this.spare = await PtyTail.start(this.port)
    })()
  }

  async stop(): Promise<void> {
    this.stopping = true
    await this.spareReady
    await this.current.stop()
    await this.spare.stop()
    this.server.close()
    rmSync(dirname(this.path), { recursive: true, force: true })
  }
}

beforeAll(async () => {
  simulator = await SimulatorProcess.start(['--rtu-port-base', '0'])
  meters = await simulator.meters()
  if (socatInstalled) line = await ReplugLine.start(contractMeters()[0]!.rtuPort!)
})
afterAll(async () => {
  await line?.stop()
  await simulator.stop()
})

const bus = (transport: object) => ModbusBusConfig.parse({ transport, timeoutMs: 300 })
const converter = (port: number) => bus({ type: 'rtu-tcp', host: '127.0.0.1', port })
const contractMeters = () => meters.filter((meter) => meter.endpoint === 'b1-electricity').slice(0, 2)
const deviceOf = (meter: SimulatedMeter): DriverDevice<ModbusAddress> => ({
  key: meter.key,
  address: { unitId: meter.unitId },
  profile: profiles.get(meter.profile)!,
})
const faults = {
  silent: { kind: 'silent' },
  reset: { kind: 'reset' },
  garbage: { kind: 'garbage', variant: 'bytes' },
  refusing: { kind: 'exception', code: 2 },
}
const harness: Omit<DriverHarness, 'bus'> = {
  definition: modbusDriver,
  busAt: converter,
  devices: () => contractMeters().map(deviceOf),
  group: 'fast',
  setFault: (key, fault) => simulator.setFault(key, fault && faults[fault]),
  badBuses: [
    { transport: { type: 'serial' } },
    { transport: { type: 'serial', path: '/dev/ttyUSB0', baudRate: 50 } },
    { transport: { type: 'serial', path: '/dev/ttyUSB0', host: 'x' } },
    { transport: { type: 'rtu-tcp', host: '127.0.0.1' } },
  ],
  badAddresses: [{}, { unitId: 256 }],
}

describeDriverContract('modbus RTU over TCP', {
  ...harness,
  bus: () => converter(contractMeters()[0]!.rtuPort!),
})

// In CI it must run: a machine without socat fails there instead of skipping.
describe.skipIf(!socatInstalled && !process.env['CI'])('serial (needs socat)', () => {
  describeDriverContract('modbus RTU on a serial port', {
    ...harness,
    bus: () => bus({ type: 'serial', path: line!.path }),
    setFault: async (key, fault) => {
      await line!.ready()
      await harness.setFault(key, fault)
    },
  })
})

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

test.each([
  ['another unit in the reply', { kind: 'wrongUnit' }, /a reply of unit \d+ in place of unit \d+/],
  ['a byte count of more than comes', { kind: 'garbage', variant: 'length' }, /bytes without a reply/],
])('%s is an invalid reply', async (_name, fault, message) => {
  const [meter] = contractMeters()
  const driver = modbusDriver.create(testDriverContext(converter(meter!.rtuPort!)), [deviceOf(meter!)])
  stops.push(() => driver.stop())
  await simulator.setFault(meter!.key, fault)
  const outcome = await driver.poll(meter!.key, 'fast')
  await simulator.setFault(meter!.key, null)
  expect(outcome.failure).toEqual({ quality: Quality.invalid, message: expect.stringMatching(message) })
  expect((await driver.poll(meter!.key, 'fast')).failure).toBeNull()
})
