/** HTTP side of push terminals: who may call, how much, how slowly; what is said is `PushTerminal`'s. */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import type { Logger } from '../../log.ts'
import type { PushAnswer, PushTerminal } from './push-terminal.ts'
import type { PushTransport } from './zkteco.config.ts'

/** A terminal sends a request within seconds; what takes longer is cut. */
const REQUEST_TIMEOUT_MS = 15_000
const MAX_CONNECTIONS = 500
const LISTEN_AGAIN_MS = 10_000
const WARN_EVERY_MS = 60_000

export interface ListenerOptions {
  readonly transport: PushTransport
  readonly clock: Clock
  readonly logger: Logger
  /** By serial number. */
  readonly terminals: ReadonlyMap<string, PushTerminal>
}

export class PushListener {
  private readonly options: ListenerOptions
  private readonly abort = new AbortController()
  private server: Server | null = null
  private warnedAtMs = -Infinity

  constructor(options: ListenerOptions) {
    this.options = options
  }

  get listening(): boolean {
    return this.server?.listening ?? false
  }

  /** Listens until `stop`; a port that is taken is tried again. Resolves when it listens or was stopped. */
  async start(): Promise<void> {
    const { clock, logger, transport } = this.options
    while (!this.abort.signal.aborted) {
      try {
        return await this.listen()
      } catch (error) {
        logger.error({ err: error, host: transport.host, port: transport.port }, 'cannot listen for terminals; it is tried again') // prettier-ignore
        await clock.sleep(LISTEN_AGAIN_MS, this.abort.signal)
      }
    }
  }

  async stop(): Promise<void> {
    this.abort.abort()
    const { server } = this
    if (!server) return
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  private listen(): Promise<void> {
    const { host, port } = this.options.transport
    const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 }) // prettier-ignore
    server.maxConnections = MAX_CONNECTIONS
    server.on('request', (request, response) => void this.handle(request, response))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.removeListener('error', reject)
        server.on('error', (error) => this.options.logger.error({ err: error }, 'the listener for terminals'))
        this.server = server
        resolve()
      })
    })
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.answer(request)
      // Terminals set their clock by the date of the answer.
      response.writeHead(answer.status, { 'content-type': 'text/plain; charset=utf-8', date: new Date(this.options.clock.nowMs()).toUTCString() }) // prettier-ignore
      response.end(answer.text)
      if (answer.status === 413) request.destroy()
    } catch (error) {
      // Not stored: the terminal keeps it and comes again.
      this.options.logger.warn({ err: error }, 'a terminal was not served')
      if (!response.headersSent) response.writeHead(503, { 'content-type': 'text/plain' })
      response.end('ERROR\n')
    }
  }

  private async answer(request: IncomingMessage): Promise<PushAnswer> {
    const url = parseUrl(request.url)
    const call = url && this.callOf(url.pathname)
    if (!url || !call) return this.deny(404, 'path', request)
    const terminal = this.options.terminals.get(url.searchParams.get('SN') ?? '')
    if (!terminal || !this.mayCallFrom(terminal, request)) return this.deny(403, 'terminal', request)
    const body = request.method === 'POST' ? await this.readBody(request) : ''
    if (body === null) return { status: 413, text: 'ERROR: too long\n' }
    terminal.called()
    return this.dispatch(`${request.method} ${call}`, terminal, url.searchParams, body)
  }

  private async dispatch(
    call: string,
    terminal: PushTerminal,
    query: URLSearchParams,
    body: string,
  ): Promise<PushAnswer> {
    switch (call) {
      case 'GET cdata':
        return terminal.options(query)
      case 'POST cdata':
        return terminal.upload(query, body)
      case 'GET getrequest':
        return terminal.fetchCommands(query)
      case 'POST devicecmd':
        return terminal.takeResults(body)
      case 'POST registry':
        return { status: 200, text: `RegistryCode=${terminal.registryCode}\n` }
      case 'POST push':
      case 'GET push':
        return terminal.options(query)
      default:
        return { status: 200, text: 'OK\n' }
    }
  }

  /** The part behind `/iclock/`; null outside of it, or without the secret where there is one. */
  private callOf(pathname: string): string | null {
    const { pathSecret } = this.options.transport
    const match = /^(?:\/([^/]+))?\/iclock(?:\/iclock)?\/([a-z]+)(?:\.aspx)?\/?$/i.exec(pathname)
    if (!match || !sameSecret(match[1] ?? '', pathSecret ?? '')) return null
    return match[2]!.toLowerCase()
  }

  private mayCallFrom(terminal: PushTerminal, request: IncomingMessage): boolean {
    const { host } = terminal.device.address
    return host === undefined || (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '') === host
  }

  /** Null when it is longer than allowed; the rest is not read. */
  private async readBody(request: IncomingMessage): Promise<string | null> {
    const { maxBodyBytes } = this.options.transport
    if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return null
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBodyBytes) return null
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }

  private deny(status: number, what: string, request: IncomingMessage): PushAnswer {
    const { clock, logger } = this.options
    const nowMs = clock.monotonicMs()
    if (nowMs - this.warnedAtMs > WARN_EVERY_MS) {
      this.warnedAtMs = nowMs
      const serial = parseUrl(request.url)?.searchParams.get('SN')?.slice(0, 64)
      logger.warn({ from: request.socket.remoteAddress, serial }, `a call was denied: unknown ${what}`)
    }
    request.resume()
    return { status, text: 'ERROR\n' }
  }
}

function parseUrl(path: string | undefined): URL | null {
  return URL.canParse(path ?? '', 'http://gateway') ? new URL(path!, 'http://gateway') : null
}

function sameSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
