import { X509Certificate, randomBytes, randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manualClock } from '../clock.ts'
import { openTestDatabase } from '../testing-database.ts'
import { CertificateAuthority } from './authority.ts'
import { parseKeys } from './master-key.ts'
import { SecretBox } from './secret-box.ts'
import { makeRequest } from './testing.ts'

const DAY_MS = 86_400_000
const key = randomBytes(32).toString('base64')
const log = pino({ level: 'silent' })
const clock = manualClock(new Date('2026-11-22T00:00:00Z'))
let database: Awaited<ReturnType<typeof openTestDatabase>>

const authorityWith = (keys = key) =>
  new CertificateAuthority({ db: database.db, box: new SecretBox(parseKeys(keys, 'test')), clock, log })
const certificatesOf = (pem: string) =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one),
  )
const issue = async (authority: CertificateAuthority, subject: string, csr: string) =>
  database.db.transaction((client) => authority.issue(client, subject, csr))

beforeAll(async () => {
  database = await openTestDatabase()
})
afterAll(() => database.close())

describe('the authority', () => {
  test('is made once by processes that start together, and its key is nowhere in the clear', async () => {
    const all = Array.from({ length: 4 }, () => authorityWith())
    await Promise.all(all.map((one) => one.refresh()))
    expect(new Set(all.map(({ bundle }) => bundle)).size).toBe(1)
    const [root, ...others] = certificatesOf(all[0]!.bundle)
    expect(others).toEqual([])
    expect([root!.ca, root!.verify(root!.publicKey), root!.subject]).toEqual([true, true, root!.issuer])
    const { sha256 } = await all[0]!.describe()
    expect(sha256).toBe(root!.fingerprint256)
    const { rows } = await database.db.pool.query<{ key: Buffer }>(
      'select key_sealed as key from certificate_authority',
    )
    expect(rows[0]!.key.toString('latin1')).not.toMatch(/PRIVATE KEY/)
  })

  test('gives a certificate for the key of a request and for the subject that it is told', async () => {
    const authority = authorityWith()
    await authority.refresh()
    const id = randomUUID()
    const { csr } = await makeRequest('P-256', 'CN=another one,O=evil')
    const { certificate, serial } = await issue(authority, id, csr)
    const [made, root] = [new X509Certificate(certificate), certificatesOf(authority.bundle)[0]!]
    expect(made.subject).toBe(`CN=${id}`)
    expect([made.checkIssued(root), made.verify(root.publicKey), made.ca]).toEqual([true, true, false])
    expect(made.serialNumber.toLowerCase()).toBe(serial)
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect((Date.parse(made.validTo) - clock.now().getTime()) / DAY_MS).toBeCloseTo(90, 0)
    expect(await authority.isGood(made.serialNumber, id)).toBe(true)
    expect(await authority.isGood(made.serialNumber, randomUUID())).toBe(false)
    expect(await authority.isGood('00', id)).toBe(false)
  })

  test('signs RSA of 2048 bits too, and nothing weaker, stranger or unproved', async () => {
    const authority = authorityWith()
    await authority.refresh()
    await issue(authority, 'x', (await makeRequest('RSA-2048')).csr)
    const good = (await makeRequest()).csr
    const other = (await makeRequest()).csr
    const lines = good.trim().split('\n')
    const forged = [...lines.slice(0, -3), ...other.trim().split('\n').slice(-3)].join('\n')
    const bad = [
      (await makeRequest('RSA-1024')).csr,
      (await makeRequest('P-384')).csr,
      (await makeRequest('Ed25519')).csr,
    ]
    for (const csr of [...bad, forged, good.slice(0, 200), 'nonsense', authority.bundle]) {
      await expect(issue(authority, 'x', csr)).rejects.toMatchObject({ code: 'security.csr_refused' })
    }
  })

  test('keeps its listener certificate while it is good, and makes another one in time', async () => {
    const authority = authorityWith()
    await authority.refresh()
    const first = await authority.own('courtyard-hub', ['localhost', '127.0.0.1', '::1', 'hub.example'])
    const [leaf, root] = certificatesOf(first.certificate)
    expect(leaf!.checkHost('hub.example')).toBe('hub.example')
    expect([leaf!.checkIP('127.0.0.1'), leaf!.checkIP('::1')]).toEqual(['127.0.0.1', '::1'])
    expect(leaf!.checkIssued(root!)).toBe(true)
    expect(await authority.own('courtyard-hub', ['127.0.0.1', 'hub.example', '::1', 'localhost'])).toEqual(
      first,
    )
    expect(await authority.own('courtyard-hub', ['localhost'])).not.toEqual(first)
    clock.advance(65 * DAY_MS)
    expect(
      await authority.own('courtyard-hub', ['localhost', '127.0.0.1', '::1', 'hub.example']),
    ).not.toEqual(first)
  })

  test('counts how many certificates a day somebody asks for', async () => {
    const authority = authorityWith()
    await authority.refresh()
    const { csr } = await makeRequest()
    for (let n = 0; n < 6; n++) {
      expect(await authority.isGreedy(database.db.pool, 'greedy')).toBe(false)
      await issue(authority, 'greedy', csr)
    }
    expect(await authority.isGreedy(database.db.pool, 'greedy')).toBe(true)
    clock.advance(DAY_MS + 1)
    expect(await authority.isGreedy(database.db.pool, 'greedy')).toBe(false)
  })
})

describe('the master key', () => {
  test('when it is another one, that is said, and nothing is made anew', async () => {
    const stranger = authorityWith(randomBytes(32).toString('base64'))
    await expect(stranger.refresh()).rejects.toMatchObject({ code: 'security.master_key' })
    const { rows } = await database.db.pool.query('select from certificate_authority')
    expect(rows).toHaveLength(1)
  })

  test('can be changed: with both of them everything is sealed anew, then the old one is not needed', async () => {
    const before = authorityWith()
    await before.refresh()
    const next = randomBytes(32).toString('base64')
    await authorityWith(`${next},${key}`).refresh()
    const after = authorityWith(next)
    await after.refresh()
    expect(after.bundle).toBe(before.bundle)
    await expect(before.refresh()).rejects.toMatchObject({ code: 'security.master_key' })
    await authorityWith(`${key},${next}`).refresh()
  })
})

test('the succession: both in the bundle, gateways follow soon, listeners when all gateways know', async () => {
  const authority = authorityWith()
  await authority.refresh()
  const [old] = certificatesOf(authority.bundle)
  const { csr } = await makeRequest()
  clock.advance(9 * 365 * DAY_MS)
  expect(await authority.refresh()).toBe(true)
  const [successor, second] = certificatesOf(authority.bundle)
  expect(second!.fingerprint256).toBe(old!.fingerprint256)
  const signerOf = (pem: string, one: X509Certificate) => certificatesOf(pem)[0]!.checkIssued(one)
  expect(signerOf((await issue(authority, 'a', csr)).certificate, old!)).toBe(true)
  clock.advance(8 * DAY_MS)
  expect(signerOf((await issue(authority, 'a', csr)).certificate, successor!)).toBe(true)
  expect(signerOf((await authority.own('courtyard-hub', ['localhost'])).certificate, old!)).toBe(true)
  clock.advance(120 * DAY_MS)
  expect(signerOf((await authority.own('courtyard-hub', ['localhost'])).certificate, successor!)).toBe(true)
  clock.advance(365 * DAY_MS)
  await authority.refresh()
  expect(certificatesOf(authority.bundle).map((one) => one.fingerprint256)).toEqual([
    successor!.fingerprint256,
  ])
})
