import { join } from 'node:path'
import type { DemoPorts } from './ports.ts'
import type { DemoOptions } from './settings.ts'
import { SimulatorControl } from './simulated-site.ts'
import type { ProgramSpec } from './supervisor.ts'

/** How the three programs of the demo are started. */
export interface Programs {
  readonly simulator: ProgramSpec
  readonly hub: ProgramSpec
  readonly edge: ProgramSpec
  readonly siteFile: string
  readonly hubUrl: string
}

export function programsOf(
  options: DemoOptions,
  ports: DemoPorts,
  onHubLine: (line: string) => void,
): Programs {
  const siteFile = join(options.dataFolder, 'site.yaml')
  const hubUrl = `http://127.0.0.1:${ports.hub}`
  // From the second start on a program takes half the time to load; what the environment names goes before
  const compiled = {
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(options.dataFolder, 'compiled'),
  }
  const watch = options.dev ? ['--watch', '--watch-preserve-output'] : []
  const simulatorFlags = [
    ...['--port-base', ports.meters, '--control-port', ports.simulatorControl],
    ...['--device-port-base', ports.devices],
  ]
  return {
    siteFile,
    hubUrl,
    simulator: {
      name: 'simulator',
      args: [
        ...watch,
        'simulators/bin/courtyard-simulator.ts',
        '--seed',
        options.seed,
        ...simulatorFlags,
      ].map(String),
      env: compiled,
      ready: () => new SimulatorControl(ports.simulatorControl).isReady(),
    },
    hub: {
      name: 'hub',
      args: [...watch, 'hub/src/main.ts'],
      env: {
        ...compiled,
        COURTYARD_DATA: options.dataFolder,
        PORT: String(ports.hub),
        MQTT_PORT: String(ports.mqtt),
        MQTT_TLS_PORT: String(ports.mqttTls),
      },
      ready: async () => (await fetch(`${hubUrl}/api/health`)).ok,
      onLine: onHubLine,
    },
    edge: {
      name: 'edge',
      args: [...watch, 'edge/bin/courtyard-edge.js', '--config', siteFile],
      env: compiled,
      ready: async () => (await fetch(`http://127.0.0.1:${ports.edgeStatus}/health`)).status < 500,
    },
  }
}
