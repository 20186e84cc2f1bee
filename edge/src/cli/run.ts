import { AppError } from '@courtyard/protocols/contract'
import { Agent } from '../agent.ts'
import { systemClock } from '../clock.ts'
import type { SiteConfig } from '../config/index.ts'
import { ConfigSource } from '../fleet/index.ts'
import { createLogger, type Logger } from '../log.ts'
import { LogRing } from '../log-ring.ts'
import { parseEnrolLink } from '../uplink/index.ts'
import { configFile, noMore, readOptions, readSecretArgument } from './command.ts'

/** How long an orderly stop may take before the process ends anyway; what was read is on the disk by then. */
const STOP_WITHIN_MS = 2_500

/** Runs until a signal. */
export async function run(args: readonly string[]): Promise<null> {
  const { values, positionals } = readOptions(args, { config: { type: 'string' }, enrol: { type: 'string' } })
  noMore(positionals)
  const source = new ConfigSource(configFile(values.config), () => systemClock.nowMs())
  const link = values.enrol === undefined ? null : parseEnrolLink(await readSecretArgument(values.enrol))
  const withLink = (site: SiteConfig) => (link ? { ...site, hub: { ...site.hub, ...link } } : site)
  const site = withLink(source.load())
  const ring = new LogRing()
  const logger = createLogger(site.gateway.logLevel, ring)
  sayWhatRuns(source, site, logger)
  const agent = new Agent(site, logger, (error) => onCorrupt(error, logger), systemClock, { source, ring })
  const stopping = stopOnSignal(agent, logger)
  process.on('SIGHUP', () => {
    agent.whenSettled(async () => {
      if (!stopping()) await reload(agent, source, withLink, logger)
    })
  })
  try {
    await agent.start()
  } catch (error) {
    // What was begun before would keep the process alive without doing its work.
    await agent.stop()
    throw error
  }
  return null
}

function sayWhatRuns(source: ConfigSource, site: SiteConfig, logger: Logger): void {
  const { revision } = site.source
  if (revision === null) return
  const ignored = source.ignoredKeys()
  logger.info({ revision, ignored }, `the configuration of the hub runs${ignored.length > 0 ? '; these sections of the site file have no effect' : ''}`) // prettier-ignore
}

function onCorrupt(error: Error, logger: Logger): void {
  logger.fatal({ err: error }, 'the outbox broke; start the agent again, it will begin a new one')
  process.exit(1)
}

/** Returns whether the end has begun. */
function stopOnSignal(agent: Agent, logger: Logger): () => boolean {
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
  return () => stopping
}

/** A bad file changes nothing. */
async function reload(
  agent: Agent,
  source: ConfigSource,
  withLink: (site: SiteConfig) => SiteConfig,
  logger: Logger,
): Promise<void> {
  let site: SiteConfig
  try {
    site = withLink(source.reload())
  } catch (error) {
    const issues = error instanceof AppError ? error.details['issues'] : undefined
    logger.error({ err: error, issues }, 'the new configuration is refused; the running one stays')
    return
  }
  sayWhatRuns(source, site, logger)
  await agent.reload(site)
}
