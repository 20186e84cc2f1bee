/** Requests to one SNMP agent. One at a time; the bus queues. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import snmp, { type Session, type SnmpUser, type Varbind } from 'net-snmp'
import { AppError } from '@courtyard/protocols/contract'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { SnmpAccess, SnmpAddress } from './snmp.config.ts'

export interface SnmpReply {
  readonly varbinds: readonly Varbind[]
  readonly requests: number
  readonly atMs: number
  readonly latencyMs: number
}

export interface SnmpSessionOptions {
  readonly address: Pick<SnmpAddress, 'host' | 'port'>
  readonly access: SnmpAccess
  readonly timeoutMs: number
  readonly retries: number
  readonly clock: Clock
}

/** Error-status of a reply (RFC 3416, 3), and the variable that it names, if any. */
export class SnmpRefusal extends AppError {
  readonly status: number
  readonly oid: string | null

  constructor(status: number, message: string) {
    super(errorCodes.requestRefused, message)
    this.status = status
    this.oid = /: ([\d.]+)$/.exec(message)?.[1] ?? null
  }
}

type Call = (session: Session, done: (error: Error | null, varbinds?: Varbind[]) => void) => void

export class SnmpSession {
  private readonly options: SnmpSessionOptions
  private session: Session | null = null
  private giveUp: ((error: AppError) => void) | null = null
  private isStopped = false

  constructor(options: SnmpSessionOptions) {
    this.options = options
  }

  /**
   * @throws SnmpRefusal when the agent answers with an error-status
   * @throws AppError `edge.request_timeout`, `edge.reply_invalid`, `edge.bus_disconnected`
   */
  async get(oids: readonly string[]): Promise<SnmpReply> {
    for (let attempt = 0; ; attempt++) {
      try {
        const reply = await this.exchange((session, done) => session.get(oids, done))
        return { ...reply, requests: attempt + 1 }
      } catch (error) {
        const isLost = error instanceof AppError && error.code === errorCodes.requestTimeout
        if (!isLost || attempt >= this.options.retries) throw error
      }
    }
  }

  /** Sent once. @throws as `get`; with `details.sent` when the agent may have obeyed. */
  async set(varbind: Varbind): Promise<void> {
    try {
      await this.exchange((session, done) => session.set([varbind], done))
    } catch (error) {
      if (!(error instanceof AppError) || error instanceof SnmpRefusal) throw error
      throw new AppError(error.code, error.message, {
        details: { ...error.details, sent: true },
        cause: error,
      })
    }
  }

  stop(): void {
    this.isStopped = true
    this.giveUp?.(new AppError(errorCodes.busDisconnected, 'the bus is stopped'))
    this.drop()
  }

  private async exchange(call: Call): Promise<Omit<SnmpReply, 'requests'>> {
    const { clock } = this.options
    const session = await this.open()
    const startedMs = clock.monotonicMs()
    try {
      const varbinds = await new Promise<Varbind[]>((resolve, reject) => {
        this.giveUp = reject
        call(session, (error, answer) => (error ? reject(error) : resolve(answer ?? [])))
      })
      return { varbinds, atMs: clock.nowMs(), latencyMs: clock.monotonicMs() - startedMs }
    } catch (error) {
      const known = this.explain(error)
      // What the library believes of the agent's clock and engine may be what is wrong: it begins anew.
      if (!(known instanceof SnmpRefusal)) this.drop()
      throw known
    } finally {
      this.giveUp = null
    }
  }

  private explain(error: unknown): AppError {
    if (error instanceof AppError) return error
    const { name, message, status } = error as Error & { status?: number }
    if (name === 'RequestFailedError' && status !== undefined) return new SnmpRefusal(status, message)
    if (name === 'RequestTimedOutError')
      return new AppError(errorCodes.requestTimeout, `no reply within ${this.options.timeoutMs} ms`)
    if (name === 'ResponseInvalidError')
      return new AppError(errorCodes.replyInvalid, message, { cause: error })
    return new AppError(errorCodes.busDisconnected, message, { cause: error })
  }

  private async open(): Promise<Session> {
    const target = this.session ? null : await resolve(this.options.address.host)
    if (this.isStopped) throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    if (this.session || !target) return this.session!
    const { address, access, timeoutMs } = this.options
    const options = {
      port: address.port,
      transport: target.family === 6 ? ('udp6' as const) : ('udp4' as const),
      // Reads are repeated by us, so that a write never is.
      retries: 0,
      timeout: timeoutMs,
      reportOidMismatchErrors: true,
      dgramModule: { createSocket: (type: 'udp4' | 'udp6') => socketTo(type, target.address, address.port) },
    }
    const session = access.version === 'v3'
      ? snmp.createV3Session(target.address, userOf(access), { ...options, context: access.context })
      : snmp.createSession(target.address, access.community, { ...options, version: access.version === 'v1' ? snmp.Version1 : snmp.Version2c }) // prettier-ignore
    // Without a listener bytes that are no SNMP would end the process.
    session.on('error', (error: Error) =>
      this.giveUp?.(new AppError(errorCodes.replyInvalid, `not SNMP: ${error.message}`, { cause: error })),
    )
    this.session = session
    return session
  }

  private drop(): void {
    this.session?.close()
    this.session = null
  }
}

/** A datagram of anybody else is no reply: the library itself looks at the request number only. */
function socketTo(type: 'udp4' | 'udp6', host: string, port: number): Socket {
  const socket = createSocket(type)
  const on = socket.on.bind(socket) as (event: string, listener: (...args: never[]) => void) => Socket
  socket.on = ((event: string, listener: (...args: unknown[]) => void) => {
    if (event !== 'message') return on(event, listener)
    return on(event, (bytes: Buffer, from: RemoteInfo) => {
      if (from.address === host && from.port === port) listener(bytes, from)
    })
  }) as typeof socket.on
  return socket
}

async function resolve(host: string): Promise<{ address: string; family: number }> {
  try {
    return await lookup(host)
  } catch (error) {
    throw new AppError(errorCodes.busDisconnected, `no address for ${host}`, { cause: error })
  }
}

export function userOf(access: Extract<SnmpAccess, { version: 'v3' }>): SnmpUser {
  const { user, authProtocol, authKey, privProtocol, privKey } = access
  const { noAuthNoPriv, authNoPriv, authPriv } = snmp.SecurityLevel
  if (authProtocol === undefined || authKey === undefined) return { name: user, level: noAuthNoPriv }
  const signed = { name: user, authProtocol: snmp.AuthProtocols[authProtocol]!, authKey }
  if (privProtocol === undefined || privKey === undefined) return { ...signed, level: authNoPriv }
  return { ...signed, level: authPriv, privProtocol: snmp.PrivProtocols[privProtocol]!, privKey }
}
