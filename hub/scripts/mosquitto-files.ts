/**
 * `npm run mosquitto-files -w hub -- --out DIR [--seen-as DIR]`: CA, certificates, revocation list, topic rules and a
 * configuration for a Mosquitto beside the hub, from the hub's database. Takes the hub's environment; with the hub's
 * own PostgreSQL the hub must not run meanwhile (a running hub writes them itself: MOSQUITTO_FILES).
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { AppError } from '@courtyard/protocols/contract'
import { writeMosquittoFiles } from '../src/modules/fleet/index.ts'
import { systemClock } from '../src/platform/clock.ts'
import { readConfig } from '../src/platform/config.ts'
import { openDatabase } from '../src/platform/database/database.ts'
import { makeLog } from '../src/platform/log.ts'
import { startSecurity } from '../src/platform/security/security.ts'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { out: { type: 'string' }, 'seen-as': { type: 'string' } } })
  const { config, issues } = readConfig(process.env)
  if (!values.out || !config) {
    const faults = issues.map(({ path, reason }) => `${path}: ${reason}`)
    throw new Error(values.out ? faults.join('\n') : 'usage: mosquitto-files --out DIR [--seen-as DIR]')
  }
  const folder = resolve(values.out)
  const seenAs = values['seen-as'] ?? folder
  const log = makeLog({ logLevel: 'warn', logFormat: 'text' })
  const db = await openDatabase({
    url: config.databaseUrl ?? undefined,
    folder: join(config.dataFolder, 'postgres'),
    log,
  })
  try {
    const security = await startSecurity({ config, db, clock: systemClock, log })
    await writeMosquittoFiles({ security, config }, { folder, seenAs })
    await security.stop()
  } finally {
    await db.close()
  }
  process.stdout.write(`written: ${folder}\n`)
}

await main().catch((error: unknown) => {
  const message = error instanceof AppError || error instanceof Error ? error.message : String(error)
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
})
