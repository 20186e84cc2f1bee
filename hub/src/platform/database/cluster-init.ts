import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail, platformErrors } from '../errors.ts'
import { saveAccess, type ClusterAccess } from './cluster-access.ts'
import { findFreePort } from './free-port.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'
import type { ServerAccount } from './server-account.ts'

/** Makes `folder/data` with page checksums and a random password. `durable: false` for throw-away databases. */
export async function initialiseCluster(
  folder: string,
  binaries: PostgresBinaries,
  account: ServerAccount,
  durable: boolean,
): Promise<ClusterAccess> {
  const access = {
    port: await findFreePort(),
    user: 'courtyard',
    password: randomBytes(24).toString('base64url'),
  }
  const passwordFile = join(folder, 'password.tmp')
  await writeFile(passwordFile, `${access.password}\n`, { mode: 0o600 })
  if (account.owner) await chown(passwordFile, account.owner.uid, account.owner.gid)
  try {
    await runInitdb(account, binaries.initdb, [
      `--pgdata=${join(folder, 'data')}`,
      `--username=${access.user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--data-checksums',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ])
  } finally {
    await rm(passwordFile, { force: true })
  }
  // Last: its presence says that the cluster is whole
  await saveAccess(folder, access)
  return access
}

function runInitdb(account: ServerAccount, initdb: string, args: string[]): Promise<void> {
  const command = account.wrap(initdb, args)
  return new Promise((resolve, reject) => {
    const child = spawn(command.program, command.args, {
      ...command.options,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', PGDATA: undefined },
    })
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else
        reject(fail(platformErrors.databaseStart, `The database folder could not be made: ${words.trim()}`))
    })
  })
}
