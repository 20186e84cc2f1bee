/** One session with one server: services with time limits and the server's own limits. Made anew when it ends. */
import type { ClientSession, DataValue, OPCUAClient } from 'node-opcua-client'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'
import { serviceError, type Patience } from './opcua.failures.ts'
import type { OpcuaLibrary } from './opcua.library.ts'

/** What the server takes in one request; Infinity: it does not say (OPC 10000-5, 6.3.11). */
export interface ServerLimits {
  readonly read: number
  readonly write: number
  readonly monitor: number
  readonly translate: number
  readonly browse: number
}

const LIMIT_NODES = { read: 'i=11705', write: 'i=11707', monitor: 'i=11714', translate: 'i=11712', browse: 'i=11710' } as const // prettier-ignore
/** More than this in one request gains nothing and risks the size of a message. */
const MOST_AT_ONCE = 1_000
const CURRENT_TIME = 'i=2258'
/** Silence to so many requests in a row is not one of a device but of the server. */
const MAX_TIMEOUTS = 3

export interface ReadReply {
  readonly values: readonly DataValue[]
  readonly requests: number
  readonly sentMs: number
  readonly repliedMs: number
  /** Time of the last reply. */
  readonly latencyMs: number
}

export interface SessionOptions {
  readonly library: OpcuaLibrary
  readonly client: OPCUAClient
  readonly session: ClientSession
  readonly patience: Patience
}

export class OpcuaSession {
  readonly library: OpcuaLibrary
  readonly raw: ClientSession
  limits: ServerLimits = {
    read: MOST_AT_ONCE,
    write: MOST_AT_ONCE,
    monitor: MOST_AT_ONCE,
    translate: 100,
    browse: 100,
  }
  namespaces: readonly string[] = []
  /** Server's clock less the gateway's. */
  serverAheadMs = 0
  /** Aborted when the session has ended, for whatever reason. */
  readonly ended: AbortSignal
  private readonly options: SessionOptions
  private readonly end = new AbortController()
  private timeouts = 0

  constructor(options: SessionOptions) {
    this.options = options
    this.library = options.library
    this.raw = options.session
    this.ended = this.end.signal
    const lost = () => this.end.abort()
    options.session.on('session_closed', lost)
    options.client.on('connection_lost', lost)
    options.client.on('close', lost)
    options.client.on('abort', lost)
  }

  get alive(): boolean {
    return !this.end.signal.aborted
  }

  /** What the server says about itself; called once before anything else. @throws AppError as `read` */
  async learn(): Promise<void> {
    const names = Object.keys(LIMIT_NODES) as (keyof ServerLimits)[]
    // One by one where a server takes one node at a time is slow, and happens once.
    const { values } = await this.read(['i=2255', ...names.map((name) => LIMIT_NODES[name])], 2)
    const [namespaces, ...limits] = values
    const uris: unknown = namespaces?.value.value
    this.namespaces = Array.isArray(uris) ? uris.map(String) : []
    const told = new Map(names.map((name, index) => [name, Number(limits[index]?.value.value ?? 0)]))
    const limit = (name: keyof ServerLimits) => {
      const most = told.get(name) ?? 0
      return most > 0 ? Math.min(most, MOST_AT_ONCE) : this.limits[name]
    }
    this.limits = { read: limit('read'), write: limit('write'), monitor: limit('monitor'), translate: limit('translate'), browse: limit('browse') } // prettier-ignore
  }

  /**
   * Values of variables, in order, with the server's clock asked for along.
   * @throws AppError `edge.request_timeout`, `edge.bus_disconnected`, `edge.reply_invalid`, `edge.request_refused`
   */
  async read(nodeIds: readonly string[], atMost = this.limits.read): Promise<ReadReply> {
    const { clock } = this.options.patience
    const values: DataValue[] = []
    const sentMs = clock.nowMs()
    let [requests, latencyMs] = [0, 0]
    const perRequest = Math.max(1, atMost - (atMost > 1 ? 1 : 0))
    for (let from = 0; from < nodeIds.length; from += perRequest) {
      const asked = nodeIds.slice(from, from + perRequest)
      const withClock = atMost > 1 && from === 0
      const startedMs = clock.monotonicMs()
      const got = await this.readOnce(withClock ? [...asked, CURRENT_TIME] : asked)
      latencyMs = clock.monotonicMs() - startedMs
      requests += 1
      values.push(...got.slice(0, asked.length))
      if (withClock) this.noteClock(got[asked.length], clock.nowMs() - latencyMs / 2)
    }
    return { values, requests, sentMs, repliedMs: clock.nowMs(), latencyMs }
  }

  private async readOnce(nodeIds: readonly string[]): Promise<DataValue[]> {
    const attributeId = this.library.AttributeIds.Value
    const questions = nodeIds.map((nodeId) => ({ nodeId, attributeId }))
    const got = await this.call((session) => session.read(questions, 0))
    if (got.length === nodeIds.length) return got
    throw new AppError(errorCodes.replyInvalid, `${got.length} answers to ${nodeIds.length} questions`)
  }

  /** Any service, within the bus's time. @throws AppError as `read`; `details.sent` is true once it was out. */
  async call<T>(service: (session: ClientSession) => Promise<T>): Promise<T> {
    if (!this.alive) throw new AppError(errorCodes.busDisconnected, 'the session has ended')
    try {
      const answer = await this.options.patience.within(service(this.raw), this.ended)
      this.timeouts = 0
      return answer
    } catch (error) {
      const known = serviceError(error, this.alive)
      if (known.code === errorCodes.requestTimeout && ++this.timeouts >= MAX_TIMEOUTS) void this.close()
      if (known.code === errorCodes.busDisconnected) void this.close()
      throw known
    }
  }

  /** Ends it on both sides, as far as the server still listens. */
  async close(): Promise<void> {
    this.end.abort()
    const { client, patience } = this.options
    // Closes the session with its subscriptions as well.
    await patience.briefly(client.disconnect())
  }

  private noteClock(value: DataValue | undefined, middleMs: number): void {
    const told: unknown = value?.value.value
    if (told instanceof Date && !Number.isNaN(told.getTime())) this.serverAheadMs = told.getTime() - middleMs
  }
}
