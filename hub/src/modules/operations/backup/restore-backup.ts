/**
 * Restores a backup: checks everything before it touches anything, then puts files in place (adding only), then the
 * tables in one transaction. Killed at any moment, the database is what it was or what the backup says.
 */
import { constants, createReadStream, createWriteStream } from 'node:fs'
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readMigrations, type Migration } from '../../../platform/database/migrate.ts'
import { fail } from '../../../platform/errors.ts'
import type { FileStore } from '../../../platform/files/file-store.ts'
import { loadMasterKeys, parseKeys } from '../../../platform/security/master-key.ts'
import { operationsErrors } from '../errors.ts'
import { checkBackup } from './check-backup.ts'
import { DATA_PREFIX, hashOfFile, isStoredFile } from './data-files.ts'
import { syncFolder, writeSynced } from './hashing.ts'
import type { Manifest, StoredFile } from './manifest.ts'
import { restoreDatabase } from './restore.repository.ts'
import { openKeys } from './sealed-keys.ts'

export interface RestoreTask {
  readonly folder: string
  readonly databaseUrl: string
  readonly dataFolder: string
  /** As in the configuration; null: in the data folder. */
  readonly masterKey: string | null
  readonly passphrase: string | null
  readonly overwrite: boolean
  /** Where uploaded files are to lie when it is not the data folder. */
  readonly filesElsewhere: FileStore | null
  tell(what: string): void
}

/** @throws AppError `backup.broken`, `backup.unknown_version`, `restore.*` */
export async function restoreBackup(task: RestoreTask): Promise<Manifest> {
  task.tell('checking the backup')
  const manifest = await checkBackup(task.folder)
  const migrations = await migrationsOf(manifest)
  const keys = await keysFor(task, manifest)
  await mkdir(task.dataFolder, { recursive: true })
  if (keys !== null) await writeKeys(task.dataFolder, keys)
  task.tell(`${manifest.files.length} files`)
  for (const file of manifest.files) await putFile(task, file)
  await restoreDatabase({
    ...{ url: task.databaseUrl, folder: task.folder, overwrite: task.overwrite },
    ...{ manifest, migrations, tell: (what: string) => task.tell(what) },
  })
  return manifest
}

/** Those that the backup's database had; newer ones are applied when the hub starts. */
async function migrationsOf({ migrations, hubVersion }: Manifest): Promise<Migration[]> {
  const ours = new Map((await readMigrations()).map((one) => [one.name, one]))
  return migrations.map(({ name, checksum }) => {
    const known = ours.get(name)
    if (known?.checksum === checksum) return known
    throw fail(
      operationsErrors.backupUnknownVersion,
      `The backup is of version ${hubVersion}, whose migration ${name} this version does not have; restore it with that version, then update`,
    )
  })
}

/**
 * Without the keys the hub would not start on the restored database.
 * @returns text for `master.key`; null when the right keys are there
 */
async function keysFor(task: RestoreTask, manifest: Manifest): Promise<string | null> {
  const file = join(task.dataFolder, 'master.key')
  const there =
    task.masterKey !== null ||
    (await access(file, constants.F_OK).then(
      () => true,
      () => false,
    ))
  if (there) {
    const known = await loadMasterKeys(task.dataFolder, task.masterKey)
    if (known.some(({ id }) => id.toString('hex') === manifest.keyIds[0])) return null
    throw fail(
      operationsErrors.restoreKeys,
      `The master key here is not the one of the backup; put that one into ${file} or COURTYARD_MASTER_KEY`,
    )
  }
  if (!manifest.keys) {
    throw fail(
      operationsErrors.restoreKeys,
      `The master key is not in this backup; put your copy of it into ${file} or COURTYARD_MASTER_KEY first`,
    )
  }
  if (task.passphrase === null) {
    throw fail(operationsErrors.restorePassphrase, 'The master key in this backup needs its passphrase')
  }
  const text = await openKeys(await readFile(join(task.folder, manifest.keys.path)), task.passphrase)
  parseKeys(text, 'the backup')
  return text
}

async function writeKeys(dataFolder: string, text: string): Promise<void> {
  const draft = join(dataFolder, 'master.key.restored')
  await rm(draft, { force: true })
  await writeSynced(draft, text)
  await rename(draft, join(dataFolder, 'master.key'))
  await syncFolder(dataFolder)
}

/** A file that is there already stays; other content under its name is replaced in one step. */
async function putFile(task: RestoreTask, file: StoredFile): Promise<void> {
  if (task.filesElsewhere && isStoredFile(file)) {
    return task.filesElsewhere.put(file.sha256, await readFile(join(task.folder, file.path)))
  }
  const target = join(task.dataFolder, file.path.slice(DATA_PREFIX.length))
  if ((await hashOfFile(target).catch(() => null)) === file.sha256) return
  await mkdir(dirname(target), { recursive: true })
  const draft = `${target}.part`
  const write = createWriteStream(draft, { mode: 0o600, flush: true })
  await pipeline(createReadStream(join(task.folder, file.path)), write)
  await rename(draft, target)
}
