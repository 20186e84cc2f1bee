import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './password.ts'

test('takes the right password and no other', async () => {
  const phc = await hashPassword('密码 with spaces')
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=47104,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(await verifyPassword('密码 with spaces', phc)).toBe(true)
  expect(await verifyPassword('密码 with space', phc)).toBe(false)
  expect(await hashPassword('密码 with spaces')).not.toBe(phc)
})

test('reads hashes of other programs: vector of the reference implementation', async () => {
  // phc-winner-argon2, src/test.c: hashtest(version, 2, 16, 1, "password", "somesalt", …, Argon2_id)
  const phc = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await verifyPassword('password', phc)).toBe(true)
  expect(await verifyPassword('differentpassword', phc)).toBe(false)
})

test('is the same password however the keyboard composes its accents', async () => {
  expect(await verifyPassword('cafe\u0301', await hashPassword('caf\u00e9'))).toBe(true)
})

test('refuses what is no hash, in the same time', async () => {
  const started = performance.now()
  expect(await verifyPassword('anything', '')).toBe(false)
  expect(performance.now() - started).toBeGreaterThan(10)
})
