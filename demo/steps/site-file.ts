import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse, stringify } from 'yaml'
import type { DemoPorts } from '../ports.ts'
import type { DemoOptions } from '../settings.ts'
import { writeWhole } from '../state.ts'

/**
 * Writes the edge's `site.yaml` for the simulator at these ports; the token goes into the file only. `extraFlags` are
 * what the simulator was started with besides.
 */
export async function writeSiteFile(
  options: DemoOptions,
  ports: DemoPorts,
  gateway: { name: string; token: string | null },
  extraFlags: Record<string, number> = {},
): Promise<void> {
  const flags = {
    seed: options.seed,
    'port-base': ports.meters,
    'control-port': ports.simulatorControl,
    'hub-url': `http://127.0.0.1:${ports.hub}`,
    'status-port': ports.edgeStatus,
    'data-dir': './edge',
    ...extraFlags,
  }
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)])
  const program = join(options.root, 'simulators/bin/courtyard-simulator.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [program, '--site-yaml', ...args])
  const site = parse(stdout) as { gateway: { name: string }; hub: { url: string; enrolmentToken?: string } }
  site.gateway.name = gateway.name
  if (gateway.token !== null) site.hub.enrolmentToken = gateway.token
  await writeWhole(join(options.dataFolder, 'site.yaml'), stringify(site))
}
