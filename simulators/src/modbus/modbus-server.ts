/** One Modbus TCP endpoint: a gateway with several units behind it. It knows the protocol and nothing of meters. */
import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { encodeMbap, type MbapFrame, MbapReader } from '@courtyard/protocols/modbus'
import { exceptionReply, ModbusException } from './pdu.ts'
import type { ServerStats } from './stats.ts'
import type { UnitHandler } from './unit-answer.ts'

/** A client that does not read its replies is not read either beyond this. */
const MAX_UNREAD_BYTES = 256 * 1024

export class ModbusServer {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly handler: UnitHandler
  private readonly stats: ServerStats

  constructor(handler: UnitHandler, stats: ServerStats) {
    this.handler = handler
    this.stats = stats
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket))
  }

  /** Resolves with the port that it got (`port` 0: any). Rejects with the system's error, such as EADDRINUSE. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, host, () => {
        this.server.off('error', reject)
        const address = this.server.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      })
    })
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer)
    for (const socket of this.sockets) socket.destroy()
    if (!this.server.listening) return
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private accept(socket: Socket): void {
    this.stats.connections += 1
    this.sockets.add(socket)
    const reader = new MbapReader()
    socket.on('data', (chunk) => this.receive(socket, reader, chunk))
    socket.on('drain', () => socket.resume())
    socket.on('close', () => this.sockets.delete(socket))
    // A client that goes away is its own affair; 'close' follows.
    socket.on('error', () => socket.destroy())
  }

  private receive(socket: Socket, reader: MbapReader, chunk: Uint8Array): void {
    let frames: MbapFrame[]
    try {
      frames = reader.push(chunk)
    } catch {
      this.stats.badFrames += 1
      socket.destroy()
      return
    }
    for (const frame of frames) this.answer(socket, frame)
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.pause()
  }

  private answer(socket: Socket, frame: MbapFrame): void {
    this.stats.requests += 1
    const answer = this.handler(frame)
    if (answer.kind === 'nothing' || socket.destroyed) return
    if (answer.kind === 'reset') {
      socket.resetAndDestroy()
      return
    }
    if (answer.kind === 'garbage') {
      socket.write(spoiled(frame, answer.pdu, answer.variant))
      return
    }
    if (answer.kind === 'absent') {
      this.stats.exceptions += 1
      const pdu = exceptionReply(frame.pdu[0]!, ModbusException.gatewayTargetFailed)
      this.send(socket, encodeMbap({ ...frame, pdu }))
      return
    }
    const { pdu, delayMs = 0, unitId = frame.unitId } = answer
    const bytes = encodeMbap({ transactionId: frame.transactionId, unitId, pdu })
    if (delayMs > 0) this.later(delayMs, () => this.send(socket, bytes))
    else this.send(socket, bytes)
  }

  private send(socket: Socket, bytes: Uint8Array): void {
    if (socket.destroyed) return
    this.stats.replies += 1
    socket.write(bytes)
  }

  private later(delayMs: number, action: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      action()
    }, delayMs)
    this.timers.add(timer)
  }
}

function spoiled(
  { transactionId, unitId }: MbapFrame,
  pdu: Uint8Array,
  variant: 'bytes' | 'length',
): Uint8Array {
  const bytes = encodeMbap({ transactionId, unitId, pdu })
  if (variant === 'length') new DataView(bytes.buffer).setUint16(4, 0xfff0)
  else bytes.set(randomBytes(pdu.length), bytes.length - pdu.length)
  return bytes
}
