/**
 * The store against a stand-in for S3 that knows what is written of it, not how our client works: it checks signatures
 * (AWS Signature Version 4), the hash of what arrives, and answers in parts. It is itself checked against the example
 * that Amazon has published.
 */
import { createHash, createHmac } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { placeOf } from './file-store.ts'
import { S3Store } from './s3-store.ts'

interface Request {
  readonly method: string
  /** Path with its query, as it was sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

/** "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference. */
function signatureOf({ method, url, headers }: Request, secret: string): string {
  const authorization = headers['authorization'] ?? ''
  const [, date = '', region = '', service = ''] =
    /Credential=[^/]+\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request/.exec(authorization) ?? []
  const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1] ?? ''
  const { pathname, searchParams } = new URL(url, 'http://host')
  searchParams.sort()
  const canonical = [
    method,
    pathname,
    searchParams.toString(),
    ...signed.split(';').map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    signed,
    headers['x-amz-content-sha256'],
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`)
  return hmac(key, text).toString('hex')
}

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

const SECRET = 'a/secret+with=signs'
const objects = new Map<string, Buffer>()
const asked: string[] = []
/** Of the next answers, in place of the right ones. */
let troubles: number[] = []
let server: Server
let url: string
let folder: string

async function answerOf(request: IncomingMessage): Promise<[number, Buffer?, Record<string, string>?]> {
  const body = await buffer(request)
  const { method = '', url: path = '' } = request
  asked.push(`${method} ${path}`)
  const trouble = troubles.shift()
  if (trouble !== undefined) return [trouble]
  const headers = request.headers as Record<string, string>
  const given = /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '')?.[1]
  if (given !== signatureOf({ method, url: path, headers }, SECRET)) return [403]
  if (method === 'PUT') {
    if (headers['content-length'] === undefined) return [411]
    if (headers['x-amz-content-sha256'] !== sha256(body)) return [400]
    objects.set(path, body)
    return [200]
  }
  const object = objects.get(path)
  if (method === 'DELETE') {
    objects.delete(path)
    return [204]
  }
  if (!object) return [404]
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers['range'] ?? '')
  return range ? [206, object.subarray(Number(range[1]), Number(range[2]) + 1)] : [200, object]
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'courtyard-s3-'))
  server = createServer((request, response) => {
    void answerOf(request).then(([status, body]) => response.writeHead(status).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/courtyard/site-1`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  objects.clear()
  asked.length = 0
  troubles = []
})

const storeWith = (secret: string) =>
  new S3Store({ url: `${url}/`, region: 'cn-hangzhou', keyId: 'KEY', secret })
const bytes = Buffer.from('0123456789')
const hash = sha256(bytes)

test('a file is put once, read whole and in parts, and removed', async () => {
  const store = storeWith(SECRET)
  await store.check()
  const part = join(folder, 'x.part')
  await writeFile(part, bytes)
  await store.put(hash, part)
  expect(await readdir(folder)).toEqual([])
  expect([...objects.keys()]).toEqual([`/courtyard/site-1/${placeOf(hash)}`])
  await store.put(hash, bytes)
  expect(asked.filter((one) => one.startsWith('PUT'))).toHaveLength(1)
  expect((await buffer((await store.open(hash))!)).toString()).toBe('0123456789')
  expect((await buffer((await store.open(hash, { first: 3, last: 5 }))!)).toString()).toBe('345')
  await store.remove(hash)
  expect([objects.size, await store.open(hash)]).toEqual([0, null])
})

test('a store that stumbles is asked again; bytes that arrive changed are not taken', async () => {
  const store = storeWith(SECRET)
  troubles = [503]
  await store.put(hash, bytes)
  expect([objects.size, asked.length]).toEqual([1, 3])
  await expect(store.put(sha256('other'), bytes)).rejects.toMatchObject({ code: 'files.unreachable' })
  expect(objects.size).toBe(1)
})

test('a wrong secret and a store that is not there are told', async () => {
  await expect(storeWith('wrong').check()).rejects.toMatchObject({ code: 'files.unreachable' })
  const nowhere = new S3Store({ url: 'http://127.0.0.1:1/x', region: 'x', keyId: 'KEY', secret: SECRET })
  await expect(nowhere.check()).rejects.toMatchObject({ code: 'files.unreachable' })
})
