/**
 * One Modbus TCP connection on `modbus-serial`, made when first needed and made anew after every error but an
 * exception reply: a stream that lost a reply or carried rubbish is not trusted again (the library can stay
 * locked, and a wrong length in a header desynchronises the stream for ever).
 */
import type { Socket } from 'node:net'
import modbusSerial from 'modbus-serial'
import { AppError } from '@courtyard/protocols/contract'
import { MbapReader } from '@courtyard/protocols/modbus'
import type { Clock } from '../../clock.ts'
import { errorCodes, type ErrorCode } from '../../errors.ts'
import type { ConnectTcp } from '../driver.ts'
import type { ModbusBusConfig } from './modbus.config.ts'
import type { ReadRequest } from './plan.ts'

// The library is CommonJS: its class is the default of the default.
const ModbusClient = modbusSerial.default
type ModbusClient = InstanceType<typeof ModbusClient>

export interface ModbusReply {
  /** One number per register (or 0 and 1 per bit), `request.count` of them. */
  readonly words: readonly number[]
  /** Instant at which the reply was there. */
  readonly atMs: number
  readonly latencyMs: number
}

/** The first wait after a failed connect; doubles up to the last. Meanwhile requests fail at once. */
const RECONNECT_MS = { first: 500, last: 10_000 }

interface Link {
  readonly client: ModbusClient
  readonly socket: Socket
  /** Unit of the request under way or of the last one. */
  unitId: number
  /** Ends the request under way, if any: the library would only notice by its timeout. */
  abandon: ((error: AppError) => void) | null
}

export class ModbusConnection {
  private readonly bus: ModbusBusConfig
  private readonly clock: Clock
  private readonly connectTcp: ConnectTcp
  private link: Link | null = null
  private stopped = false
  private reconnectDelayMs = 0
  private connectNotBeforeMs = -Infinity
  private quietUntilMs = -Infinity
  private lastConnectError = 'not connected'

  constructor(bus: ModbusBusConfig, clock: Clock, connectTcp: ConnectTcp) {
    this.bus = bus
    this.clock = clock
    this.connectTcp = connectTcp
  }

  get connected(): boolean {
    return this.link !== null
  }

  /**
   * Sends one read and waits for its reply.
   * @throws AppError `edge.bus_disconnected`, `edge.request_timeout`, `edge.request_refused` (details.exception),
   * `edge.reply_invalid`.
   */
  async read(unitId: number, request: ReadRequest): Promise<ModbusReply> {
    const link = this.link ?? (await this.connect())
    const quietMs = this.quietUntilMs - this.clock.monotonicMs()
    if (quietMs > 0) await this.clock.sleep(quietMs)
    const sentAtMs = this.clock.monotonicMs()
    try {
      link.client.setID(unitId)
      link.unitId = unitId
      const { data } = await exchange(link, request)
      if (data.length < request.count) {
        throw new AppError(errorCodes.replyInvalid, `${data.length} values instead of ${request.count}`)
      }
      return {
        words: data.slice(0, request.count).map(Number),
        atMs: this.clock.nowMs(),
        latencyMs: this.clock.monotonicMs() - sentAtMs,
      }
    } catch (cause) {
      const error = classify(cause, this.bus.timeoutMs)
      if (error.code !== errorCodes.requestRefused) this.drop(link)
      throw error
    } finally {
      this.quietUntilMs = this.clock.monotonicMs() + this.bus.pauseMs
    }
  }

  stop(): void {
    this.stopped = true
    const { link } = this
    link?.abandon?.(new AppError(errorCodes.busDisconnected, 'the bus is stopped'))
    if (link) this.drop(link)
  }

  private async connect(): Promise<Link> {
    if (this.stopped) throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    if (this.clock.monotonicMs() < this.connectNotBeforeMs) {
      throw new AppError(errorCodes.busDisconnected, this.lastConnectError)
    }
    try {
      const socket = await this.connectTcp(this.bus.transport, this.bus.timeoutMs)
      if (this.stopped) {
        socket.destroy()
        throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
      }
      this.link = await this.attach(socket)
      this.reconnectDelayMs = 0
      return this.link
    } catch (error) {
      const { first, last } = RECONNECT_MS
      this.reconnectDelayMs = Math.min(last, Math.max(first, this.reconnectDelayMs * 2))
      this.connectNotBeforeMs = this.clock.monotonicMs() + this.reconnectDelayMs
      this.lastConnectError = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  private async attach(socket: Socket): Promise<Link> {
    const client = new ModbusClient()
    const link: Link = { client, socket, unitId: 0, abandon: null }
    const end = (reason: string, code: ErrorCode = errorCodes.busDisconnected) => {
      link.abandon?.(new AppError(code, reason))
      this.drop(link)
    }
    // Before the library's own listener: it takes an exception reply of any unit for one of the unit that was
    // asked, and waits for the rest of a frame that cannot be one.
    watchFrames(link, (reason) => end(reason, errorCodes.replyInvalid))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(`connection broke: ${error.code ?? error.message}`),
    )
    socket.on('close', () => end('connection closed by the other side'))
    socket.on('end', () => end('connection closed by the other side'))
    client.on('error', () => {})
    await client.linkTCP(socket, { port: this.bus.transport.port })
    // Set after linking: before, it would also become an idle timer of the socket. Without it a lost reply
    // never settles.
    client.setTimeout(this.bus.timeoutMs)
    return link
  }

  private drop(link: Link): void {
    if (this.link === link) this.link = null
    // Also cancels the timers of requests that wait.
    link.client.destroy(() => {})
    link.socket.destroy()
  }
}

/** Calls `refuse` for a frame of another unit than the one asked, and for bytes that are no frame. */
function watchFrames(link: Link, refuse: (reason: string) => void): void {
  const reader = new MbapReader()
  link.socket.on('data', (chunk: Buffer) => {
    try {
      const stranger = reader.push(chunk).find((frame) => frame.unitId !== link.unitId)
      if (stranger) refuse(`a reply of unit ${stranger.unitId} in place of unit ${link.unitId}`)
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error))
    }
  })
}

/** The reply, or the end of the connection, whichever comes first. */
function exchange(link: Link, request: ReadRequest): Promise<{ data: readonly (number | boolean)[] }> {
  return new Promise((resolve, reject) => {
    link.abandon = reject
    send(link.client, request)
      .then(resolve, reject)
      .finally(() => (link.abandon = null))
  })
}

function send(client: ModbusClient, request: ReadRequest): Promise<{ data: readonly (number | boolean)[] }> {
  const { address, count } = request
  switch (request.function) {
    case 1:
      return client.readCoils(address, count)
    case 2:
      return client.readDiscreteInputs(address, count)
    case 3:
      return client.readHoldingRegisters(address, count)
    case 4:
      return client.readInputRegisters(address, count)
  }
}

/** Errors of modbus-serial are told apart by their fields; the names are not exported. */
function classify(cause: unknown, timeoutMs: number): AppError {
  if (cause instanceof AppError) return cause
  const error = cause as { modbusCode?: unknown; name?: unknown; message?: unknown }
  if (typeof error.modbusCode === 'number') {
    const details = { exception: error.modbusCode }
    return new AppError(errorCodes.requestRefused, String(error.message), { cause, details })
  }
  if (error.name === 'TransactionTimedOutError') {
    return new AppError(errorCodes.requestTimeout, `no reply within ${timeoutMs} ms`, { cause })
  }
  if (error.name === 'PortNotOpenError') {
    return new AppError(errorCodes.busDisconnected, 'connection is closed', { cause })
  }
  return new AppError(errorCodes.replyInvalid, String(error.message), { cause })
}
