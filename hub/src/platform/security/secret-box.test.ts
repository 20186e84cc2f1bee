import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadMasterKeys, parseKeys } from './master-key.ts'
import { SecretBox } from './secret-box.ts'

const newKey = () => randomBytes(32).toString('base64')
const boxOf = (...keys: string[]) => new SecretBox(parseKeys(keys.join(','), 'test'))
const cannotOpen = expect.objectContaining({ code: 'security.cannot_open' }) as Error

describe('the box', () => {
  const key = newKey()
  const box = boxOf(key)

  test('gives back what was put in, and shows nothing of it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 300 }), fc.string(), (plain, place) => {
        const sealed = box.seal(plain, place)
        expect(box.open(sealed, place).equals(plain)).toBe(true)
        expect(sealed.includes(Buffer.from(plain))).toBe(false)
        // Two of the same differ, so equal secrets cannot be told apart
        expect(box.seal(plain, place).equals(sealed)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  test('does not open at another place, with another key, or changed by one bit', () => {
    const sealed = box.seal('a secret', 'gateway-config:1')
    expect(() => box.open(sealed, 'gateway-config:2')).toThrow(cannotOpen)
    expect(() => boxOf(newKey()).open(sealed, 'gateway-config:1')).toThrow(cannotOpen)
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed)
      changed[at]! ^= 1
      expect(() => box.open(changed, 'gateway-config:1')).toThrow(cannotOpen)
    }
    for (const length of [0, 1, 36, sealed.length - 1]) {
      expect(() => box.open(sealed.subarray(0, length), 'gateway-config:1')).toThrow(cannotOpen)
    }
  })

  test('opens with an older key, and says that it should be sealed anew', () => {
    const sealed = box.seal('a secret', 'x')
    const next = boxOf(newKey(), key)
    expect(next.open(sealed, 'x').toString()).toBe('a secret')
    expect([next.isOutdated(sealed), next.isOutdated(next.seal('a secret', 'x'))]).toEqual([true, false])
  })
})

describe('the master key', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'courtyard-key-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('is made once, for the owner only, also by processes that start together', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => loadMasterKeys(folder, null)))
    expect(new Set(all.map(([{ key }]) => key.toString('hex'))).size).toBe(1)
    expect(readdirSync(folder)).toEqual(['master.key'])
    expect(statSync(join(folder, 'master.key')).mode & 0o777).toBe(0o600)
    const again = await loadMasterKeys(folder, null)
    expect(again[0].key.toString('base64')).toBe(readFileSync(join(folder, 'master.key'), 'utf8').trim())
  })

  test('comes from the environment when it is there, and no file is made', async () => {
    const key = newKey()
    expect((await loadMasterKeys(folder, key))[0].key.toString('base64')).toBe(key)
    expect(readdirSync(folder)).toEqual([])
  })

  test.each(['', 'short', 'c2hvcnQ=', `${newKey()},x`])(
    'is refused when it is not one (%j)',
    async (text) => {
      writeFileSync(join(folder, 'master.key'), text)
      const refused = expect.objectContaining({ code: 'security.master_key' }) as Error
      await expect(loadMasterKeys(folder, null)).rejects.toThrow(refused)
      const error: unknown = await loadMasterKeys(folder, `${text} `).catch((fault: unknown) => fault)
      if (text.length > 20) expect(String((error as Error).message)).not.toContain(text.slice(0, 20))
    },
  )
})
