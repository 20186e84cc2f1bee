/** Files of the data folder that belong into a backup. */
import { createReadStream, createWriteStream } from 'node:fs'
import { link, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fail } from '../../../platform/errors.ts'
import { placeOf, type FileStore } from '../../../platform/files/file-store.ts'
import { operationsErrors } from '../errors.ts'
import { Gauge, Nowhere } from './hashing.ts'
import type { StoredFile } from './manifest.ts'

/**
 * Folders below COURTYARD_DATA with what is nowhere else. Not: `postgres` (the database is copied as tables),
 * `master.key` (sealed, or kept apart by people), `messages` (what the file transport wrote), `backups`.
 */
export const DATA_FOLDERS = ['files', 'archive'] as const
/** Where they stand in a backup. */
export const DATA_PREFIX = 'data/'
/** The backup before, whose files need not be written again. */
export interface EarlierBackup {
  readonly folder: string
  readonly files: ReadonlyMap<string, StoredFile>
}

export interface DataFile {
  /** Relative to the data folder, with `/`. */
  readonly path: string
  readonly bytes: number
}

/** What is half written is left out: `.part`, `.partial`, uploads under way. */
export async function listDataFiles(dataFolder: string): Promise<DataFile[]> {
  const files: DataFile[] = []
  for (const name of DATA_FOLDERS) await walk(dataFolder, name, files)
  return files
}

async function walk(root: string, path: string, files: DataFile[]): Promise<void> {
  const entries = await readdir(join(root, path), { withFileTypes: true }).catch(ignoreMissing([]))
  for (const entry of entries) {
    const below = `${path}/${entry.name}`
    if (below === 'files/incoming') continue
    if (entry.isDirectory()) await walk(root, below, files)
    else if (entry.isFile() && !/\.part(ial)?$/.test(entry.name)) {
      const facts = await stat(join(root, below)).catch(ignoreMissing(null))
      if (facts) files.push({ path: below, bytes: facts.size })
    }
  }
}

/**
 * Copies a file into a backup, or links the same file of the backup before, which costs no room.
 * @returns null when it went away meanwhile
 */
export async function copyDataFile(
  dataFolder: string,
  file: DataFile,
  backup: string,
  before: EarlierBackup | null,
  passed: (bytes: number) => void,
): Promise<StoredFile | null> {
  const path = DATA_PREFIX + file.path
  const target = join(backup, path)
  await mkdir(dirname(target), { recursive: true })
  const known = before?.files.get(path)
  if (before && known?.bytes === file.bytes) {
    const sha256 = await hashOfFile(join(dataFolder, file.path), passed).catch(ignoreMissing(null))
    if (sha256 === null) return null
    if (sha256 === known.sha256 && (await linked(join(before.folder, path), target))) return known
  }
  const gauge = new Gauge(known?.bytes === file.bytes ? undefined : passed)
  const write = createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true })
  try {
    await pipeline(createReadStream(join(dataFolder, file.path)), gauge, write)
  } catch (error) {
    await rm(target, { force: true })
    return ignoreMissing(null)(error as NodeJS.ErrnoException)
  }
  return { path, bytes: gauge.bytes, sha256: gauge.sha256() }
}

/** Uploaded files lie under their hash, in the data folder as in a store elsewhere. */
export const isStoredFile = ({ path, sha256 }: StoredFile): boolean => path === DATA_PREFIX + placeOf(sha256)

/**
 * Fetches an uploaded file from the store that it lies in, or links it from the backup before: what has one hash is
 * one file, so it is fetched once for all backups.
 * @returns null when it went away meanwhile
 * @throws AppError `files.unreachable`; `backup.broken` when it is not what was stored
 */
export async function fetchStoredFile(
  store: FileStore,
  { hash, bytes }: { readonly hash: string; readonly bytes: number },
  backup: string,
  before: EarlierBackup | null,
  passed: (bytes: number) => void,
): Promise<StoredFile | null> {
  const path = DATA_PREFIX + placeOf(hash)
  const target = join(backup, path)
  await mkdir(dirname(target), { recursive: true })
  const known = before?.files.get(path)
  if (before && known?.sha256 === hash && (await linked(join(before.folder, path), target))) {
    passed(bytes)
    return known
  }
  const source = await store.open(hash)
  if (!source) return null
  const gauge = new Gauge(passed)
  await pipeline(source, gauge, createWriteStream(target, { flags: 'wx', mode: 0o600, flush: true }))
  const sha256 = gauge.sha256()
  if (sha256 === hash) return { path, bytes: gauge.bytes, sha256 }
  throw fail(operationsErrors.backupBroken, `The store of files gives other bytes than ${hash}`, {
    reason: { code: 'backup.file_changed', file: path },
  })
}

export async function hashOfFile(path: string, passed?: (bytes: number) => void): Promise<string> {
  const gauge = new Gauge(passed)
  await pipeline(createReadStream(path), gauge, new Nowhere())
  return gauge.sha256()
}

/** Other disks and some file systems know no links: then the file is copied. */
async function linked(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    () => false,
  )
}

const ignoreMissing =
  <T>(instead: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return instead
    throw error
  }
