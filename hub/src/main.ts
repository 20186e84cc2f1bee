/** The hub as a process: `node hub/src/main.ts`, configured by the environment (CONFIG.md). */
import { AppError } from '@courtyard/protocols/contract'
import { issueSetupToken } from './modules/accounts/index.ts'
import { modules } from './modules/index.ts'
import { readConfig } from './platform/config.ts'
import { startHub, type RunningHub } from './platform/hub.ts'
import { makeLog } from './platform/log.ts'

/** What has not ended by then is cut; the embedded database finishes its own shutdown by itself. */
const STOP_WITHIN_MS = 5_000

async function main(): Promise<void> {
  const { config, issues } = readConfig(process.env)
  if (!config) {
    const lines = issues.map(({ path, reason }) => `  ${path}: ${reason}`)
    process.stderr.write(`The configuration is not valid (see hub/CONFIG.md):\n${lines.join('\n')}\n`)
    process.exit(2)
  }
  const log = makeLog(config)
  const stopping = new AbortController()
  const starting = startHub({ config, log, modules })
  onSignals(async (reason) => {
    log.info({ reason }, 'stopping')
    stopping.abort()
    // A start that is under way is finished first, so that nothing is left behind
    await starting.then((running) => running.stop()).catch(() => undefined)
    log.info('stopped')
  })
  const running = await starting.catch((error: unknown) => {
    if (error instanceof AppError) log.fatal({ code: error.code }, error.message)
    else log.fatal({ err: error }, 'the hub could not start')
    process.exit(1)
  })
  if (!stopping.signal.aborted && running.app) await announce(running)
}

async function announce({ hub }: RunningHub): Promise<void> {
  process.stdout.write(`Courtyard hub ${hub.version} at ${hub.publicUrl}\n`)
  const token = await issueSetupToken(hub)
  if (!token) return
  process.stdout.write(
    `There is no administrator yet. Open this link within 24 hours to make one:\n  ${hub.publicUrl}/setup?token=${token}\n`,
  )
}

/** First signal: an orderly stop. Second one, or no end in time: at once. */
function onSignals(stop: (reason: string) => Promise<void>): void {
  let asked = false
  const end = (reason: string, code: number) => {
    if (asked) process.exit(code || 130)
    asked = true
    setTimeout(() => process.exit(code), STOP_WITHIN_MS).unref()
    void stop(reason).finally(() => process.exit(code))
  }
  process.on('SIGINT', () => end('SIGINT', 0))
  process.on('SIGTERM', () => end('SIGTERM', 0))
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`)
    end('uncaughtException', 1)
  })
  process.on('unhandledRejection', (reason) => {
    process.stderr.write(
      `unhandled rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`,
    )
    end('unhandledRejection', 1)
  })
}

await main()
