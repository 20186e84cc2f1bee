/** Where a simulated line is reached: a TCP listener that passes bytes through, as converters do, or a serial port. */
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface LineOptions {
  /** TCP port; 0 takes a free one. */
  readonly port?: number
  /** Path of a serial port, such as one end of a pair made by socat; then there is no TCP. */
  readonly serialPath?: string
  readonly baudRate?: number
}

/** Somebody on the other side of the line. */
export interface LinePeer {
  write(bytes: Uint8Array): void
  /** Cuts the connection; a serial line has none. */
  reset(): void
}

export interface Line {
  /** TCP port; 0 for a serial line. */
  readonly port: number
  stop(): Promise<void>
}

export async function openLine(
  options: LineOptions,
  onBytes: (bytes: Uint8Array, peer: LinePeer) => void,
): Promise<Line> {
  return options.serialPath === undefined
    ? openTcp(options.port ?? 0, onBytes)
    : openSerial(options.serialPath, options.baudRate ?? 2400, onBytes)
}

async function openTcp(port: number, onBytes: (bytes: Uint8Array, peer: LinePeer) => void): Promise<Line> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    const peer = {
      write: (bytes: Uint8Array) => void socket.write(bytes),
      reset: () => void socket.destroy(),
    }
    socket.on('data', (bytes) => onBytes(bytes, peer))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function openSerial(
  path: string,
  baudRate: number,
  onBytes: (bytes: Uint8Array, peer: LinePeer) => void,
): Promise<Line> {
  const { SerialPort } = await import('serialport')
  const port = new SerialPort({ path, baudRate, parity: 'even', autoOpen: false })
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())))
  const peer = { write: (bytes: Uint8Array) => void port.write(Buffer.from(bytes)), reset: () => {} }
  port.on('data', (bytes: Buffer) => onBytes(bytes, peer))
  port.on('error', () => {})
  return {
    port: 0,
    stop: () => new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())),
  }
}

/** What a line of bytes is for every meter on it: frames with a start, a length, a sum and an end. */
export function takeFrames(
  pending: Uint8Array,
  shape: { readonly headBytes: number; readonly secondStartAt?: number },
): { frames: Uint8Array[]; rest: Uint8Array } {
  const frames: Uint8Array[] = []
  let rest = pending
  for (;;) {
    const start = rest.indexOf(0x68)
    if (start < 0) return { frames, rest: new Uint8Array(0) }
    rest = rest.subarray(start)
    if (rest.length < shape.headBytes) return { frames, rest }
    const size = shape.headBytes + rest[shape.headBytes - 1]! + 2
    const second = shape.secondStartAt
    if (second === undefined || rest[second] === 0x68) {
      if (rest.length < size) return { frames, rest }
      const sum = rest.subarray(0, size - 2).reduce((total, byte) => (total + byte) & 0xff, 0)
      if (rest[size - 1] === 0x16 && rest[size - 2] === sum) {
        frames.push(rest.slice(0, size))
        rest = rest.subarray(size)
        continue
      }
    }
    rest = rest.subarray(1)
  }
}

/** Head and data with their sum and end, behind `wakeUps` bytes FE. */
export function closeFrame(head: readonly number[], wakeUps: number): Uint8Array {
  const sum = head.reduce((total, byte) => (total + byte) & 0xff, 0)
  return Uint8Array.of(...Array<number>(wakeUps).fill(0xfe), ...head, sum, 0x16)
}

/** Decimal digits, low pair first. */
export function bcdBytes(value: number, length: number): number[] {
  const digits = String(Math.trunc(Math.abs(value)))
    .padStart(2 * length, '0')
    .slice(-2 * length)
  return Array.from({ length }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16)).reverse()
}

/** What shows on a clock in the zone. */
export function wallClock(atMs: number, timeZone: string): number[] {
  const text = new Date(atMs).toLocaleString('sv-SE', { timeZone })
  return text.split(/\D/).map(Number)
}
