/** Pictures as files named after their SHA-256, below the data folder: the same picture is kept once. */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sniffPicture, type PictureFacts } from './sniff.ts'

export const MOST_PICTURE_BYTES = 8 * 1024 * 1024
/** More would cost a browser too much memory: 4 bytes per pixel. */
export const MOST_PICTURE_PIXELS = 50_000_000

export interface StoredPicture extends PictureFacts {
  /** SHA-256, hexadecimal. */
  readonly hash: string
  readonly sizeBytes: number
}

/** What is wrong with an upload. */
export type PictureFault = 'not_a_picture' | 'too_large'

/** On disk, synced, before it returns: a row may then name it. */
export async function storePicture(dataFolder: string, bytes: Buffer): Promise<StoredPicture | PictureFault> {
  if (bytes.length > MOST_PICTURE_BYTES) return 'too_large'
  const facts = sniffPicture(bytes)
  if (!facts) return 'not_a_picture'
  if (facts.widthPx * facts.heightPx > MOST_PICTURE_PIXELS) return 'too_large'
  const hash = createHash('sha256').update(bytes).digest('hex')
  await writeOnce(fileOf(dataFolder, hash), bytes)
  return { ...facts, hash, sizeBytes: bytes.length }
}

/** Null when the file is gone. */
export async function readPicture(dataFolder: string, hash: string): Promise<Buffer | null> {
  try {
    return await readFile(fileOf(dataFolder, hash))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

const fileOf = (dataFolder: string, hash: string) => join(dataFolder, 'pictures', hash.slice(0, 2), hash)

async function writeOnce(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const part = `${path}.${randomUUID()}.part`
  const file = await open(part, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(part, path)
}
