/**
 * Makes a backup: a folder with one compressed file per table, the files of the data folder, and a manifest. It is made
 * under a name that begins with a dot and gets its own when everything is on disk: what has a name is whole.
 */
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib'
import { placeOf, type FileStore } from '../../../platform/files/file-store.ts'
import { loadMasterKeys } from '../../../platform/security/master-key.ts'
import { copyDataFile, fetchStoredFile, listDataFiles } from './data-files.ts'
import { Gauge, syncFolder, writeSynced } from './hashing.ts'
import { filesOf, MANIFEST, readManifest, SUMS, type Manifest, type StoredFile } from './manifest.ts'
import { sealKeys } from './sealed-keys.ts'
import type { Snapshot, TableFacts } from './snapshot.repository.ts'

export interface BackupTask {
  readonly id: string
  /** Local minute of the schedule; null: somebody asked for it. */
  readonly slot: string | null
  readonly requestedBy: string
  readonly hubVersion: string
  readonly backupFolder: string
  readonly dataFolder: string
  /** As in the configuration; null: from the data folder. */
  readonly masterKey: string | null
  readonly passphrase: string | null
  /** Where uploaded files lie when it is not the data folder. */
  readonly filesElsewhere: FileStore | null
  readonly snapshot: Snapshot
  readonly signal: AbortSignal
  /** Bytes before compression: done, of how many (an estimate). */
  progress(doneBytes: number, totalBytes: number): void
}

export interface MadeBackup {
  readonly name: string
  readonly manifest: Manifest
  /** On disk; what is shared with the backup before counts as well. */
  readonly bytes: number
}

const UNFINISHED = '.unfinished-'
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 3 } }

export async function makeBackup(task: BackupTask): Promise<MadeBackup> {
  await mkdir(task.backupFolder, { recursive: true, mode: 0o700 })
  await removeUnfinished(task.backupFolder)
  const draft = join(task.backupFolder, UNFINISHED + task.id)
  await mkdir(draft, { mode: 0o700 })
  try {
    const manifest = await fill(draft, task)
    await writeSums(draft, manifest)
    const name = nameOf(manifest)
    await rename(draft, join(task.backupFolder, name))
    await syncFolder(task.backupFolder)
    return { name, manifest, bytes: filesOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0) }
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw error
  }
}

/** What a process that died has left. Only one backup is made at a time, so nobody is at it. */
export async function removeUnfinished(backupFolder: string): Promise<void> {
  const names = await readdir(backupFolder)
  for (const name of names.filter((one) => one.startsWith(UNFINISHED)))
    await rm(join(backupFolder, name), { recursive: true, force: true })
}

/** Sorts by time, says which: `2026-11-22T183000Z-1a2b3c4d`. */
function nameOf({ takenAt, id }: Manifest): string {
  return `${takenAt.slice(0, 19).replaceAll(':', '')}Z-${id.slice(0, 8)}`
}

async function fill(draft: string, task: BackupTask): Promise<Manifest> {
  const { snapshot, signal } = task
  const { takenAt, postgres } = await snapshot.begin()
  const tables = await snapshot.tables()
  const progress = new Progress(task, tables)
  const keys = await sealedKeys(draft, task)
  await mkdir(join(draft, 'tables'))
  const dumped: Manifest['tables'] = []
  for (const table of tables) {
    signal.throwIfAborted()
    dumped.push(await dump(draft, table, task, progress))
  }
  const sequences = await snapshot.sequences()
  const jobs = await writeJobs(draft, snapshot)
  // After the rows: a file that a row names was on disk before the row was
  const files = await copyFiles(draft, task, progress)
  const manifest: Manifest = {
    ...{ format: 1, id: task.id, hubVersion: task.hubVersion, takenAt: takenAt.toISOString(), postgres },
    ...{ slot: task.slot, requestedBy: task.requestedBy, migrations: await snapshot.migrations() },
    ...{ ...keys, tables: dumped, sequences, jobs, files },
  }
  return manifest
}

/** Tables count as they lie in the database, so that the end of the bar is the end of the work. */
class Progress {
  private done = 0
  private total: number
  private toldMs = 0
  private readonly tell: BackupTask['progress']

  constructor(task: BackupTask, tables: readonly TableFacts[]) {
    this.tell = (done, total) => task.progress(done, total)
    this.total = tables.reduce((sum, { bytes }) => sum + bytes, 0)
    this.tell(0, this.total)
  }

  expect(bytes: number): void {
    this.total += bytes
  }

  /** A table is at most as large as it was said to be. */
  table(expected: number): { passed: (bytes: number) => void; end: () => void } {
    const before = this.done
    let bytes = 0
    return {
      passed: (more) => this.set(before + Math.min(expected, (bytes += more))),
      end: () => this.set(before + expected),
    }
  }

  add(bytes: number): void {
    this.set(this.done + bytes)
  }

  private set(done: number): void {
    this.done = done
    const now = performance.now()
    if (now - this.toldMs < 500) return
    this.toldMs = now
    this.tell(done, this.total)
  }
}

async function dump(
  draft: string,
  table: TableFacts,
  { snapshot, signal }: BackupTask,
  progress: Progress,
): Promise<Manifest['tables'][number]> {
  const path = `tables/${table.name}.copy.zst`
  const { passed, end } = progress.table(table.bytes)
  const source = snapshot.copy(table)
  const plain = new Gauge(passed)
  const file = await store(draft, path, [source, plain, createZstdCompress(compression)], signal)
  end()
  return { name: table.name, columns: [...table.columns], rows: source.rowCount, file }
}

async function writeJobs(draft: string, snapshot: Snapshot): Promise<Manifest['jobs']> {
  const jobs = await snapshot.waitingJobs()
  const lines = jobs.map((job) => `${JSON.stringify(job)}\n`)
  const file = await storeWhole(draft, 'jobs.ndjson.zst', zstdCompressSync(lines.join('')))
  return { rows: jobs.length, file }
}

async function store(
  draft: string,
  path: string,
  streams: [NodeJS.ReadableStream, ...NodeJS.ReadWriteStream[]],
  signal: AbortSignal,
): Promise<StoredFile> {
  const gauge = new Gauge()
  const write = createWriteStream(join(draft, path), { flags: 'wx', mode: 0o600, flush: true })
  await pipeline([...streams, gauge, write], { signal })
  return { path, bytes: gauge.bytes, sha256: gauge.sha256() }
}

async function storeWhole(draft: string, path: string, content: Buffer): Promise<StoredFile> {
  await writeSynced(join(draft, path), content)
  return { path, bytes: content.length, sha256: hashOf(content) }
}

const hashOf = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')

async function sealedKeys(
  draft: string,
  { dataFolder, masterKey, passphrase }: BackupTask,
): Promise<Pick<Manifest, 'keyIds' | 'keys'>> {
  const known = await loadMasterKeys(dataFolder, masterKey)
  const keyIds = known.map(({ id }) => id.toString('hex'))
  if (passphrase === null) return { keyIds, keys: null }
  const text = known.map(({ key }) => `${key.toString('base64')}\n`).join('')
  const sealed = await sealKeys(text, passphrase)
  return { keyIds, keys: await storeWhole(draft, 'keys.sealed', sealed) }
}

async function copyFiles(draft: string, task: BackupTask, progress: Progress): Promise<StoredFile[]> {
  const listed = await listDataFiles(task.dataFolder)
  const here = new Set(listed.map(({ path }) => path))
  const stored = task.filesElsewhere ? await task.snapshot.storedFiles() : []
  const elsewhere = stored.filter(({ hash }) => !here.has(placeOf(hash)))
  for (const { bytes } of [...listed, ...elsewhere]) progress.expect(bytes)
  const before = await newestBackup(task.backupFolder)
  const passed = (bytes: number) => progress.add(bytes)
  const copied: StoredFile[] = []
  for (const file of listed) {
    task.signal.throwIfAborted()
    const stored = await copyDataFile(task.dataFolder, file, draft, before, passed)
    if (stored) copied.push(stored)
  }
  for (const file of elsewhere) {
    task.signal.throwIfAborted()
    const stored = await fetchStoredFile(task.filesElsewhere!, file, draft, before, passed)
    if (stored) copied.push(stored)
  }
  return copied
}

/** Names of whole backups, oldest first. */
export async function backupNames(backupFolder: string): Promise<string[]> {
  const entries = await readdir(backupFolder, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && /^\d{4}-\d\d-\d\dT\d{6}Z-[0-9a-f]{8}$/.test(entry.name))
    .map(({ name }) => name)
    .sort()
}

async function newestBackup(backupFolder: string) {
  const name = (await backupNames(backupFolder)).at(-1)
  if (name === undefined) return null
  const folder = join(backupFolder, name)
  const manifest = await readManifest(folder).catch(() => null)
  return manifest && { folder, files: new Map(manifest.files.map((file) => [file.path, file])) }
}

async function writeSums(draft: string, manifest: Manifest): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 1)}\n`
  await writeSynced(join(draft, MANIFEST), text)
  const all = [...filesOf(manifest), { path: MANIFEST, sha256: hashOf(text) }]
  await writeSynced(join(draft, SUMS), all.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join(''))
  await syncTree(draft)
}

/** Folders too, or a power cut could lose names of files that are on disk. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(folder, entry.name))
  await syncFolder(folder)
}
