import { argon2 as argon2Callback, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const argon2 = promisify(argon2Callback)

export interface PasswordCost {
  /** KiB. */
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

/** OWASP's recommendation for argon2id, doubled in passes; about 60 ms on a small machine. */
const recommended: PasswordCost = { memory: 47_104, passes: 2, parallelism: 1 }
let cost = recommended
const TAG_BYTES = 32

/** For tests that sign in a hundred times; without argument what is recommended. Old hashes keep their own cost. */
export function usePasswordCost(wanted: PasswordCost = recommended): void {
  cost = wanted
}

/** argon2id (RFC 9106) as a PHC string with its own salt and costs. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const tag = await derive(password, salt, cost, TAG_BYTES)
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${plain(salt)}$${plain(tag)}`
}

/** False for a wrong password and for text that is no hash; then the same time is spent. */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/.exec(phc)
  if (!match) {
    await derive(password, Buffer.alloc(16), cost, TAG_BYTES)
    return false
  }
  const [, memory, passes, parallelism, salt, tag] = match
  const expected = Buffer.from(tag!, 'base64')
  const costs = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  const actual = await derive(password, Buffer.from(salt!, 'base64'), costs, expected.length)
  return timingSafeEqual(actual, expected)
}

function derive(password: string, nonce: Buffer, costs: PasswordCost, tagLength: number): Promise<Buffer> {
  // Equal-looking input from different keyboards is the same password (RFC 8265)
  return argon2('argon2id', { message: password.normalize('NFC'), nonce, tagLength, ...costs })
}

function plain(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
