/** A Modbus TCP server that knows nothing of Modbus: to these bytes it answers those. */
import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface LiteralServer {
  readonly port: number
  /** Requests that have no answer here. */
  readonly unknown: string[]
  stop(): Promise<void>
}

const TRANSACTION_BYTES = 2
/** Header and PDU of every read request. */
const REQUEST_BYTES = 12

/** `replies`: by the request's bytes, both without the transaction, which is sent back as it came. */
export async function startLiteralServer(replies: Readonly<Record<string, string>>): Promise<LiteralServer> {
  const unknown: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let received = Buffer.alloc(0)
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      for (; received.length >= REQUEST_BYTES; received = received.subarray(REQUEST_BYTES)) {
        const transaction = received.subarray(0, TRANSACTION_BYTES)
        const request = spaced(received.subarray(TRANSACTION_BYTES, REQUEST_BYTES))
        const reply = replies[request]
        if (reply === undefined) unknown.push(request)
        else socket.write(Buffer.concat([transaction, Buffer.from(reply.replaceAll(' ', ''), 'hex')]))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    unknown,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function spaced(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')
}
