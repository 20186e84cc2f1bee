/** Files as objects of an S3-compatible store: MinIO, Ceph, Alibaba Cloud OSS, Tencent COS, Amazon S3. */
import { AwsClient } from 'aws4fetch'
import { openAsBlob } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { fail } from '../errors.ts'
import { fileErrors } from './errors.ts'
import { placeOf, type ByteRange, type FileStore } from './file-store.ts'

export interface S3Options {
  /** Address of the bucket, with a folder in it if wanted: `https://minio.local/courtyard`, `https://courtyard.oss-cn-hangzhou.aliyuncs.com`. */
  readonly url: string
  readonly region: string
  readonly keyId: string
  /** Secret. */
  readonly secret: string
}

/** A store that is restarted is waited for this often, with growing pauses. */
const RETRIES = 3
/** Until the answer begins; its body may take as long as the network needs. */
const ANSWER_MS = 30_000
const UPLOAD_MS = 300_000

export class S3Store implements FileStore {
  private readonly client: AwsClient
  private readonly url: string

  constructor({ url, region, keyId, secret }: S3Options) {
    this.url = url.replace(/\/+$/, '')
    this.client = new AwsClient({
      accessKeyId: keyId,
      secretAccessKey: secret,
      service: 's3',
      region,
      retries: RETRIES,
    })
  }

  async put(hash: string, source: string | Buffer): Promise<void> {
    if (!(await this.has(hash))) {
      const body = typeof source === 'string' ? await openAsBlob(source) : new Blob([new Uint8Array(source)])
      // The store compares what arrives with the name that it gets
      const headers = { 'x-amz-content-sha256': hash }
      const answer = await this.ask(hash, { method: 'PUT', body, headers }, UPLOAD_MS)
      await answer.body?.cancel()
      if (!answer.ok) throw refused(answer, 'PUT')
    }
    if (typeof source === 'string') await rm(source, { force: true })
  }

  async open(hash: string, range?: ByteRange): Promise<Readable | null> {
    const headers: Record<string, string> = range ? { range: `bytes=${range.first}-${range.last}` } : {}
    const answer = await this.ask(hash, { method: 'GET', headers }, ANSWER_MS)
    // A store that does not know ranges would give all of it
    if (answer.status === (range ? 206 : 200) && answer.body) return Readable.fromWeb(answer.body)
    await answer.body?.cancel()
    if (answer.status === 404) return null
    throw refused(answer, 'GET')
  }

  async remove(hash: string): Promise<void> {
    const answer = await this.ask(hash, { method: 'DELETE' }, ANSWER_MS)
    await answer.body?.cancel()
    if (!answer.ok && answer.status !== 404) throw refused(answer, 'DELETE')
  }

  async check(): Promise<void> {
    await this.has('0'.repeat(64))
  }

  private async has(hash: string): Promise<boolean> {
    const answer = await this.ask(hash, { method: 'HEAD' }, ANSWER_MS)
    if (answer.ok) return true
    // Stores say 403 for what is not there to keys that may not list the bucket; so it must be allowed to
    if (answer.status === 404) return false
    throw refused(answer, 'HEAD')
  }

  private async ask(hash: string, init: RequestInit, withinMs: number): Promise<Response> {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), withinMs)
    try {
      return await this.client.fetch(`${this.url}/${placeOf(hash)}`, { ...init, signal: patience.signal })
    } catch (error) {
      throw fail(fileErrors.unreachable, 'The store of files does not answer', {}, error)
    } finally {
      clearTimeout(timer)
    }
  }
}

function refused({ status, statusText }: Response, method: string) {
  return fail(fileErrors.unreachable, `The store of files refuses ${method}: ${status} ${statusText}`)
}
