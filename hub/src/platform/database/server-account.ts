import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { SpawnOptions } from 'node:child_process'
import { AppError } from '@courtyard/protocols/contract'
import { platformErrors } from '../errors.ts'

const run = promisify(execFile)

export interface ServerAccount {
  /** Owner of the data folder; null when the server runs as the current user. */
  readonly owner: { uid: number; gid: number } | null
  /** Program and arguments that start `program` under the account. */
  wrap(program: string, args: string[]): { program: string; args: string[]; options: SpawnOptions }
}

/**
 * PostgreSQL refuses to run as root. When we are root it runs as the user `postgres`, which is made when
 * missing. Folders that only root may enter (such as a checkout in /root) stay reachable for it through the
 * capability to search directories, given by util-linux's `setpriv`.
 */
export async function findServerAccount(paths: readonly string[]): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) {
    return { owner: null, wrap: (program, args) => ({ program, args, options: {} }) }
  }
  const owner = await ensurePostgresUser()
  if (await canEnter(owner, paths)) {
    return { owner, wrap: (program, args) => ({ program, args, options: { ...owner } }) }
  }
  const capability = ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search']
  const identity = ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups']
  return {
    owner,
    wrap: (program, args) => ({
      program: 'setpriv',
      args: [...identity, ...capability, '--', program, ...args],
      options: {},
    }),
  }
}

async function ensurePostgresUser(): Promise<{ uid: number; gid: number }> {
  const known = await idOf('postgres')
  if (known) return known
  try {
    await run('groupadd', ['--system', 'postgres']).catch(() => undefined)
    await run('useradd', [
      '--system',
      '-g',
      'postgres',
      '--no-create-home',
      '--shell',
      '/bin/false',
      'postgres',
    ])
  } catch (cause) {
    throw new AppError(
      platformErrors.noPostgresUser.code,
      'PostgreSQL must not run as root and the user "postgres" could not be made; run as another user or set DATABASE_URL',
      { cause },
    )
  }
  return (await idOf('postgres'))!
}

async function idOf(name: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return null
  }
}

async function canEnter(owner: { uid: number; gid: number }, paths: readonly string[]): Promise<boolean> {
  const tests = paths.map((path) =>
    run('test', ['-r', path], owner).then(
      () => true,
      () => false,
    ),
  )
  return (await Promise.all(tests)).every(Boolean)
}
