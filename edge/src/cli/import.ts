import { createReadStream } from 'node:fs'
import { AppError } from '@courtyard/protocols/contract'
import { outboxFile, outboxLimits } from '../agent.ts'
import { systemClock } from '../clock.ts'
import type { SiteConfig } from '../config/index.ts'
import { errorCodes } from '../errors.ts'
import { ConfigSource } from '../fleet/index.ts'
import { importHistory } from '../history/history-import.ts'
import { createLogger } from '../log.ts'
import { Outbox } from '../outbox/index.ts'
import { configFile, noMore, readOptions } from './command.ts'

/** Exit code 1 when a line was bad or the outbox refused; what was good is kept. */
export async function importFile(args: readonly string[]): Promise<number> {
  const { values, positionals } = readOptions(args, { config: { type: 'string' }, file: { type: 'string' } })
  noMore(positionals)
  const site = new ConfigSource(configFile(values.config), () => systemClock.nowMs()).load()
  const file = values.file ?? '-'
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
