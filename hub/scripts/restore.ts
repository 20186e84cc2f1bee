/**
 * `npm run restore -- <backup> [--overwrite] [--passphrase-file FILE]`: puts a backup in place of what the database
 * holds. Takes the hub's environment; the hub must not run meanwhile. <backup> is a folder, or the name of one below
 * COURTYARD_BACKUPS.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '@courtyard/protocols/contract'
import { restoreBackup } from '../src/modules/operations/index.ts'
import { readConfig, type HubConfig } from '../src/platform/config.ts'
import { startEmbeddedPostgres } from '../src/platform/database/embedded-postgres.ts'
import { elsewhere } from '../src/platform/files/files.ts'
import { makeLog } from '../src/platform/log.ts'

const USAGE = 'usage: npm run restore -- <backup> [--overwrite] [--passphrase-file FILE]'

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { overwrite: { type: 'boolean', default: false }, 'passphrase-file': { type: 'string' } },
  })
  const [named, ...more] = positionals
  if (named === undefined || more.length > 0) throw new Error(USAGE)
  const { config, issues } = readConfig(process.env)
  if (!config) throw new Error(issues.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))
  const passphraseFile = values['passphrase-file']
  const passphrase =
    passphraseFile === undefined ? null : (await readFile(passphraseFile, 'utf8')).replace(/\r?\n$/, '')
  const { url, stop } = await databaseOf(config)
  try {
    const manifest = await restoreBackup({
      ...{ folder: folderOf(config, named), databaseUrl: url, dataFolder: config.dataFolder },
      ...{ masterKey: config.masterKey, passphrase, overwrite: values.overwrite },
      filesElsewhere: elsewhere(config),
      tell: (what) => process.stdout.write(`${what}\n`),
    })
    process.stdout.write(`restored: the hub as of ${manifest.takenAt}; start it with npm run hub\n`)
  } finally {
    await stop()
  }
}

function folderOf({ backupFolder }: HubConfig, named: string): string {
  return existsSync(named) ? resolve(named) : join(backupFolder, named)
}

async function databaseOf(config: HubConfig): Promise<{ url: string; stop: () => Promise<void> }> {
  if (config.databaseUrl) return { url: config.databaseUrl, stop: async () => undefined }
  const log = makeLog({ logLevel: 'warn', logFormat: 'text' })
  const server = await startEmbeddedPostgres({ folder: join(config.dataFolder, 'postgres'), log })
  return { url: server.url, stop: () => server.stop() }
}

try {
  await main()
} catch (error) {
  const code = error instanceof AppError ? ` (${error.code})` : ''
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${code}\n`)
  process.exitCode = 1
}
