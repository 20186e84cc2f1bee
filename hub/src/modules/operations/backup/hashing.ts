/** Streams that count and hash what goes through them, and files that are on disk when they are said to be. */
import { createHash, type Hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Transform, Writable, type TransformCallback } from 'node:stream'

/** Lets everything through unchanged. */
export class Gauge extends Transform {
  bytes = 0
  private readonly hash: Hash = createHash('sha256')
  private readonly passed: ((bytes: number) => void) | undefined

  constructor(passed?: (bytes: number) => void) {
    super()
    this.passed = passed
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length
    this.hash.update(chunk)
    this.passed?.(chunk.length)
    done(null, chunk)
  }

  /** SHA-256 of everything, hexadecimal; once, at the end. */
  sha256(): string {
    return this.hash.digest('hex')
  }
}

/** Takes everything, keeps nothing. */
export class Nowhere extends Writable {
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    done()
  }
}

/** Counts line ends. */
export class LineCounter extends Writable {
  lines = 0

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) this.lines += 1
    done()
  }
}

/** So that a new name survives a power cut too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Written and on disk when it returns; refuses what is there already. */
export async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
