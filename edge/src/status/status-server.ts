import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { AgentState } from './agent-state.ts'
import { createMetrics } from './metrics.ts'
import type { PageLanguage } from './page-text.ts'
import { renderPage } from './page.ts'

export interface StatusServerOptions {
  readonly host: string
  readonly port: number
  readonly readState: () => AgentState
  readonly logger: Logger
}

/** `/` for people, `/metrics` for Prometheus, `/health` for supervisors, `/status.json` for programs. Read only. */
export class StatusServer {
  private readonly options: StatusServerOptions
  private readonly metrics: Registry
  private readonly server: Server

  constructor(options: StatusServerOptions) {
    this.options = options
    this.metrics = createMetrics(options.readState)
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        options.logger.error({ err: error, url: request.url }, 'the status page failed')
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
    })
  }

  /** Resolves with the port. Rejects with AppError `edge.status_address`, such as when it is taken. */
  start(): Promise<number> {
    const { host, port } = this.options
    return new Promise((resolve, reject) => {
      const fail = (cause: NodeJS.ErrnoException) => {
        const reason = `gateway.statusHost, gateway.statusPort: cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`
        reject(new AppError(errorCodes.statusAddress, reason, { cause }))
      }
      this.server.once('error', fail)
      this.server.listen(port, host, () => {
        this.server.removeListener('error', fail)
        resolve((this.server.address() as AddressInfo).port)
      })
    })
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.server.closeAllConnections()
    })
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return reply(response, 405, 'text/plain', 'method not allowed\n')
    }
    const url = new URL(request.url ?? '/', 'http://status')
    switch (url.pathname) {
      case '/':
        return reply(
          response,
          200,
          'text/html',
          renderPage(this.options.readState(), languageOf(url, request)),
        )
      case '/metrics':
        return reply(response, 200, this.metrics.contentType, await this.metrics.metrics())
      case '/status.json':
        return reply(response, 200, 'application/json', JSON.stringify(this.options.readState()))
      case '/health':
        return reply(response, 200, 'application/json', JSON.stringify(healthOf(this.options.readState())))
      default:
        return reply(response, 404, 'text/plain', 'not found\n')
    }
  }
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type.includes('charset') ? type : `${type}; charset=utf-8`,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
  response.end(body)
}

/** `?lang=` first, then what the browser prefers; Chinese when it says nothing. */
function languageOf(url: URL, request: IncomingMessage): PageLanguage {
  const wish = url.searchParams.get('lang') ?? request.headers['accept-language'] ?? 'zh'
  return wish.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

/** The process answers, so it is alive; the hub being away is no reason to restart it. */
function healthOf(state: AgentState) {
  return {
    status: 'ok',
    uplinkConnected: state.uplink.connected,
    outboxBatches: state.outbox.batches,
    startedAtMs: state.startedAtMs,
  }
}
