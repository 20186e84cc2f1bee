/**
 * The UDP socket of a bus, in place of the library's own transport, which shares its port with other programs (so that
 * they take each other's replies), hands any bytes to its decoder uncaught, and keeps timers for every broadcast.
 */
import { createSocket, type Socket } from 'node:dgram'
import { EventEmitter } from 'node:events'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'
import type { Logger } from '../../log.ts'
import type { BacnetBusConfig } from './bacnet.config.ts'

export const BACNET_PORT = 47_808
/** Longest APDU on IP (1476) with NPDU and BVLC. */
const MAX_PAYLOAD = 1_497

/** What a client of the library is given as its transport: it hears one host, or all. */
export class ClientPort extends EventEmitter {
  /** Told when a datagram could not be decoded. */
  onBroken: ((error: unknown) => void) | null = null
  private readonly owner: BacnetSocket
  private readonly peer: string | null

  constructor(owner: BacnetSocket, peer: string | null) {
    super()
    this.owner = owner
    this.peer = peer
  }

  // What the library expects of a transport.
  open(): void {
    this.owner.ports.add(this)
  }
  close(): void {
    this.owner.ports.delete(this)
    this.removeAllListeners()
  }
  getBroadcastAddress(): string {
    return this.owner.broadcast
  }
  getMaxPayload(): number {
    return MAX_PAYLOAD
  }
  send(buffer: Buffer, length: number, receiver?: string): void {
    this.owner.send(buffer.subarray(0, length), receiver ?? this.owner.broadcast)
  }

  hears(sender: string): boolean {
    return this.peer === null || this.peer === sender
  }

  take(bytes: Buffer, sender: string): void {
    try {
      this.emit('message', bytes, sender)
    } catch (error) {
      // The library's decoders read on beyond the end of a frame that is cut off.
      this.onBroken?.(error)
    }
  }
}

export class BacnetSocket {
  readonly ports = new Set<ClientPort>()
  readonly broadcast: string
  private readonly bus: BacnetBusConfig
  private readonly logger: Logger
  private socket: Socket | null = null
  private opening: Promise<void> | null = null
  private isClosed = false

  constructor(bus: BacnetBusConfig, logger: Logger) {
    this.bus = bus
    this.logger = logger
    this.broadcast = withPort(bus.broadcast)
  }

  get isOpen(): boolean {
    return this.socket !== null
  }

  /** @throws AppError `edge.bus_disconnected` when the port is taken or the address is none of this machine's */
  async open(): Promise<void> {
    if (this.isClosed) throw new AppError(errorCodes.busDisconnected, 'the bus is stopped')
    if (this.socket) return
    this.opening ??= this.bind().finally(() => (this.opening = null))
    await this.opening
  }

  send(bytes: Buffer, receiver: string): void {
    const [host, port] = withPort(receiver).split(':')
    this.socket?.send(bytes, Number(port), host, (error) => {
      if (error) this.logger.debug({ receiver, err: error }, 'not sent')
    })
  }

  /** For good. */
  async close(): Promise<void> {
    this.isClosed = true
    await this.opening?.catch(() => {})
    const { socket } = this
    this.socket = null
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()))
  }

  private async bind(): Promise<void> {
    const { host, port } = this.bus
    // Two programs on one port would take each other's replies: never shared.
    const socket = createSocket({ type: 'udp4', reuseAddr: false })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind(port, host, resolve)
      })
    } catch (error) {
      socket.close()
      throw new AppError(errorCodes.busDisconnected, `UDP port ${port} of ${host} cannot be opened: ${(error as Error).message}`, { cause: error }) // prettier-ignore
    }
    socket.removeAllListeners('error')
    socket.on('error', (error) => this.lose(socket, error))
    socket.on('message', (bytes, from) => this.receive(bytes, `${from.address}:${from.port}`))
    socket.setBroadcast(true)
    this.socket = socket
  }

  private receive(bytes: Buffer, sender: string): void {
    for (const port of [...this.ports]) if (port.hears(sender)) port.take(bytes, sender)
  }

  private lose(socket: Socket, error: Error): void {
    this.logger.warn({ err: error }, 'the BACnet socket failed; it is opened again')
    if (this.socket === socket) this.socket = null
    socket.close()
  }
}

export function withPort(address: string): string {
  return address.includes(':') ? address : `${address}:${BACNET_PORT}`
}
