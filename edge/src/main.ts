/** The command line of the edge agent. */
import { createReadStream } from 'node:fs'
import { parseArgs } from 'node:util'
import { AppError } from '@courtyard/protocols/contract'
import { Agent, outboxFile, outboxLimits } from './agent.ts'
import { systemClock } from './clock.ts'
import { configReference, formatConfigError, loadSiteConfig, type SiteConfig } from './config/index.ts'
import { errorCodes } from './errors.ts'
import { importHistory } from './history/history-import.ts'
import { createLogger, type Logger } from './log.ts'
import { Outbox } from './outbox/index.ts'

const usage = `courtyard-edge --config site.yaml                       run the agent
courtyard-edge check --config site.yaml                 check the configuration
courtyard-edge import --config site.yaml [--file F|-]   take in a history of NDJSON lines
courtyard-edge config-reference                         print the reference of the configuration
`

/** How long an orderly stop may take before the process ends anyway; what was read is on the disk by then. */
const STOP_WITHIN_MS = 2_500

async function main(args: string[]): Promise<number | null> {
  const { values, positionals } = readArguments(args)
  const [command = 'run', ...more] = positionals
  if (values.help) return print(usage)
  if (more.length > 0) throw usageError(`unexpected: ${more.join(' ')}`)
  if (command === 'config-reference') return print(configReference())
  if (!['run', 'check', 'import'].includes(command)) throw usageError(`there is no command "${command}"`)
  if (values.file !== undefined && command !== 'import') throw usageError('--file belongs to import')
  if (values.config === undefined) throw usageError('--config is missing')
  const site = loadSiteConfig(values.config)
  if (command === 'check') return print(`${values.config} is good: ${summary(site)}\n`)
  if (command === 'import') return runImport(site, values.file ?? '-')
  await runAgent(values.config, site)
  return null
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        file: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw usageError((cause as Error).message)
  }
}

function usageError(message: string): AppError {
  return new AppError(errorCodes.usage, `${message}\n\n${usage}`)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function summary(site: SiteConfig): string {
  const devices = site.buses.reduce((sum, bus) => sum + bus.devices.length, 0)
  return `${site.buses.length} buses, ${devices} devices`
}

async function runAgent(configFile: string, site: SiteConfig): Promise<void> {
  const logger = createLogger(site.gateway.logLevel)
  const agent = new Agent(site, logger, (error) => {
    logger.fatal({ err: error }, 'the outbox broke; start the agent again, it will begin a new one')
    process.exit(1)
  })
  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return
    stopping = true
    // Not exit(), which waits for log lines that a hanging reader never takes.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_WITHIN_MS)
    logger.info({ signal }, 'stopping')
    const end = (code: number) => logger.flush(() => process.exit(code))
    agent.stop().then(
      () => {
        logger.info('stopped')
        end(0)
      },
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed')
        end(1)
      },
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  let reloads = Promise.resolve()
  process.on('SIGHUP', () => {
    reloads = reloads.then(() => (stopping ? undefined : reload(agent, configFile, logger)))
  })
  await agent.start()
}

/** A bad file changes nothing. */
async function reload(agent: Agent, configFile: string, logger: Logger): Promise<void> {
  let site: SiteConfig
  try {
    site = loadSiteConfig(configFile)
  } catch (error) {
    const issues = error instanceof AppError ? error.details['issues'] : undefined
    logger.error({ err: error, issues }, 'the new configuration is refused; the running one stays')
    return
  }
  await agent.reload(site)
}

/** Exit code 1 when a line was bad or the outbox refused; what was good is kept. */
async function runImport(site: SiteConfig, file: string): Promise<number> {
  const started = performance.now()
  const outbox = new Outbox({
    file: outboxFile(site),
    limits: outboxLimits(site),
    maxPages: site.outbox.maxPages,
    moveDamagedAside: false,
    clock: systemClock,
    logger: createLogger('error'),
  })
  try {
    const result = await importHistory({
      chunks: file === '-' ? process.stdin : readFileChunks(file),
      outbox,
      scales: pointScales(site),
      nowMs: Date.now(),
      onBadLine: (line, reason) => process.stderr.write(`line ${line}: ${reason}\n`),
    })
    const seconds = Math.round(performance.now() - started) / 1000
    process.stdout.write(`${JSON.stringify({ ...result, seconds })}\n`)
    return result.badLines > 0 ? 1 : 0
  } finally {
    outbox.close()
  }
}

async function* readFileChunks(file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new AppError(errorCodes.importUnreadable, `--file ${file} cannot be read: ${reason}`, { cause })
  }
}

function pointScales(site: SiteConfig): ReadonlyMap<string, number> {
  const devices = site.buses.flatMap((bus) => bus.devices)
  return new Map(
    devices.flatMap(({ key, profile }) =>
      profile.points.map((point): [string, number] => [`${key}/${point.key}`, point.scale]),
    ),
  )
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
