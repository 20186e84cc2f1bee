import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between two programs so that the network between them can be cut: existing and new connections. */
export class TcpProxy {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  private cut = false

  private constructor(targetPort: number) {
    this.server = createServer((client) => this.join(client, targetPort))
  }

  /** Listens on `port` and passes everything to `targetPort`, both on 127.0.0.1. */
  static listen(port: number, targetPort: number): Promise<TcpProxy> {
    return new Promise((resolve, reject) => {
      const proxy = new TcpProxy(targetPort)
      proxy.server.once('error', reject)
      proxy.server.listen(port, '127.0.0.1', () => resolve(proxy))
    })
  }

  /** From now on nothing passes: connections break, new ones are refused. */
  cutOff(): void {
    this.cut = true
    for (const socket of this.sockets) socket.destroy()
  }

  restore(): void {
    this.cut = false
  }

  async stop(): Promise<void> {
    this.cutOff()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private join(client: Socket, targetPort: number): void {
    if (this.cut) {
      client.destroy()
      return
    }
    const target = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      this.sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        this.sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  }
}
