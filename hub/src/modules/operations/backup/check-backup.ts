/** Reads a backup back: every file is there and is what it was, every table has its rows. */
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createHash } from 'node:crypto'
import { createZstdDecompress } from 'node:zlib'
import { fail } from '../../../platform/errors.ts'
import { say } from '../../../platform/reasons/reason.ts'
import { operationsErrors } from '../errors.ts'
import type { OperationsReason } from '../reasons.ts'
import { hashOfFile } from './data-files.ts'
import { Gauge, LineCounter } from './hashing.ts'
import { filesOf, MANIFEST, readManifest, SUMS, type Manifest, type StoredFile } from './manifest.ts'

export interface CheckOptions {
  readonly signal?: AbortSignal
  progress?(doneBytes: number, totalBytes: number): void
}

/**
 * @returns the manifest, which is proved too
 * @throws AppError `backup.broken`, with the reason in its details
 */
export async function checkBackup(folder: string, options: CheckOptions = {}): Promise<Manifest> {
  const manifest = await provedManifest(folder)
  const files = filesOf(manifest)
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const tables = new Map(manifest.tables.map((table) => [table.file.path, table]))
  let done = 0
  for (const file of files) {
    options.signal?.throwIfAborted()
    await requireSize(folder, file)
    const table = tables.get(file.path)
    if (table) await checkTable(folder, table)
    else if ((await hashOfFile(join(folder, file.path))) !== file.sha256) throw changed(file.path)
    options.progress?.((done += file.bytes), total)
  }
  return manifest
}

/** The list of sums names the manifest, the manifest everything else. */
async function provedManifest(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder)
  const sums = await readFile(join(folder, SUMS), 'utf8').catch(() => {
    throw broken({ code: 'backup.file_missing', file: SUMS })
  })
  const text = await readFile(join(folder, MANIFEST))
  const expected = createHash('sha256').update(text).digest('hex')
  if (!sums.split('\n').includes(`${expected}  ${MANIFEST}`)) throw changed(MANIFEST)
  return manifest
}

async function requireSize(folder: string, { path, bytes }: StoredFile): Promise<void> {
  const facts = await stat(join(folder, path)).catch(() => null)
  if (!facts) throw broken({ code: 'backup.file_missing', file: path })
  if (facts.size !== bytes) throw changed(path)
}

async function checkTable(folder: string, { name, rows, file }: Manifest['tables'][number]): Promise<void> {
  const gauge = new Gauge()
  const counter = new LineCounter()
  try {
    await pipeline(createReadStream(join(folder, file.path)), gauge, createZstdDecompress(), counter)
  } catch (cause) {
    throw changed(file.path, cause)
  }
  if (gauge.sha256() !== file.sha256) throw changed(file.path)
  if (counter.lines !== rows) {
    throw broken({ code: 'backup.rows_differ', table: name, expected: rows, found: counter.lines })
  }
}

const changed = (file: string, cause?: unknown) => broken({ code: 'backup.file_changed', file }, cause)

export function broken(reason: OperationsReason, cause?: unknown) {
  return fail(
    operationsErrors.backupBroken,
    `The backup is not whole. ${say(reason, 'en')}`,
    { reason },
    cause,
  )
}
