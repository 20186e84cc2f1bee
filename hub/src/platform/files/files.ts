/** Files of the hub: taken in, kept once, read, and removed when nothing names them any more. */
import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { fail } from '../errors.ts'
import { DiskStore } from './disk-store.ts'
import { fileErrors } from './errors.ts'
import type { ByteRange, FileStore } from './file-store.ts'
import { askForCheck, filesToCheck, forgetUnlessNamed, rememberFile, sizeOfFile } from './files.repository.ts'
import {
  MOST_PICTURE_BYTES,
  cleanPicture,
  printablePicture,
  smallerPictures,
  type CleanPicture,
  type PictureType,
} from './pictures.ts'
import './reasons.ts'
import type { FileReason } from './reasons.ts'
import { S3Store, type S3Options } from './s3-store.ts'
import { Slots } from '../slots.ts'

/** Bytes that have arrived whole, on this machine's disk, not kept yet. */
export interface ReceivedFile {
  readonly path: string
  /** SHA-256, hexadecimal. */
  readonly hash: string
  readonly sizeBytes: number
  /** Always to be called at the end; harmless when it was kept. */
  discard(): Promise<void>
}

export interface KeptPicture {
  /** SHA-256 of the picture as it is kept, hexadecimal. */
  readonly hash: string
  readonly sizeBytes: number
  readonly mediaType: PictureType
  readonly widthPx: number
  readonly heightPx: number
}
export interface KeptPictures extends KeptPicture {
  readonly smallHash: string
  /** Null: the picture itself is small enough. */
  readonly mediumHash: string | null
}

/** A kept file has this long until a row must name it, and what was let go until it is looked at. */
const UNNAMED_MS = 24 * 3_600_000
/** A picture of 50 million pixels takes 200 MB while it is worked on. */
const PICTURES_AT_ONCE = 2
const SWEEP_CHUNK = 100

export class Files {
  private readonly store: FileStore
  private readonly db: Database
  private readonly clock: Clock
  private readonly incoming: string
  private readonly pictures = new Slots(PICTURES_AT_ONCE)

  constructor(store: FileStore, db: Database, clock: Clock, incoming: string) {
    this.store = store
    this.db = db
    this.clock = clock
    this.incoming = incoming
  }

  /** @throws AppError `file.too_large`, `file.refused` when it breaks off */
  async receive(stream: Readable, mostBytes: number): Promise<ReceivedFile> {
    await mkdir(this.incoming, { recursive: true })
    const path = join(this.incoming, `${randomUUID()}.part`)
    const discard = () => rm(path, { force: true })
    const digest = createHash('sha256')
    let sizeBytes = 0
    const counting = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sizeBytes += chunk.length
        digest.update(chunk)
        done(sizeBytes > mostBytes ? tooLarge(mostBytes) : null, chunk)
      },
    })
    try {
      await pipeline(stream, counting, createWriteStream(path, { flags: 'wx' }))
    } catch (error) {
      await discard()
      throw brokenOff.has((error as NodeJS.ErrnoException).code ?? '') ? cut(error) : error
    }
    return { path, hash: digest.digest('hex'), sizeBytes, discard }
  }

  /** Durable when it resolves: a row may then name it, within a day. @returns its hash */
  async keep(source: ReceivedFile | Buffer): Promise<string> {
    const isBuffer = Buffer.isBuffer(source)
    const hash = isBuffer ? createHash('sha256').update(source).digest('hex') : source.hash
    const now = this.clock.now()
    const checkDue = new Date(now.getTime() + UNNAMED_MS)
    const sizeBytes = isBuffer ? source.length : source.sizeBytes
    // Remembered first: a sweep that is removing the same bytes is waited for
    await rememberFile(this.db.pool, { hash, sizeBytes, now, checkDue })
    await this.store.put(hash, isBuffer ? source : source.path)
    return hash
  }

  /** Cleaned and kept. @throws AppError `file.refused` */
  async keepPicture(bytes: Buffer): Promise<KeptPicture> {
    if (bytes.length > MOST_PICTURE_BYTES) throw tooLarge(MOST_PICTURE_BYTES)
    return this.pictures.run(async () => this.kept(await cleanPicture(bytes)))
  }

  /** As `keepPicture`, as printed documents can show it. */
  async keepPrintable(bytes: Buffer): Promise<KeptPicture> {
    if (bytes.length > MOST_PICTURE_BYTES) throw tooLarge(MOST_PICTURE_BYTES)
    return this.pictures.run(async () => this.kept(await printablePicture(bytes)))
  }

  /** As `keepPicture`, with smaller ones for lists and screens. */
  async keepPictures(received: ReceivedFile, mediaType: string): Promise<KeptPictures> {
    return this.pictures.run(async () => {
      const clean = await cleanPicture(received.path, mediaType)
      const { small, medium } = await smallerPictures(clean)
      const smallHash = await this.keep(small)
      const mediumHash = medium && (await this.keep(medium))
      return { ...(await this.kept(clean)), smallHash, mediumHash }
    })
  }

  private async kept({ bytes, ...facts }: CleanPicture): Promise<KeptPicture> {
    return { ...facts, hash: await this.keep(bytes), sizeBytes: bytes.length }
  }

  /** Null when it is gone. */
  open(hash: string, range?: ByteRange): Promise<Readable | null> {
    return this.store.open(hash, range)
  }

  /** Null when it was never kept. */
  sizeOf(hash: string): Promise<number | null> {
    return sizeOfFile(this.db.pool, hash)
  }

  /** All of a small file; null when it is gone. */
  async read(hash: string): Promise<Buffer | null> {
    const stream = await this.store.open(hash)
    return stream && buffer(stream)
  }

  /** In the transaction in which a row stops naming them. */
  letGo(client: pg.ClientBase, hashes: readonly (string | null)[]): Promise<void> {
    const named = [...new Set(hashes.filter((hash) => hash !== null))]
    // Later, so that a backup under way still finds what the rows that it has copied name
    return askForCheck(client, named, new Date(this.clock.now().getTime() + UNNAMED_MS))
  }

  /** Removes what nothing names, and what uploads that were cut have left behind. @returns how many files */
  async sweep(signal: AbortSignal): Promise<number> {
    let removed = 0
    for (;;) {
      const { looked, gone } = await this.db.transaction((client) => this.sweepChunk(client))
      removed += gone
      if (looked < SWEEP_CHUNK || signal.aborted) break
    }
    await this.sweepIncoming()
    return removed
  }

  private async sweepChunk(client: pg.ClientBase): Promise<{ looked: number; gone: number }> {
    const hashes = await filesToCheck(client, this.clock.now(), SWEEP_CHUNK)
    let gone = 0
    for (const hash of hashes) {
      if (!(await forgetUnlessNamed(client, hash))) continue
      // Killed from here on, the row stays and the next sweep comes by again
      await this.store.remove(hash)
      gone++
    }
    return { looked: hashes.length, gone }
  }

  private async sweepIncoming(): Promise<void> {
    const before = this.clock.now().getTime() - UNNAMED_MS
    for (const name of await readdir(this.incoming)) {
      const path = join(this.incoming, name)
      const facts = await stat(path).catch(() => null)
      if (facts && facts.mtimeMs < before) await rm(path, { force: true })
    }
  }
}

/** What streams of requests say when whoever sends goes away. */
const brokenOff = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'ABORT_ERR'])

function cut(cause: unknown) {
  const reason: FileReason = { code: 'file.cut' }
  return fail(fileErrors.refused, 'The upload broke off', { reason }, cause)
}

function tooLarge(mostBytes: number) {
  const reason: FileReason = { code: 'file.too_large', most: mostBytes / 1024 / 1024 }
  return fail(fileErrors.tooLarge, 'The file is too large', { reason })
}

/** Where uploaded files lie when it is not the data folder; null: they lie there. */
export function elsewhere({ filesS3 }: { readonly filesS3: S3Options | null }): FileStore | null {
  return filesS3 && new S3Store(filesS3)
}

/** Files in the data folder, or in an S3-compatible store. A store that does not answer is told, not fatal. */
export async function openFiles(options: {
  readonly dataFolder: string
  readonly filesS3: S3Options | null
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
}): Promise<Files> {
  const incoming = join(options.dataFolder, 'files', 'incoming')
  await mkdir(incoming, { recursive: true })
  const store = elsewhere(options) ?? new DiskStore(options.dataFolder, incoming)
  void store.check().catch((error: unknown) => options.log.error({ err: error }, 'files cannot be kept'))
  return new Files(store, options.db, options.clock, incoming)
}
