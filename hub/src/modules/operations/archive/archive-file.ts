/**
 * Archive files: NDJSON compressed with zstd, so that `zstd -dc FILE | jq` reads them in thirty years too. The first line
 * says what it is, each further one is a row. Beside it stands a manifest with its SHA-256.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, createZstdDecompress } from 'node:zlib'
import * as z from 'zod'
import { fail } from '../../../platform/errors.ts'
import { Gauge, syncFolder, writeSynced } from '../backup/hashing.ts'
import { hashOfFile } from '../backup/data-files.ts'
import { operationsErrors } from '../errors.ts'
import type { ArchivedBatch, ArchivedBlock } from './plan.repository.ts'

export const ArchiveManifest = z.object({
  format: z.literal(1),
  id: z.uuid(),
  kind: z.enum(['readings', 'batches']),
  project: z.object({ id: z.uuid(), code: z.string(), name: z.string() }),
  day: z.iso.date(),
  rows: z.number().int(),
  readings: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string(),
  archivedAt: z.iso.datetime(),
  hubVersion: z.string(),
})
export type ArchiveManifest = z.infer<typeof ArchiveManifest>

export const archiveFolder = (dataFolder: string): string => join(dataFolder, 'archive')
const MANIFEST_END = '.json'
const FILE_END = '.ndjson.zst'
const UNFINISHED = '.partial'

/** Relative to the archive folder. */
export function fileOf({
  id,
  kind,
  day,
  project,
}: Pick<ArchiveManifest, 'id' | 'kind' | 'day' | 'project'>): string {
  return `${project.id}/${kind}/${day}-${id.slice(0, 8)}${FILE_END}`
}

type Facts = Omit<ArchiveManifest, 'format' | 'rows' | 'readings' | 'bytes' | 'sha256'>

/** A file that is on disk, but has not its name yet. */
export interface WrittenArchive {
  readonly manifest: ArchiveManifest
  readonly file: string
  /** Gives it its name: for who has taken the rows out and is about to commit. */
  publish(): Promise<void>
  discard(): Promise<void>
}

/** Null when there are no rows. `readingsIn` says how many readings a row has. */
export async function writeArchive<T extends object>(
  folder: string,
  facts: Facts,
  rows: AsyncIterable<T>,
  readingsIn: (row: T) => number,
): Promise<WrittenArchive | null> {
  const file = fileOf(facts)
  const path = join(folder, file)
  await mkdir(dirname(path), { recursive: true })
  const count = { rows: 0, readings: 0 }
  const gauge = new Gauge()
  const write = createWriteStream(path + UNFINISHED, { flags: 'w', mode: 0o600, flush: true })
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify({ format: 1, ...facts })}\n`
    for await (const row of rows) {
      count.rows += 1
      count.readings += readingsIn(row)
      yield `${JSON.stringify(row)}\n`
    }
  }
  await pipeline(Readable.from(lines()), createZstdCompress(), gauge, write)
  const discard = () => rm(path + UNFINISHED, { force: true })
  if (count.rows === 0) {
    await discard()
    return null
  }
  const manifest: ArchiveManifest = {
    ...{ format: 1, ...facts, ...count, bytes: gauge.bytes, sha256: gauge.sha256() },
  }
  // What goes is what can be read again
  await requireWhole(path + UNFINISHED, manifest)
  return { manifest, file, discard, publish: () => publish(path, manifest) }
}

async function publish(path: string, manifest: ArchiveManifest): Promise<void> {
  await rm(path + MANIFEST_END, { force: true })
  await writeSynced(path + MANIFEST_END, `${JSON.stringify(manifest, null, 1)}\n`)
  await rename(path + UNFINISHED, path)
  await syncFolder(dirname(path))
}

/** Rows of an archive whose file is what it was. @throws AppError `archive.broken` */
export async function* readArchive(
  folder: string,
  file: string,
  expected: Pick<ArchiveManifest, 'sha256' | 'rows'>,
): AsyncGenerator<ArchivedBlock | ArchivedBatch> {
  const path = join(folder, file)
  await requireWhole(path, expected)
  yield* rowsOf(path)
}

async function requireWhole(path: string, expected: Pick<ArchiveManifest, 'sha256' | 'rows'>): Promise<void> {
  const found = await hashOfFile(path).catch((cause: unknown) => {
    throw fail(operationsErrors.archiveBroken, `The archive ${path} cannot be read`, undefined, cause)
  })
  if (found !== expected.sha256)
    throw fail(operationsErrors.archiveBroken, `The archive ${path} is not what it was when it was written`)
  let rows = 0
  for (const all = rowsOf(path); !(await all.next()).done;) rows += 1
  if (rows !== expected.rows)
    throw fail(
      operationsErrors.archiveBroken,
      `The archive ${path} has ${rows} rows instead of ${expected.rows}`,
    )
}

async function* rowsOf(path: string): AsyncGenerator<ArchivedBlock | ArchivedBatch> {
  const source = createReadStream(path)
  const plain = createZstdDecompress()
  source.on('error', (error) => plain.destroy(error)).pipe(plain)
  let head = true
  for await (const line of linesOf(plain)) {
    if (!head) yield JSON.parse(line) as ArchivedBlock | ArchivedBatch
    head = false
  }
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer[] = []
  for await (const chunk of stream) {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, at)]).toString('utf8')
      rest = []
      from = at + 1
    }
    rest.push(chunk.subarray(from))
  }
}

/** All that lie in the folder, by project, kind and day; what has no manifest that reads is left out. */
export async function listArchiveFiles(
  folder: string,
): Promise<{ file: string; manifest: ArchiveManifest }[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const found = []
  for (const name of names.filter((one) => one.endsWith(FILE_END + MANIFEST_END)).sort()) {
    const text = await readFile(join(folder, name), 'utf8')
    const manifest = ArchiveManifest.safeParse(JSON.parse(text))
    if (manifest.success) found.push({ file: name.slice(0, -MANIFEST_END.length), manifest: manifest.data })
  }
  return found
}
