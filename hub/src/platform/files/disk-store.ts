/** Files below the data folder: `files/3f/3f2a…`. A backup may copy them while the hub runs. */
import { randomUUID } from 'node:crypto'
import { access, mkdir, open, rename, rm } from 'node:fs/promises'
import { constants } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { fail } from '../errors.ts'
import { fileErrors } from './errors.ts'
import { placeOf, type ByteRange, type FileStore } from './file-store.ts'

export class DiskStore implements FileStore {
  private readonly dataFolder: string
  /** On the same disk as the files, so that a rename puts a whole file there or none. */
  private readonly incoming: string

  constructor(dataFolder: string, incoming: string) {
    this.dataFolder = dataFolder
    this.incoming = incoming
  }

  async put(hash: string, source: string | Buffer): Promise<void> {
    const target = this.pathOf(hash)
    if (await isThere(target)) {
      if (typeof source === 'string') await rm(source, { force: true })
      return
    }
    const part = typeof source === 'string' ? source : join(this.incoming, `${randomUUID()}.part`)
    await syncFile(part, typeof source === 'string' ? null : source)
    const folder = dirname(target)
    await mkdir(folder, { recursive: true })
    await rename(part, target)
    await syncFolder(folder)
  }

  async open(hash: string, range?: ByteRange): Promise<Readable | null> {
    try {
      const file = await open(this.pathOf(hash), 'r')
      return file.createReadStream(range ? { start: range.first, end: range.last } : {})
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  remove(hash: string): Promise<void> {
    return rm(this.pathOf(hash), { force: true })
  }

  async check(): Promise<void> {
    try {
      await mkdir(this.incoming, { recursive: true })
      await access(this.incoming, constants.W_OK)
    } catch (error) {
      throw fail(fileErrors.unreachable, `Files cannot be written to ${this.incoming}`, {}, error)
    }
  }

  private pathOf(hash: string): string {
    return join(this.dataFolder, placeOf(hash))
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** Writes the bytes first, when there are any: a name must never stand for a file that a power cut has emptied. */
async function syncFile(path: string, bytes: Buffer | null): Promise<void> {
  const file = await open(path, bytes ? 'wx' : 'r+')
  try {
    if (bytes) await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
