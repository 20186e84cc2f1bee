/** The simulator's own HTTP port, on localhost only. Nothing of the product depends on it but the demo and tests. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { AppError } from '@courtyard/protocols/contract'
import { SimulatorErrorCode } from '../errors.ts'
import { FaultRequest } from '../faults.ts'
import { checked } from '../options.ts'
import type { Simulation } from '../simulation.ts'
import { historyLines } from './history.ts'
import { HistoryQuery, TruthQuery } from './requests.ts'

const MAX_BODY_BYTES = 64 * 1024

const statusOf: Record<string, number> = {
  [SimulatorErrorCode.badRequest]: 400,
  [SimulatorErrorCode.notFound]: 404,
  [SimulatorErrorCode.faultImpossible]: 409,
}

export class ControlServer {
  private readonly server: Server
  private readonly simulation: Simulation

  constructor(simulation: Simulation) {
    this.simulation = simulation
    this.server = createServer((request, response) => {
      void this.answer(request, response)
    })
  }

  /** Resolves with the port that it got. Rejects with the system's error, such as EADDRINUSE. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, '127.0.0.1', () => {
        this.server.off('error', reject)
        const address = this.server.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      })
    })
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    this.server.closeAllConnections()
    await closed
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.route(request, response)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else sendError(response, error)
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const query = Object.fromEntries(url.searchParams)
    const faultOf = /^\/meters\/([^/]+)\/fault$/.exec(url.pathname)
    switch (faultOf ? `${request.method} fault` : `${request.method} ${url.pathname}`) {
      case 'GET /meters':
        return send(response, this.simulation.meterViews())
      case 'GET /site':
        return send(response, this.simulation.siteView())
      case 'GET /stats':
        return send(response, this.simulation.stats())
      case 'GET /truth': {
        const { meter, at } = checked(TruthQuery, query, SimulatorErrorCode.badRequest, 'query')
        return send(response, this.simulation.truth(meter, at))
      }
      case 'GET /history':
        return this.sendHistory(response, query)
      case 'PUT fault': {
        const wanted = checked(FaultRequest, await readJson(request), SimulatorErrorCode.badRequest, 'body')
        return send(response, this.simulation.setFault(meterKeyOf(faultOf), wanted))
      }
      case 'DELETE fault':
        return send(response, this.simulation.clearFault(meterKeyOf(faultOf)))
      default:
        throw new AppError(SimulatorErrorCode.notFound, `no ${request.method} ${url.pathname}`)
    }
  }

  private async sendHistory(response: ServerResponse, query: Record<string, string>): Promise<void> {
    const { from, to, stepMinutes } = checked(HistoryQuery, query, SimulatorErrorCode.badRequest, 'query')
    const { park } = this.simulation
    // Asks for the first instant now, so that one before the installation is an error and no half answer.
    park.moment(from)
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
    const lines = historyLines(park, { fromMs: from, toMs: to, stepMs: stepMinutes * 60_000 })
    await pipeline(Readable.from(lines, { highWaterMark: 2 }), response)
  }
}

function meterKeyOf(match: RegExpExecArray | null): string {
  try {
    return decodeURIComponent(match?.[1] ?? '')
  } catch {
    const reason = 'is not UTF-8 in per cent encoding'
    throw new AppError(SimulatorErrorCode.badRequest, `meter: ${reason}`, {
      details: { issues: [{ path: 'meter', reason }] },
    })
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw badBody(`is longer than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw badBody((error as Error).message)
  }
}

function badBody(reason: string): AppError {
  return new AppError(SimulatorErrorCode.badRequest, `body: ${reason}`, {
    details: { issues: [{ path: '', reason }] },
  })
}

function send(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof AppError) {
    send(
      response,
      { code: error.code, message: error.message, ...error.details },
      statusOf[error.code] ?? 500,
    )
    return
  }
  send(response, { code: 'simulator.internal', message: (error as Error).message }, 500)
}
