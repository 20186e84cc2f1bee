/** Requests to one device: HTTP or pinned HTTPS, digest sign-in, limits. */
import { createHash, randomBytes } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http' // prettier-ignore
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { AppError } from '@courtyard/protocols/contract'
import { digestAuthorization, parseChallenge, textOf, type DigestChallenge } from '@courtyard/protocols/isapi'
import { errorCodes } from '../../errors.ts'
import type { HikvisionBusConfig } from './hikvision.config.ts'
import { parseDocument, type Document } from './document.ts'

export interface IsapiRequest {
  readonly method: 'GET' | 'PUT' | 'POST'
  readonly path: string
  readonly body?: { readonly type: 'json' | 'xml'; readonly text: string }
}

const MAX_REPLY_BYTES = 4 * 1024 * 1024

export class IsapiClient {
  private readonly bus: HikvisionBusConfig
  private readonly agent: HttpAgent
  private readonly open = new Set<ClientRequest>()
  private challenge: DigestChallenge | null = null
  private count = 0
  private stopped = false

  constructor(bus: HikvisionBusConfig) {
    this.bus = bus
    this.agent = bus.https ? new HttpsAgent({ keepAlive: true, maxCachedSessions: 0 }) : new HttpAgent({ keepAlive: true }) // prettier-ignore
  }

  /**
   * @throws AppError `edge.request_timeout`, `edge.request_refused`, `edge.reply_invalid`, `edge.bus_disconnected`;
   * `details.sent` tells that the device may have taken it.
   */
  async ask(request: IsapiRequest): Promise<Document> {
    const reply = await this.signedIn(request)
    const text = await this.read(reply)
    const document = parseDocument(text)
    const status = document?.['ResponseStatus'] ?? document
    const code = Number((status as Document | null)?.['statusCode'] ?? 1)
    if (reply.statusCode === 200 && (code === 1 || code === 7)) {
      if (!document) throw new AppError(errorCodes.replyInvalid, `${request.path}: the answer is neither JSON nor XML`, sent) // prettier-ignore
      return document
    }
    const told = status as Document | null | undefined
    const words =
      textOf(told?.['subStatusCode'], 100) ??
      textOf(told?.['statusString'], 100) ??
      `HTTP ${reply.statusCode}`
    throw new AppError(errorCodes.requestRefused, `${request.path}: the device refused: ${words}`, { details: { status: reply.statusCode } }) // prettier-ignore
  }

  /** An answer without end. @throws as `ask`. */
  async stream(path: string): Promise<IncomingMessage> {
    const reply = await this.signedIn({ method: 'GET', path })
    if (reply.statusCode === 200) return reply
    reply.destroy()
    throw new AppError(errorCodes.requestRefused, `${path}: the device refused: HTTP ${reply.statusCode}`)
  }

  stop(): void {
    this.stopped = true
    for (const request of this.open) request.destroy()
    this.agent.destroy()
  }

  private async signedIn(request: IsapiRequest): Promise<IncomingMessage> {
    // A command must not go out twice: without a nonce the first question is one without a body.
    let reply = await this.send(request, this.challenge !== null)
    for (let attempt = 0; reply.statusCode === 401; attempt++) {
      const challenge = parseChallenge(headersOf(reply, 'www-authenticate'))
      reply.resume()
      if (attempt > 0 && !challenge.stale) throw new AppError(errorCodes.requestRefused, 'the device refuses user or password') // prettier-ignore
      if (attempt > 1) throw new AppError(errorCodes.requestRefused, 'the device does not take its own nonce')
      this.challenge = challenge
      this.count = 0
      reply = await this.send(request, true)
    }
    return reply
  }

  private send({ method, path, body }: IsapiRequest, signed: boolean): Promise<IncomingMessage> {
    const { host, https, timeoutMs, user, password } = this.bus
    const port = this.bus.port ?? (https ? 443 : 80)
    const headers: Record<string, string> = body
      ? { 'content-type': body.type === 'json' ? 'application/json' : 'application/xml', 'content-length': String(Buffer.byteLength(body.text)) } // prettier-ignore
      : {}
    if (signed && this.challenge) {
      const cnonce = randomBytes(12).toString('hex')
      headers['authorization'] = digestAuthorization(this.challenge, { method, uri: path, user, password, cnonce, count: ++this.count }) // prettier-ignore
    }
    const options: RequestOptions = { host, port, method, path, headers, agent: this.agent }
    return new Promise((resolve, reject) => {
      if (this.stopped) return reject(new AppError(errorCodes.busDisconnected, 'the bus is stopped'))
      const pinned = this.bus.certificateSha256 !== undefined
      const outgoing = https ? httpsRequest({ ...options, ...(pinned ? { rejectUnauthorized: false } : {}) }) : httpRequest(options) // prettier-ignore
      let written = !https
      const timer = setTimeout(() => outgoing.destroy(new AppError(errorCodes.requestTimeout, `${path}: no answer within ${timeoutMs} ms`, written ? sent : {})), timeoutMs) // prettier-ignore
      this.open.add(outgoing)
      outgoing.once('error', (error: NodeJS.ErrnoException) => reject(this.stopped ? new AppError(errorCodes.busDisconnected, 'the bus is stopped', sent) : asAppError(error, written))) // prettier-ignore
      outgoing.once('close', () => {
        clearTimeout(timer)
        this.open.delete(outgoing)
      })
      outgoing.once('response', (reply) => {
        clearTimeout(timer)
        resolve(reply)
      })
      const write = () => {
        written = true
        outgoing.end(body?.text)
      }
      if (!https) return write()
      // Nothing of the request is written before the certificate is known, so a refusal leaves no doubt.
      outgoing.once('socket', (socket) => this.whenTrusted(socket as TLSSocket, outgoing, write))
    })
  }

  private whenTrusted(socket: TLSSocket, outgoing: ClientRequest, write: () => void): void {
    const check = () => {
      // Without a pin Node has ended what no known CA has signed
      if (this.bus.certificateSha256 === undefined) return write()
      const found = createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex')
      if (found === this.bus.certificateSha256) return write()
      outgoing.destroy(new AppError(errorCodes.busDisconnected, `the device shows another certificate: SHA-256 ${found}`)) // prettier-ignore
    }
    if (outgoing.reusedSocket) check()
    else socket.once('secureConnect', check)
  }

  private async read(reply: IncomingMessage): Promise<string> {
    const late = setTimeout(() => reply.destroy(new AppError(errorCodes.requestTimeout, 'the answer stopped half way', sent)), this.bus.timeoutMs) // prettier-ignore
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of reply as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > MAX_REPLY_BYTES)
          throw new AppError(errorCodes.replyInvalid, 'the answer is too long', sent)
        chunks.push(chunk)
      }
    } catch (error) {
      throw asAppError(error as Error, true)
    } finally {
      clearTimeout(late)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
}

const sent = { details: { sent: true } }

function asAppError(error: NodeJS.ErrnoException, written: boolean): AppError {
  if (error instanceof AppError) return error
  const refused = error.code === 'ECONNREFUSED' || error.code === 'EHOSTUNREACH' || error.code === 'ENOTFOUND'
  if (error.code?.startsWith('HPE_')) return new AppError(errorCodes.replyInvalid, `not an HTTP answer: ${error.code}`, sent) // prettier-ignore
  return new AppError(errorCodes.busDisconnected, error.code ?? error.message, { cause: error, details: { sent: written && !refused } }) // prettier-ignore
}

function headersOf(reply: IncomingMessage, name: string): string[] {
  return reply.rawHeaders.flatMap((value, index) => (index % 2 === 1 && reply.rawHeaders[index - 1]!.toLowerCase() === name ? [value] : [])) // prettier-ignore
}
