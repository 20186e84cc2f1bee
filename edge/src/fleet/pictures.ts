/** Pictures of events on this gateway's disk, by the key that the event carries. */
import { open, opendir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { AppError, type RequestResult } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'

const MAX_BYTES = 512 * 1024
/** A driver makes its keys from hashes and times; nothing that a path could be made of. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9]{1,5})?$/
/** Folders below a bus's own in which a key is looked for, at most so deep. */
const MAX_DEPTH = 2

/**
 * @param folder where the drivers keep their files: one folder per bus.
 * @throws AppError `edge.not_here`, `edge.request_failed` when it is too large or no picture.
 */
export async function readPicture(folder: string, key: string): Promise<RequestResult<'picture'>> {
  const file = KEY.test(key) ? await find(folder, key, MAX_DEPTH + 1) : null
  if (file === null || !(await isInside(folder, file))) throw notHere(key)
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    if (size > MAX_BYTES) throw failed(`the picture has ${size} bytes, more than ${MAX_BYTES}`)
    const bytes = await handle.readFile()
    const contentType = typeOf(bytes)
    if (contentType === null) throw failed('the file is not a JPEG, PNG or WebP picture')
    return { contentType, base64: bytes.toString('base64') }
  } finally {
    await handle.close()
  }
}

async function find(folder: string, key: string, depth: number): Promise<string | null> {
  const below: string[] = []
  for await (const entry of await opendir(folder).catch(() => [])) {
    const name = entry.name
    if (entry.isFile() && (name === key || name.replace(/\.[a-z]{3,4}$/, '') === key))
      return join(folder, name)
    if (entry.isDirectory() && depth > 1) below.push(name)
  }
  for (const name of below) {
    const found = await find(join(folder, name), key, depth - 1)
    if (found !== null) return found
  }
  return null
}

/** A link in the folder must not lead out of it. */
async function isInside(folder: string, file: string): Promise<boolean> {
  return (await realpath(file)).startsWith((await realpath(folder)) + sep)
}

/** By its first bytes: the name says nothing about what a browser would make of it. */
function typeOf(bytes: Buffer): string | null {
  if (bytes.subarray(0, 3).equals(Buffer.of(0xff, 0xd8, 0xff))) return 'image/jpeg'
  if (bytes.subarray(0, 8).equals(Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a))) return 'image/png'
  return bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP' ? 'image/webp' : null
} // prettier-ignore

function notHere(key: string): AppError {
  return new AppError(errorCodes.notHere, `there is no picture "${key.slice(0, 120)}" on this gateway; old ones make room for new ones`) // prettier-ignore
}

function failed(message: string): AppError {
  return new AppError(errorCodes.requestFailed, message)
}
