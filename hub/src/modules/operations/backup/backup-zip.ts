/** A backup as one file: a zip of its folder. Tables are compressed already, so nothing is packed again. */
import { createReadStream, type ReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import yazl from 'yazl'
import { fail } from '../../../platform/errors.ts'
import { operationsErrors } from '../errors.ts'
import { filesOf, MANIFEST, readManifest, SUMS } from './manifest.ts'

export interface BackupZip {
  readonly stream: Readable
  /** Of the whole zip. */
  readonly bytes: number
}

/**
 * @param folder of the backup; its name is the folder inside of the zip
 * @throws AppError `backup.broken`; the stream fails when a file has another size than it should
 */
export async function zipBackup(folder: string, name: string): Promise<BackupZip> {
  const manifest = await readManifest(folder)
  const own = await Promise.all(
    [MANIFEST, SUMS].map(async (path) => ({ path, bytes: (await stat(join(folder, path))).size })),
  )
  const zip = new yazl.ZipFile()
  const stream = zip.outputStream as Readable
  let open: ReadStream | null = null
  const failed = (error: unknown) => stream.destroy(error as Error)
  zip.on('error', failed)
  stream.on('close', () => open?.destroy())
  const mtime = new Date(manifest.takenAt)
  for (const { path, bytes } of [...own, ...filesOf(manifest)]) {
    // One file is open at a time
    zip.addReadStreamLazy(
      `${name}/${path}`,
      { size: bytes, compress: false, mode: 0o100600, mtime },
      (give) => {
        open = createReadStream(join(folder, path)).on('error', failed)
        give(null, open)
      },
    )
  }
  return { stream, bytes: await sizeOf(zip) }
}

/** The types of yazl leave out what it tells. */
function sizeOf(zip: yazl.ZipFile): Promise<number> {
  return new Promise((resolve) => zip.end(undefined, resolve as () => void))
}

/** @throws AppError `backup.elsewhere` */
export async function requireHere(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null)
  if (found?.isDirectory()) return
  throw fail(operationsErrors.backupElsewhere, 'The folder of this backup is not on this machine, or is gone')
}
