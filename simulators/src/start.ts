import { loadProfiles } from '@courtyard/protocols/profile'
import { ControlServer } from './control/control-server.ts'
import type { TruthView } from './control/views.ts'
import type { FaultRequest } from './faults.ts'
import { ModbusServer } from './modbus/modbus-server.ts'
import { rtuSerial } from './modbus/rtu-serial.ts'
import { RtuServer } from './modbus/rtu-server.ts'
import type { ServerStats } from './modbus/stats.ts'
import type { UnitHandler } from './modbus/unit-answer.ts'
import { unitHandler } from './modbus/unit-handler.ts'
import {
  checkedOptions,
  parseSerialLine,
  type SimulatorOptions,
  type SimulatorOptionsInput,
} from './options.ts'
import { Simulation } from './simulation.ts'
import { buildBenchSite } from './site/bench-site.ts'
import type { EndpointAddress } from './site/site-config.ts'
import { furtherDevicesOf, type FurtherPorts } from './site/further-devices.ts'
import { runFurtherDevices } from './site/run-further-devices.ts'
import type { Site } from './site/site.types.ts'
import { buildWutongCourt } from './site/wutong.ts'

/** A simulator that listens. */
export interface RunningSimulator {
  readonly site: Site
  /** In the order of `site.endpoints`. */
  readonly endpoints: readonly EndpointAddress[]
  /** Terminals and lines of other protocols; null when the options don't ask for them. */
  readonly furtherPorts: FurtherPorts | null
  readonly controlPort: number
  readonly controlUrl: string
  truth(meterKey: string, atMs?: number): TruthView
  setFault(meterKey: string, fault: FaultRequest): object
  clearFault(meterKey: string): object
  stats(): ServerStats
  /** Closes every port and connection. */
  stop(): Promise<void>
}

/** The site that these options describe, without opening any port. */
export function buildSite(
  options: Pick<SimulatorOptions, 'seed' | 'meters' | 'endpoints' | 'benchProfile'>,
): Site {
  const profiles = loadProfiles()
  if (options.meters === undefined) return buildWutongCourt(options.seed, profiles)
  const { seed, meters: count, endpoints, benchProfile: profile } = options
  return buildBenchSite(seed, { count, endpoints, profile }, profiles)
}

/**
 * Opens all ports. Throws AppError `simulator.bad_options`, or the system's error when a port is taken; then nothing
 * is left open. `now` gives the simulation another clock (milliseconds since the epoch).
 */
export async function startSimulator(
  input: SimulatorOptionsInput = {},
  now: () => number = Date.now,
): Promise<RunningSimulator> {
  const options = checkedOptions(input)
  const simulation = new Simulation(buildSite(options), now, options.stateFile)
  const serial = options.serial === undefined ? null : parseSerialLine(options.serial)
  const servers: { stop(): Promise<void> }[] = []
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()))
  }
  try {
    const endpoints: EndpointAddress[] = []
    for (const [index, key] of simulation.site.endpoints.entries()) {
      const context = { park: simulation.park, stats: simulation.counters, now, faultOf: simulation.faultOf }
      const handler = unitHandler(key, context)
      const server = new ModbusServer(handler, simulation.counters)
      servers.push(server)
      const port = await server.listen(
        options.portBase === 0 ? 0 : options.portBase + index + 1,
        options.host,
      )
      const rtuPort = await listenRtu(options, index, handler, simulation.counters, servers)
      endpoints.push({ key, host: options.host, port, ...(rtuPort === undefined ? {} : { rtuPort }) })
      if (serial?.endpoint === key) {
        const line = rtuSerial(serial, handler, simulation.counters)
        servers.push(line)
        await line.start()
      }
    }
    const furtherPorts = await startFurther(options, simulation.site, now, servers)
    simulation.setEndpoints(endpoints)
    const control = new ControlServer(simulation)
    servers.push(control)
    const controlPort = await control.listen(options.controlPort)
    return {
      site: simulation.site,
      endpoints,
      furtherPorts,
      controlPort,
      controlUrl: `http://127.0.0.1:${controlPort}`,
      truth: (meterKey, atMs) => simulation.truth(meterKey, atMs),
      setFault: (meterKey, fault) => simulation.setFault(meterKey, fault),
      clearFault: (meterKey) => simulation.clearFault(meterKey),
      stats: () => simulation.stats(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The same units as RTU over TCP, when the options ask for it. Returns the port. */
async function listenRtu(
  { rtuPortBase, host }: SimulatorOptions,
  index: number,
  handler: UnitHandler,
  stats: ServerStats,
  servers: { stop(): Promise<void> }[],
): Promise<number | undefined> {
  if (rtuPortBase === undefined) return undefined
  const server = new RtuServer(handler, stats)
  servers.push(server)
  return server.listen(rtuPortBase === 0 ? 0 : rtuPortBase + index + 1, host)
}

async function startFurther(
  { devicePortBase: portBase, host, meters }: SimulatorOptions,
  { seed, households }: Site,
  now: () => number,
  servers: { stop(): Promise<void> }[],
): Promise<FurtherPorts | null> {
  if (portBase === undefined || meters !== undefined) return null
  const further = furtherDevicesOf(seed, households)
  const running = await runFurtherDevices(further, { seed, portBase, host, now })
  servers.push(running)
  return running.ports
}
