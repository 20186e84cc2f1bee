/** Command line of the simulator: flags over environment over defaults. */
import { parseArgs } from 'node:util'
import { AppError, type InputIssue } from '@courtyard/protocols/contract'
import { SimulatorErrorCode } from './errors.ts'
import { SimulatorOptions, SiteYamlOptions } from './options.ts'

export interface Command {
  readonly action: 'run' | 'siteYaml' | 'help'
  readonly options: SimulatorOptions
  readonly yaml: SiteYamlOptions
}

/** Flag, environment variable and meaning of each option. */
const settings = [
  ['seed', 'COURTYARD_SIMULATOR_SEED', 'seed', 'number that all chance comes from (default 1)'],
  ['portBase', 'COURTYARD_SIMULATOR_PORT_BASE', 'port-base', 'endpoints listen on the ports after it (default 15020, 0 any)'],
  ['controlPort', 'COURTYARD_SIMULATOR_CONTROL_PORT', 'control-port', 'HTTP port on localhost (default 15000, 0 any)'],
  ['rtuPortBase', 'COURTYARD_SIMULATOR_RTU_PORT_BASE', 'rtu-port-base', 'endpoints also speak RTU over TCP on the ports after it (0 any)'],
  ['serial', 'COURTYARD_SIMULATOR_SERIAL', 'serial', 'one endpoint also on a serial port: endpoint=path,9600,8N1'],
  ['devicePortBase', 'COURTYARD_SIMULATOR_DEVICE_PORT_BASE', 'device-port-base', 'terminals, DL/T 645 and CJ/T 188 lines too, on the ports after it (0 any)'],
  ['host', 'COURTYARD_SIMULATOR_HOST', 'host', 'address of the Modbus endpoints (default 127.0.0.1)'],
  ['stateFile', 'COURTYARD_SIMULATOR_STATE', 'state', 'file in which replaced meters outlive the process'],
  ['meters', 'COURTYARD_SIMULATOR_METERS', 'meters', 'bench: so many like meters instead of the neighbourhood'],
  ['endpoints', 'COURTYARD_SIMULATOR_ENDPOINTS', 'endpoints', 'bench: on so many TCP endpoints (default 8)'],
  ['benchProfile', 'COURTYARD_SIMULATOR_BENCH_PROFILE', 'bench-profile', 'bench: their profile (default eastron-sdm630)'],
] as const // prettier-ignore

const yamlSettings = [
  ['hubUrl', 'hub-url', 'with --site-yaml: address of the hub'],
  ['enrolmentToken', 'enrolment-token', 'with --site-yaml: one-time token made in the hub'],
  ['dataDir', 'data-dir', 'with --site-yaml: folder of the edge'],
  ['statusPort', 'status-port', 'with --site-yaml: port of the edge’s status page'],
] as const

export function helpText(): string {
  const lines = [
    ...settings.map(([, env, flag, text]) => `  --${flag.padEnd(18)}${text} [${env}]`),
    `  --${'site-yaml'.padEnd(18)}print the edge's site.yaml for this simulator and leave`,
    ...yamlSettings.map(([, flag, text]) => `  --${flag.padEnd(18)}${text}`),
  ]
  return `courtyard-simulator: a neighbourhood of meters on real Modbus TCP sockets\n\n${lines.join('\n')}\n`
}

/** Throws AppError `simulator.bad_options` with every fault of flags and environment in `details.issues`. */
export function parseCommand(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  const issues: InputIssue[] = []
  const flags = readFlags(args, issues)
  const fromFlags = (pairs: readonly (readonly [string, string, ...string[]])[]) =>
    Object.fromEntries(
      pairs.flatMap(([key, flag]) => (flags[flag] === undefined ? [] : [[key, flags[flag]]])),
    )
  const fromEnv = Object.fromEntries(settings.flatMap(([key, name]) => (env[name] ? [[key, env[name]]] : [])))
  const given = fromFlags(settings.map(([key, , flag]) => [key, flag] as const))
  const options = SimulatorOptions.safeParse({ ...fromEnv, ...given })
  const yaml = SiteYamlOptions.safeParse(fromFlags(yamlSettings))
  for (const issue of options.error?.issues ?? []) {
    const key = String(issue.path[0])
    const setting = settings.find(([name]) => name === key)
    issues.push({ path: key in given ? `--${setting?.[2]}` : (setting?.[1] ?? key), reason: issue.message })
  }
  for (const issue of yaml.error?.issues ?? []) {
    const flag = yamlSettings.find(([name]) => name === issue.path[0])?.[1]
    issues.push({ path: `--${flag}`, reason: issue.message })
  }
  if (issues.length > 0 || !options.success || !yaml.success) {
    throw new AppError(SimulatorErrorCode.badOptions, 'options are wrong', { details: { issues } })
  }
  const action = flags.help ? 'help' : flags['site-yaml'] ? 'siteYaml' : 'run'
  return { action, options: options.data, yaml: yaml.data }
}

type Flags = Record<string, string | boolean | undefined>

function readFlags(args: readonly string[], issues: InputIssue[]): Flags {
  const kinds = new Map<string, 'string' | 'boolean'>([
    ...settings.map(([, , flag]) => [flag, 'string'] as const),
    ...yamlSettings.map(([, flag]) => [flag, 'string'] as const),
    ['site-yaml', 'boolean'],
    ['help', 'boolean'],
  ])
  const options = Object.fromEntries([...kinds].map(([flag, type]) => [flag, { type }]))
  // Not strict, so that all wrong flags are told at once instead of the first.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const flags: Flags = {}
  for (const token of tokens) {
    if (token.kind === 'positional') issues.push({ path: token.value, reason: 'is not a flag' })
    if (token.kind !== 'option') continue
    const reason = faultOfFlag(kinds.get(token.name), token.value)
    if (reason) issues.push({ path: token.rawName, reason })
    else flags[token.name] = token.value ?? true
  }
  return flags
}

function faultOfFlag(kind: 'string' | 'boolean' | undefined, value: string | undefined): string | null {
  if (!kind) return 'no such flag'
  if (kind === 'string' && value === undefined) return 'needs a value'
  return kind === 'boolean' && value !== undefined ? 'takes no value' : null
}
