/** RTU frames over TCP, as a converter passes them from its line. */
import { createServer, type Server, type Socket } from 'node:net'
import { RtuLine } from './rtu-line.ts'
import type { ServerStats } from './stats.ts'
import type { UnitHandler } from './unit-answer.ts'

export class RtuServer {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()

  constructor(handler: UnitHandler, stats: ServerStats) {
    this.server = createServer({ noDelay: true }, (socket) => {
      stats.connections += 1
      this.sockets.add(socket)
      const line = new RtuLine(handler, stats, {
        write: (bytes) => void (socket.destroyed || socket.write(bytes)),
        reset: () => void socket.resetAndDestroy(),
      })
      socket.on('data', (chunk) => line.receive(chunk))
      socket.on('close', () => {
        line.stop()
        this.sockets.delete(socket)
      })
      // A client that goes away is its own affair; 'close' follows.
      socket.on('error', () => socket.destroy())
    })
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
    for (const socket of this.sockets) socket.destroy()
    if (!this.server.listening) return
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }
}
