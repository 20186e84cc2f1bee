/**
 * One Modbus TCP connection, made when first needed. Replies are told apart by their transaction number, so one that
 * comes too late answers nobody; rubbish, a stranger's reply or several lost replies in a row end the connection, and
 * the next request makes a new one.
 */
import type { Socket } from 'node:net'
import { AppError } from '@courtyard/protocols/contract'
import {
  decodeAnswer,
  decodeIdentification,
  encodeIdentificationRequest,
  encodeMbap,
  encodeRead,
  encodeWrite,
  MbapReader,
  type DeviceIdentification,
  type MbapFrame,
  type ModbusRead,
  type ModbusWriteRequest,
} from '@courtyard/protocols/modbus'
import type { Clock } from '../../clock.ts'
import { errorCodes, type ErrorCode } from '../../errors.ts'
import type { ConnectTcp } from '../driver.ts'
import type { ModbusBusConfig } from './modbus.config.ts'
import { refusal, type ModbusConnection, type ModbusReply } from './modbus.connection.ts'

type TcpTransport = Extract<ModbusBusConfig['transport'], { type: 'tcp' }>

/** The first wait after a failed connect; doubles up to the last. Meanwhile requests fail at once. */
const RECONNECT_MS = { first: 500, last: 10_000 }
/** A connection that loses so many replies in a row may be dead at the other end. */
const MAX_LOST_REPLIES = 3

/** Two of the longest frames (Messaging on TCP/IP V1.0b, 3.1.3: 260 bytes) at once; more come in turns. */
const RECEIVE_BYTES = 520

interface Waiting {
  readonly transactionId: number
  readonly unitId: number
  /** The reply's bytes are good until this returns. */
  readonly settle: (pdu: Uint8Array | AppError) => void
}

interface Link {
  readonly socket: Socket
  readonly reader: MbapReader
  /** The request under way; there is one at most. */
  waiting: Waiting | null
  transactionId: number
  lostReplies: number
}

interface Answer<T> {
  readonly said: T
  readonly atMs: number
  readonly latencyMs: number
}

export class ModbusTcpConnection implements ModbusConnection {
  private readonly bus: ModbusBusConfig
  private readonly transport: TcpTransport
  private readonly clock: Clock
  private readonly connectTcp: ConnectTcp
  private link: Link | null = null
  private stopped = false
  private reconnectDelayMs = 0
  private connectNotBeforeMs = -Infinity
  private quietUntilMs = -Infinity
  private lastConnectError = 'not connected'

  constructor(bus: ModbusBusConfig, transport: TcpTransport, clock: Clock, connectTcp: ConnectTcp) {
    this.bus = bus
    this.transport = transport
    this.clock = clock
    this.connectTcp = connectTcp
  }

  get connected(): boolean {
    return this.link !== null
  }

  async read(unitId: number, request: ModbusRead): Promise<ModbusReply> {
    const { said, atMs, latencyMs } = await this.ask(unitId, encodeRead(request))
    return { words: said, atMs, latencyMs }
  }

  async write(unitId: number, request: ModbusWriteRequest): Promise<void> {
    await this.ask(unitId, encodeWrite(request))
  }

  async identify(unitId: number): Promise<DeviceIdentification | null> {
    const { said } = await this.exchange(unitId, encodeIdentificationRequest(), decodeIdentification)
    return said
  }

  async stop(): Promise<void> {
    this.stopped = true
    if (this.link) this.end(this.link, 'the bus is stopped')
  }

  private async ask(unitId: number, request: Uint8Array): Promise<Answer<readonly number[]>> {
    const { said, ...when } = await this.exchange(unitId, request, (pdu) => decodeAnswer(request, pdu))
    if (said.exception !== null) throw refusal(said.exception)
    return { ...when, said: said.words }
  }

  /** A reply that makes no sense ends the connection: what else is on its way cannot be trusted. */
  private decoded<T>(decode: () => T): T {
    try {
      return decode()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      if (this.link) this.end(this.link, reason)
      throw new AppError(errorCodes.replyInvalid, reason, { cause, details: { sent: true } })
    }
  }

  private async exchange<T>(
    unitId: number,
    request: Uint8Array,
    decode: (pdu: Uint8Array) => T,
  ): Promise<Answer<T>> {
    const link = this.link ?? (await this.connect())
    const quietMs = this.quietUntilMs - this.clock.monotonicMs()
    if (quietMs > 0) await this.clock.sleep(quietMs)
    const sentAtMs = this.clock.monotonicMs()
    try {
      const said = await this.transact(link, unitId, request, (reply) => this.decoded(() => decode(reply)))
      const latencyMs = this.clock.monotonicMs() - sentAtMs
      return { said, atMs: this.clock.nowMs(), latencyMs }
    } finally {
      this.quietUntilMs = this.clock.monotonicMs() + this.bus.pauseMs
    }
  }

  private transact<T>(
    link: Link,
    unitId: number,
    pdu: Uint8Array,
    decode: (reply: Uint8Array) => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.link !== link) return reject(new AppError(errorCodes.busDisconnected, 'connection is closed'))
      const transactionId = (link.transactionId = (link.transactionId + 1) & 0xffff)
      const timer = setTimeout(() => this.lose(link), this.bus.timeoutMs)
      const settle = (outcome: Uint8Array | AppError) => {
        clearTimeout(timer)
        link.waiting = null
        if (outcome instanceof AppError) return reject(outcome)
        try {
          resolve(decode(outcome))
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
      link.waiting = { transactionId, unitId, settle }
      link.socket.write(encodeMbap({ transactionId, unitId, pdu }))
    })
  }

  private lose(link: Link): void {
    link.lostReplies += 1
    const reason = `no reply within ${this.bus.timeoutMs} ms`
    link.waiting?.settle(new AppError(errorCodes.requestTimeout, reason, { details: { sent: true } }))
    if (link.lostReplies >= MAX_LOST_REPLIES) this.end(link, reason)
  }

  private receive(bytes: Uint8Array): void {
    const { link } = this
    if (!link) return
    try {
      for (const frame of link.reader.push(bytes)) this.take(link, frame)
    } catch (error) {
      this.end(link, error instanceof Error ? error.message : String(error), errorCodes.replyInvalid)
    }
  }

  private take(link: Link, frame: MbapFrame): void {
    const { waiting } = link
    // The late reply of a request that was given up.
    if (waiting?.transactionId !== frame.transactionId) return
    if (frame.unitId !== waiting.unitId) {
      const reason = `a reply of unit ${frame.unitId} in place of unit ${waiting.unitId}`
      return this.end(link, reason, errorCodes.replyInvalid)
    }
    link.lostReplies = 0
    waiting.settle(frame.pdu)
  }

  private async connect(): Promise<Link> {
    if (this.stopped) throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    if (this.clock.monotonicMs() < this.connectNotBeforeMs) {
      throw new AppError(errorCodes.busDisconnected, this.lastConnectError)
    }
    try {
      const receiver = { buffer: new Uint8Array(RECEIVE_BYTES), onBytes: (bytes: Uint8Array) => this.receive(bytes) } // prettier-ignore
      const socket = await this.connectTcp(this.transport, this.bus.timeoutMs, receiver)
      if (this.stopped) {
        socket.destroy()
        throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
      }
      this.link = this.attach(socket)
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

  private attach(socket: Socket): Link {
    const link = { socket, reader: new MbapReader(), waiting: null, transactionId: 0, lostReplies: 0 }
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.end(link, `connection broke: ${error.code ?? error.message}`),
    )
    socket.on('close', () => this.end(link, 'connection closed by the other side'))
    socket.on('end', () => this.end(link, 'connection closed by the other side'))
    return link
  }

  private end(link: Link, reason: string, code: ErrorCode = errorCodes.busDisconnected): void {
    if (this.link === link) this.link = null
    link.waiting?.settle(new AppError(code, reason, { details: { sent: true } }))
    link.socket.destroy()
  }
}
