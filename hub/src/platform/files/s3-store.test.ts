import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { placeOf } from './file-store.ts'
import { S3Store } from './s3-store.ts'
import { S3StandIn, signatureOf } from './testing.ts'

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')

test('the stand-in signs as Amazon’s example does', () => {
  const headers = {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'x-amz-date': '20130524T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=?',
  }
  expect(
    signatureOf({ method: 'GET', url: '/test.txt', headers }, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  ).toBe('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41')
})

let s3: S3StandIn
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courtyard-s3-'))
  s3 = await S3StandIn.start()
})
afterAll(async () => {
  s3.stop()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  s3.objects.clear()
  s3.asked.length = 0
  s3.troubles = []
})

const bytes = Buffer.from('0123456789')
const hash = sha256(bytes)

test('a file is put once, read whole and in parts, and removed', async () => {
  const store = new S3Store(s3.options)
  await store.check()
  const part = join(folder, 'x.part')
  await writeFile(part, bytes)
  await store.put(hash, part)
  expect(await readdir(folder)).toEqual([])
  expect([...s3.objects.keys()]).toEqual([`/courtyard/site-1/${placeOf(hash)}`])
  await store.put(hash, bytes)
  expect(s3.asked.filter((one) => one.startsWith('PUT'))).toHaveLength(1)
  expect((await buffer((await store.open(hash))!)).toString()).toBe('0123456789')
  expect((await buffer((await store.open(hash, { first: 3, last: 5 }))!)).toString()).toBe('345')
  await store.remove(hash)
  expect([s3.objects.size, await store.open(hash)]).toEqual([0, null])
})

test('a store that stumbles is asked again; bytes that arrive changed are not taken', async () => {
  const store = new S3Store(s3.options)
  s3.troubles = [503]
  await store.put(hash, bytes)
  expect([s3.objects.size, s3.asked.length]).toEqual([1, 3])
  await expect(store.put(sha256('other'), bytes)).rejects.toMatchObject({ code: 'files.unreachable' })
  expect(s3.objects.size).toBe(1)
})

test('a wrong secret and a store that is not there are told', async () => {
  const stranger = new S3Store({ ...s3.options, secret: 'wrong' })
  await expect(stranger.check()).rejects.toMatchObject({ code: 'files.unreachable' })
  const nowhere = new S3Store({ ...s3.options, url: 'http://127.0.0.1:1/x' })
  await expect(nowhere.check()).rejects.toMatchObject({ code: 'files.unreachable' })
})
