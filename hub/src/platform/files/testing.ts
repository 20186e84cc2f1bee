/**
 * A stand-in for S3 for tests, which knows what is written of it, not how our client works: it checks signatures (AWS
 * Signature Version 4), the hash of what arrives, and answers in parts. It is itself checked against the example that
 * Amazon has published.
 */
import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { S3Options } from './s3-store.ts'

export interface SignedRequest {
  readonly method: string
  /** Path with its query, as it was sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest()

/** "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference. */
export function signatureOf({ method, url, headers }: SignedRequest, secret: string): string {
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

export class S3StandIn {
  /** By path. */
  readonly objects = new Map<string, Buffer>()
  /** `GET /courtyard/site-1/files/…` */
  readonly asked: string[] = []
  /** Statuses of the next answers, in place of the right ones. */
  troubles: number[] = []
  readonly options: S3Options
  private readonly server: Server

  private constructor(server: Server, options: S3Options) {
    this.server = server
    this.options = options
    server.on('request', (request, response) => {
      void this.answerOf(request).then(([status, body]) => response.writeHead(status).end(body))
    })
  }

  static async start(): Promise<S3StandIn> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return new S3StandIn(server, {
      url: `http://127.0.0.1:${port}/courtyard/site-1/`,
      region: 'cn-hangzhou',
      keyId: 'KEY',
      secret: 'a/secret+with=signs',
    })
  }

  stop(): void {
    this.server.closeAllConnections()
    this.server.close()
  }

  private async answerOf(request: IncomingMessage): Promise<[number, Buffer?]> {
    const body = await buffer(request)
    const { method = '', url: path = '' } = request
    this.asked.push(`${method} ${path}`)
    const trouble = this.troubles.shift()
    if (trouble !== undefined) return [trouble]
    const headers = request.headers as Record<string, string>
    const given = /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '')?.[1]
    if (given !== signatureOf({ method, url: path, headers }, this.options.secret)) return [403]
    if (method === 'PUT') {
      if (headers['content-length'] === undefined) return [411]
      if (headers['x-amz-content-sha256'] !== sha256(body)) return [400]
      this.objects.set(path, body)
      return [200]
    }
    const object = this.objects.get(path)
    if (method === 'DELETE') {
      this.objects.delete(path)
      return [204]
    }
    if (!object) return [404]
    const range = /^bytes=(\d+)-(\d+)$/.exec(headers['range'] ?? '')
    return range ? [206, object.subarray(Number(range[1]), Number(range[2]) + 1)] : [200, object]
  }
}
