/**
 * One Modbus TCP connection on `modbus-serial`, made when first needed and made anew after every error but an
 * exception reply: a stream that lost a reply or carried rubbish is not trusted again (the library can stay
 * locked, and a wrong length in a header desynchronises the stream for ever).
 */
import type { Socket } from 'node:net'
import modbusSerial from 'modbus-serial'
import { AppError } from '@courtyard/protocols/contract'
import {
  MbapReader,
  type DeviceIdentification,
  type ModbusRead,
  type ModbusWriteRequest,
} from '@courtyard/protocols/modbus'
import type { Clock } from '../../clock.ts'
import { errorCodes, type ErrorCode } from '../../errors.ts'
import type { ConnectTcp } from '../driver.ts'
import type { ModbusBusConfig } from './modbus.config.ts'
import { refusal, type ModbusConnection, type ModbusReply } from './modbus.connection.ts'

// The library is CommonJS: its class is the default of the default.
const ModbusClient = modbusSerial.default
type ModbusClient = InstanceType<typeof ModbusClient>

type TcpTransport = Extract<ModbusBusConfig['transport'], { type: 'tcp' }>

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
    const { reply, latencyMs } = await this.exchange(unitId, (client) => sendRead(client, request))
    const { data } = reply
    return { words: data.slice(0, request.count).map(Number), atMs: this.clock.nowMs(), latencyMs }
  }

  async write(unitId: number, request: ModbusWriteRequest): Promise<void> {
    await this.exchange(unitId, (client) => sendWrite(client, request))
  }

  async identify(unitId: number): Promise<DeviceIdentification | null> {
    try {
      const { reply } = await this.exchange(unitId, (client) => client.readDeviceIdentification(1, 0))
      const [vendor = '', product = '', revision = ''] = reply.data
      return { vendor, product, revision }
    } catch (error) {
      if (error instanceof AppError && error.code === errorCodes.requestRefused) return null
      throw error
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    const { link } = this
    link?.abandon?.(new AppError(errorCodes.busDisconnected, 'the bus is stopped'))
    if (link) this.drop(link)
  }

  private async exchange<T>(
    unitId: number,
    send: (client: ModbusClient) => Promise<T>,
  ): Promise<{ reply: T; latencyMs: number }> {
    const link = this.link ?? (await this.connect())
    const quietMs = this.quietUntilMs - this.clock.monotonicMs()
    if (quietMs > 0) await this.clock.sleep(quietMs)
    const sentAtMs = this.clock.monotonicMs()
    try {
      link.client.setID(unitId)
      link.unitId = unitId
      const reply = await orAbandoned(link, send(link.client))
      return { reply, latencyMs: this.clock.monotonicMs() - sentAtMs }
    } catch (cause) {
      const error = classify(cause, this.bus.timeoutMs)
      if (error.code !== errorCodes.requestRefused) this.drop(link)
      throw error
    } finally {
      this.quietUntilMs = this.clock.monotonicMs() + this.bus.pauseMs
    }
  }

  private async connect(): Promise<Link> {
    if (this.stopped) throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    if (this.clock.monotonicMs() < this.connectNotBeforeMs) {
      throw new AppError(errorCodes.busDisconnected, this.lastConnectError)
    }
    try {
      const socket = await this.connectTcp(this.transport, this.bus.timeoutMs)
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
    await client.linkTCP(socket, { port: this.transport.port })
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
function orAbandoned<T>(link: Link, reply: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    link.abandon = reject
    reply.then(resolve, reject).finally(() => (link.abandon = null))
  })
}

async function sendRead(
  client: ModbusClient,
  { function: fn, address, count }: ModbusRead,
): Promise<{ data: readonly (number | boolean)[] }> {
  const reply = await readers[fn](client, address, count)
  if (reply.data.length >= count) return reply
  throw new AppError(errorCodes.replyInvalid, `${reply.data.length} values instead of ${count}`)
}

type Reader = (
  client: ModbusClient,
  address: number,
  count: number,
) => Promise<{ data: readonly (number | boolean)[] }>

const readers: Record<ModbusRead['function'], Reader> = {
  1: (client, address, count) => client.readCoils(address, count),
  2: (client, address, count) => client.readDiscreteInputs(address, count),
  3: (client, address, count) => client.readHoldingRegisters(address, count),
  4: (client, address, count) => client.readInputRegisters(address, count),
}

/** The library does not compare the echo of a write with its request. */
async function sendWrite(client: ModbusClient, request: ModbusWriteRequest): Promise<void> {
  const { address, values } = request
  const [value = 0] = values
  const isOn = (one: number) => one === 1
  const echo = async (): Promise<readonly [number, number]> => {
    switch (request.function) {
      case 5: {
        const reply = await client.writeCoil(address, isOn(value))
        return [reply.address, Number(reply.state)]
      }
      case 6: {
        const reply = await client.writeRegister(address, value)
        return [reply.address, reply.value]
      }
      case 15: {
        const reply = await client.writeCoils(address, values.map(isOn))
        return [reply.address, reply.length]
      }
      case 16: {
        const reply = await client.writeRegisters(address, [...values])
        return [reply.address, reply.length]
      }
    }
  }
  const [echoAddress, echoed] = await echo()
  if (echoAddress === address && echoed === (request.function <= 6 ? value : values.length)) return
  throw new AppError(errorCodes.replyInvalid, 'an echo that is not the request')
}

/** Errors of modbus-serial are told apart by their fields; the names are not exported. All are after sending. */
function classify(cause: unknown, timeoutMs: number): AppError {
  const error = cause as { modbusCode?: unknown; name?: unknown; message?: unknown }
  if (typeof error.modbusCode === 'number') return refusal(error.modbusCode, cause)
  const options = { cause, details: { sent: true } }
  if (cause instanceof AppError) return new AppError(cause.code, cause.message, options)
  if (error.name === 'TransactionTimedOutError') {
    return new AppError(errorCodes.requestTimeout, `no reply within ${timeoutMs} ms`, options)
  }
  if (error.name === 'PortNotOpenError') {
    return new AppError(errorCodes.busDisconnected, 'connection is closed', { cause })
  }
  return new AppError(errorCodes.replyInvalid, String(error.message), options)
}
