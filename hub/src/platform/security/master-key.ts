/**
 * The key under which secrets are kept in the database: 32 random bytes in a file beside the data, or in the
 * environment for hubs of several processes. A copy of the database alone opens nothing.
 */
import { createHash, randomBytes } from 'node:crypto'
import { link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../errors.ts'
import { securityErrors } from './errors.ts'

export const KEY_BYTES = 32
export const KEY_ID_BYTES = 8

export interface MasterKey {
  /** First bytes of a hash of the key: says which key sealed something, and nothing of the key. */
  readonly id: Buffer
  readonly key: Buffer
}

/** The first one seals; the others only open what was sealed before the key was changed. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]]

/**
 * From the environment when it is given there, else from `master.key` in the data folder, which is made when it
 * isn't there. Keys are base64, several separated by commas or lines, the newest first.
 * @throws AppError `security.master_key`; the message never holds a key
 */
export async function loadMasterKeys(
  dataFolder: string,
  fromEnvironment: string | null,
): Promise<MasterKeys> {
  if (fromEnvironment !== null) return parseKeys(fromEnvironment, 'COURTYARD_MASTER_KEY')
  const file = join(dataFolder, 'master.key')
  const text = await readOrMake(file)
  return parseKeys(text, file)
}

/** @throws AppError `security.master_key` */
export function parseKeys(text: string, where: string): MasterKeys {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((part) => Buffer.from(part, 'base64'))
  const [first, ...others] = keys
  if (!first || keys.some((key) => key.length !== KEY_BYTES)) {
    throw fail(securityErrors.masterKey, `${where} must hold 32 bytes in base64 (openssl rand -base64 32)`)
  }
  return [withId(first), ...others.map(withId)]
}

function withId(key: Buffer): MasterKey {
  const id = createHash('sha256').update('courtyard master key id').update(key).digest()
  return { id: id.subarray(0, KEY_ID_BYTES), key }
}

async function readOrMake(file: string): Promise<string> {
  const known = await readIfThere(file)
  if (known !== null) return known
  // Written whole under another name first: whoever is killed here leaves no half a key
  const draft = `${file}.${randomBytes(4).toString('hex')}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  // Unlike a rename, a link never replaces the key of a process that was quicker
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  return readFile(file, 'utf8')
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw fail(securityErrors.masterKey, `${file} cannot be read`, undefined, error)
  }
}
