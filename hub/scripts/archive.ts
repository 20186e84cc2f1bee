/**
 * `npm run archive -- list [--project CODE]`, `show <id> [--limit N]`, `restore <id>`: archives of old readings. `list`
 * and `show` read the files alone; `restore` works on the database, and with the hub's own PostgreSQL the hub must not
 * run meanwhile (the console does it while it runs). An id may be shortened to its first eight characters.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import {
  archiveFolder,
  listArchiveFiles,
  readArchive,
  restoreArchive,
} from '../src/modules/operations/index.ts'
import { systemClock } from '../src/platform/clock.ts'
import { readConfig, type HubConfig } from '../src/platform/config.ts'
import { openDatabase } from '../src/platform/database/database.ts'
import { makeLog } from '../src/platform/log.ts'

const USAGE = 'usage: npm run archive -- list [--project CODE] | show <id> [--limit N] | restore <id>'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { project: { type: 'string' }, limit: { type: 'string', default: '20' } },
  })
  const [verb, id] = positionals
  const { config, issues } = readConfig(process.env)
  if (!config) throw new Error(issues.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))
  if (verb === 'list') return list(config, values.project)
  if (id === undefined) throw new Error(USAGE)
  if (verb === 'show') return show(config, id, Number(values.limit))
  if (verb === 'restore') return restore(config, id)
  throw new Error(USAGE)
}

async function list(config: HubConfig, project: string | undefined): Promise<void> {
  const all = await listArchiveFiles(archiveFolder(config.dataFolder))
  const shown = all.filter(({ manifest }) => project === undefined || manifest.project.code === project)
  for (const { file, manifest } of shown) {
    const { id, day, kind, rows, readings, bytes } = manifest
    const size = `${rows} rows, ${readings} readings, ${bytes} bytes`
    process.stdout.write(`${id.slice(0, 8)}  ${manifest.project.code}  ${day}  ${kind}  ${size}  ${file}\n`)
  }
  process.stdout.write(`${shown.length} archives\n`)
}

async function find(config: HubConfig, id: string) {
  const found = (await listArchiveFiles(archiveFolder(config.dataFolder))).filter(({ manifest }) =>
    manifest.id.startsWith(id),
  )
  if (id.length >= 8 && found.length === 1) return found[0]!
  throw new Error(`${id} names ${found.length} archives`)
}

/** As CSV: readings as point, instant, value, quality; messages by what they say about themselves. */
async function show(config: HubConfig, id: string, limit: number): Promise<void> {
  const { file, manifest } = await find(config, id)
  let left = limit
  for await (const row of readArchive(archiveFolder(config.dataFolder), file, manifest)) {
    const lines =
      'offsets' in row
        ? row.offsets.map((offset, i) => {
            const mantissa = row.mantissas[i] ?? null
            const value = mantissa === null ? '' : formatUnits(mantissa, row.scale)
            const at = new Date(row.firstMs + offset).toISOString()
            return [row.gateway, row.point, at, value, row.unit, row.qualities?.[i] ?? 0].join(',')
          })
        : [
            [row.id, row.gateway, row.outbox, row.sequence, row.receivedAt, row.readings, row.sha256].join(
              ',',
            ),
          ]
    for (const line of lines.slice(0, left)) process.stdout.write(`${line}\n`)
    left -= lines.length
    if (left <= 0) return
  }
}

async function restore(config: HubConfig, id: string): Promise<void> {
  const { manifest } = await find(config, id)
  const db = await openDatabase({
    url: config.databaseUrl ?? undefined,
    folder: join(config.dataFolder, 'postgres'),
    log: makeLog({ logLevel: 'warn', logFormat: 'text' }),
  })
  try {
    await restoreArchive({ db, config, clock: systemClock }, manifest.id)
  } finally {
    await db.close()
  }
  process.stdout.write(`${manifest.rows} rows are in the database again\n`)
}

try {
  await main()
} catch (error) {
  const code = error instanceof AppError ? ` (${error.code})` : ''
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${code}\n`)
  process.exitCode = 1
}
