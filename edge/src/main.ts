/** The command line of the edge agent. */
import { AppError } from '@courtyard/protocols/contract'
import { print, usage, usageError } from './cli/command.ts'
import { configReference, formatConfigError } from './config/index.ts'
import { errorCodes } from './errors.ts'

type Command = (args: readonly string[]) => number | null | Promise<number | null>

/** Loaded when they are wanted: a look at the profiles needs no MQTT client. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./cli/run.ts')).run,
  check: async () => (await import('./cli/configuration.ts')).check,
  enrol: async () => (await import('./cli/configuration.ts')).enrol,
  'local-config': async () => (await import('./cli/configuration.ts')).localConfig,
  profiles: async () => (await import('./cli/profiles.ts')).profiles,
  probe: async () => (await import('./cli/probe.ts')).probe,
  scan: async () => (await import('./cli/scan.ts')).scan,
  import: async () => (await import('./cli/import.ts')).importFile,
  'config-reference': () => Promise.resolve(() => print(configReference())),
}
/** These have a help of their own. */
const withHelp = ['profiles', 'probe', 'scan']

async function main(args: readonly string[]): Promise<number | null> {
  const named = args[0] !== undefined && !args[0].startsWith('-')
  const [name = 'run', rest] = named ? [args[0], args.slice(1)] : ['run', args]
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) throw usageError(`there is no command "${name}"`)
  if (rest.some((arg) => arg === '--help' || arg === '-h') && !withHelp.includes(name)) return print(usage)
  return (await load())(rest)
}

/** 2: the command line or the configuration is wrong; 1: anything else. */
function report(error: unknown): number {
  if (error instanceof AppError && error.code === errorCodes.configInvalid) {
    process.stderr.write(`${formatConfigError(error)}\n`)
    return 2
  }
  if (error instanceof AppError) {
    process.stderr.write(`${error.message}\n`)
    return error.code === errorCodes.usage ? 2 : 1
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}

try {
  const code = await main(process.argv.slice(2))
  if (code !== null) process.exitCode = code
} catch (error) {
  process.exitCode = report(error)
}
