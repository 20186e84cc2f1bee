/** Packets over TCP or UDP to one terminal. */
import { createSocket } from 'node:dgram'
import { AppError } from '@courtyard/protocols/contract'
import { decodePacket, encodePacket, encodeTcpPacket, ZkStreamReader, type ZkPacket } from '@courtyard/protocols/zkteco' // prettier-ignore
import { errorCodes } from '../../errors.ts'
import type { ConnectTcp } from '../driver.ts'

export interface Link {
  readonly transport: 'tcp' | 'udp'
  send(packet: ZkPacket): void
  /** Sends what was written and ends. */
  close(): void
}

export interface LinkListener {
  packet(packet: ZkPacket): void
  /** Once: the link is of no use any more. */
  ended(error: AppError): void
}

export interface LinkTarget {
  readonly transport: 'tcp' | 'udp'
  readonly host: string
  readonly port: number
}

/** @throws AppError `edge.bus_disconnected`. */
export function openLink(
  target: LinkTarget,
  timeoutMs: number,
  connectTcp: ConnectTcp,
  listener: LinkListener,
): Promise<Link> {
  return target.transport === 'tcp'
    ? openTcp(target, timeoutMs, connectTcp, listener)
    : openUdp(target, listener)
}

async function openTcp(
  target: LinkTarget,
  timeoutMs: number,
  connectTcp: ConnectTcp,
  listener: LinkListener,
): Promise<Link> {
  const socket = await connectTcp(target, timeoutMs)
  const reader = new ZkStreamReader()
  let over = false
  const end = (error: AppError) => {
    if (over) return
    over = true
    socket.destroy()
    listener.ended(error)
  }
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const packet of reader.push(chunk)) listener.packet(packet)
    } catch (error) {
      // A stream that carried rubbish has lost its step for good.
      end(asInvalid(error))
    }
  })
  socket.on('error', (error: NodeJS.ErrnoException) => end(disconnected(`connection broke: ${error.code ?? error.message}`))) // prettier-ignore
  socket.on('close', () => end(disconnected('connection closed by the terminal')))
  return {
    transport: 'tcp',
    send: (packet) => void socket.write(encodeTcpPacket(packet)),
    close: () => {
      over = true
      socket.destroySoon()
      // A terminal that is gone never takes the last bytes.
      setTimeout(() => socket.destroy(), 20).unref()
    },
  }
}

function openUdp({ host, port }: LinkTarget, listener: LinkListener): Promise<Link> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    let open = false
    let over = false
    const end = (error: AppError) => {
      if (over) return
      over = true
      socket.close()
      if (open) listener.ended(error)
      else reject(error)
    }
    socket.on('error', (error: NodeJS.ErrnoException) => end(disconnected(`${host}:${port}: ${error.code ?? error.message}`))) // prettier-ignore
    socket.on('message', (bytes) => {
      try {
        listener.packet(decodePacket(bytes))
      } catch (error) {
        end(asInvalid(error))
      }
    })
    // Connected, so that datagrams of others are dropped and a refused port is told at once.
    socket.connect(port, host, () => {
      open = true
      resolve({
        transport: 'udp',
        send: (packet) => {
          if (over) return
          socket.send(encodePacket(packet), (error) => error && end(disconnected(error.message)))
        },
        close: () => {
          if (over) return
          over = true
          // Datagrams that were sent before are with the kernel after one turn.
          setImmediate(() => socket.close())
        },
      })
    })
  })
}

export function disconnected(reason: string): AppError {
  return new AppError(errorCodes.busDisconnected, reason)
}

function asInvalid(cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new AppError(errorCodes.replyInvalid, message, { cause })
}
