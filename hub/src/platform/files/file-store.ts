/** Where bytes are kept: every file once, under its SHA-256, and never changed. */
import type { Readable } from 'node:stream'

/** Bytes of a file, first and last both included, as HTTP counts them. */
export interface ByteRange {
  readonly first: number
  readonly last: number
}

export interface FileStore {
  /**
   * Takes bytes in: they are durable when it resolves. A file that is there already stays as it is.
   * @param source path of a file on this machine, which is gone afterwards, or the bytes themselves
   */
  put(hash: string, source: string | Buffer): Promise<void>
  /** Null when there is no such file. */
  open(hash: string, range?: ByteRange): Promise<Readable | null>
  /** Removing what is not there is fine. */
  remove(hash: string): Promise<void>
  /** @throws AppError `files.unreachable` when nothing could be kept now */
  check(): Promise<void>
}

/** `files/3f/3f2a…`: 256 folders, each small enough for any file system up to millions of files. */
export function placeOf(hash: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error(`not a SHA-256: ${hash.slice(0, 80)}`)
  return `files/${hash.slice(0, 2)}/${hash}`
}
