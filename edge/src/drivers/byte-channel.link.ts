/** One open serial port or socket. When it ends it is over: the channel opens a new one, never the same again. */
import type { Socket } from 'node:net'
import { AppError } from '@courtyard/protocols/contract'
import { errorCodes } from '../errors.ts'
import type { LineTransport } from './byte-channel.ts'
import type { ConnectTcp } from './driver.ts'

export interface ByteLink {
  write(bytes: Uint8Array): void
  /** Throws away what the system has received and we have not seen yet. */
  discard(): Promise<void>
  /** Resolves when the port is free for the next one. */
  close(): Promise<void>
}

export interface LinkEvents {
  onBytes(chunk: Uint8Array): void
  /** Not called after `close`. */
  onEnd(reason: string): void
}

/** @throws AppError `edge.bus_disconnected` */
export function openLink(
  line: LineTransport,
  connectTcp: ConnectTcp,
  timeoutMs: number,
  events: LinkEvents,
): Promise<ByteLink> {
  return line.type === 'serial' ? openSerial(line, events) : openTcp(line, connectTcp, timeoutMs, events)
}

/** A read buffer per port; the library's 64 KiB are for modems. */
const READ_BUFFER_BYTES = 4096

async function openSerial(
  line: Extract<LineTransport, { type: 'serial' }>,
  events: LinkEvents,
): Promise<ByteLink> {
  // Loaded when first needed: a gateway without serial ports does not carry the native library.
  const { SerialPort } = await import('serialport')
  const { path, baudRate, dataBits, parity, stopBits } = line
  const port = new SerialPort({
    path, baudRate, dataBits, parity, stopBits, autoOpen: false, highWaterMark: READ_BUFFER_BYTES,
  }) // prettier-ignore
  await new Promise<void>((resolve, reject) =>
    port.open((error) => {
      if (!error) return resolve()
      reject(new AppError(errorCodes.busDisconnected, `${path}: ${error.message}`, { cause: error }))
    }),
  )
  let over = false
  const close = () => {
    over = true
    return closePort(port)
  }
  const end = (reason: string) => {
    if (over) return
    void close()
    events.onEnd(`${path}: ${reason}`)
  }
  port.on('data', (chunk: Buffer) => {
    if (!over) events.onBytes(chunk)
  })
  port.on('error', (error) => end(error.message))
  port.on('close', (error: Error | null) => end(error?.message ?? 'port closed'))
  port.on('end', () => end('port ended'))
  return {
    write: (bytes) => void port.write(Buffer.from(bytes)),
    discard: () => new Promise((resolve) => port.flush(() => resolve())),
    close,
  }
}

/** A port that is open or closing stays locked until its 'close'. */
function closePort(port: {
  readonly isOpen: boolean
  readonly closing: boolean
  close(done: () => void): void
  once(event: 'close', done: () => void): unknown
}): Promise<void> {
  return new Promise((resolve) => {
    if (port.isOpen) port.close(() => resolve())
    else if (port.closing) port.once('close', () => resolve())
    else resolve()
  })
}

async function openTcp(
  line: Extract<LineTransport, { type: 'tcp' }>,
  connectTcp: ConnectTcp,
  timeoutMs: number,
  events: LinkEvents,
): Promise<ByteLink> {
  const socket: Socket = await connectTcp(line, timeoutMs)
  let over = false
  const end = (reason: string) => {
    if (over) return
    over = true
    socket.destroy()
    events.onEnd(reason)
  }
  socket.on('data', (chunk) => {
    if (!over) events.onBytes(chunk)
  })
  socket.on('error', (error: NodeJS.ErrnoException) =>
    end(`connection broke: ${error.code ?? error.message}`),
  )
  socket.on('end', () => end('connection closed by the other side'))
  socket.on('close', () => end('connection closed by the other side'))
  return {
    write: (bytes) => void socket.write(bytes),
    // One turn of the event loop brings what the socket holds; the channel throws it away.
    discard: () => new Promise((resolve) => setImmediate(resolve)),
    close: () => {
      over = true
      socket.destroy()
      return Promise.resolve()
    },
  }
}
