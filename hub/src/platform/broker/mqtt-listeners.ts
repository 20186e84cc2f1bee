/**
 * The sockets of the hub's own broker, plain and TLS. With TLS a client may show a certificate: one that does not
 * lead to our CA ends the connection; without one the client has to give a password later on.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import type { Logger } from 'pino'
import { fail, platformErrors } from '../errors.ts'
import type { TlsMaterial } from '../security/security.ts'
import { Doorkeeper } from './doorkeeper.ts'

const MAX_CONNECTIONS = 5_000
const HANDSHAKE_WITHIN_MS = 10_000

/** A certificate that TLS has verified: whom it names, and which one it is. */
export interface PeerCertificate {
  readonly subject: string
  readonly serial: string
}

export interface Visitor {
  readonly socket: Socket
  readonly address: string
  readonly certificate: PeerCertificate | null
  /** To be called when it has shown who it is. */
  known(): void
  /** Its credentials are wrong. */
  failed(): void
}

export interface ListenerOptions {
  readonly plain: { readonly host: string; readonly port: number } | null
  readonly tls: { readonly host: string; readonly port: number; material(): Promise<TlsMaterial> } | null
  readonly log: Logger
}

export class MqttListeners {
  private readonly options: ListenerOptions
  private readonly accept: (visitor: Visitor) => void
  private readonly door = new Doorkeeper()
  private readonly sockets = new Set<Socket>()
  /** By the far end of the connection: a TLS socket and the one below it have the same. */
  private readonly strangers = new Map<string, () => void>()
  private plain: Server | null = null
  private tls: TlsServer | null = null
  private turnedAway = 0

  constructor(options: ListenerOptions, accept: (visitor: Visitor) => void) {
    this.options = options
    this.accept = accept
  }

  /** @throws AppError `broker.unavailable` when a port is taken */
  async start(): Promise<void> {
    const { plain, tls } = this.options
    if (plain) {
      this.plain = createServer({ noDelay: true, keepAlive: true }, (socket) => this.enterPlain(socket))
      await listen(this.plain, plain, 'MQTT_PORT')
    }
    if (tls) {
      this.tls = await this.makeTls(() => tls.material())
      await listen(this.tls, tls, 'MQTT_TLS_PORT')
    }
  }

  get port(): number | null {
    return portOf(this.plain)
  }

  get tlsPort(): number | null {
    return portOf(this.tls)
  }

  get listening(): boolean {
    return this.plain?.listening === true || this.tls?.listening === true
  }

  /** Connections that were not let in since the start. */
  get refused(): number {
    return this.turnedAway
  }

  /** Connections to come get the hub's newest certificate; those that are there go on. */
  async renew(): Promise<void> {
    if (!this.tls || !this.options.tls) return
    this.tls.setSecureContext(contextOf(await this.options.tls.material()))
  }

  async stop(): Promise<void> {
    const servers = [this.plain, this.tls].filter((server) => server?.listening)
    const closed = servers.map((server) => new Promise<void>((resolve) => server!.close(() => resolve())))
    for (const socket of this.sockets) socket.destroy()
    await Promise.all(closed)
  }

  private async makeTls(material: () => Promise<TlsMaterial>): Promise<TlsServer> {
    const server = createTlsServer({
      ...contextOf(await material()),
      minVersion: 'TLSv1.2',
      requestCert: true,
      // Looked at below: a client without a certificate may have a password
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_WITHIN_MS,
      noDelay: true,
      keepAlive: true,
    })
    server.maxConnections = MAX_CONNECTIONS
    // Before the handshake, which is the costly part
    server.prependListener('connection', (socket: Socket) => void this.admit(socket))
    server.on('secureConnection', (socket) => this.enterTls(socket))
    server.on('tlsClientError', (error, socket) =>
      this.options.log.debug({ err: error, address: socket.remoteAddress }, 'TLS handshake failed'),
    )
    return server
  }

  private enterPlain(socket: Socket): void {
    if (this.admit(socket)) this.welcome(socket, null)
  }

  private enterTls(socket: TLSSocket): void {
    const shown = socket.getPeerCertificate()
    // An empty object: none was shown
    if (Object.keys(shown).length === 0) return this.welcome(socket, null)
    if (socket.authorized) {
      const name = shown.subject.CN
      const subject = Array.isArray(name) ? '' : (name ?? '')
      return this.welcome(socket, { subject, serial: shown.serialNumber.toLowerCase() })
    }
    const { remoteAddress: address = '', authorizationError: reason } = socket
    this.turnedAway += 1
    this.door.failed(address)
    this.options.log.warn({ address, reason: String(reason) }, 'a client certificate is not ours; refused')
    socket.destroy()
  }

  /** Whether the address may have one more connection; ends it otherwise. */
  private admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? ''
    const leave = this.sockets.size < MAX_CONNECTIONS ? this.door.enter(address) : null
    if (!leave) {
      this.turnedAway += 1
      this.options.log.debug({ address }, 'too many connections of strangers; refused')
      socket.destroy()
      return false
    }
    const end = farEnd(socket)
    this.sockets.add(socket)
    this.strangers.set(end, leave)
    socket.once('close', () => {
      leave()
      this.sockets.delete(socket)
      this.strangers.delete(end)
    })
    return true
  }

  private welcome(socket: Socket, certificate: PeerCertificate | null): void {
    const address = socket.remoteAddress ?? ''
    const end = farEnd(socket)
    this.accept({
      socket,
      address,
      certificate,
      known: () => this.strangers.get(end)?.(),
      failed: () => {
        this.turnedAway += 1
        this.door.failed(address)
      },
    })
  }
}

function farEnd(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

function contextOf({ certificate, privateKey, ca }: TlsMaterial) {
  return { cert: certificate, key: privateKey, ca }
}

function portOf(server: Server | null): number | null {
  return server?.listening ? (server.address() as AddressInfo).port : null
}

function listen(server: Server, at: { host: string; port: number }, setting: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error) =>
      reject(
        fail(
          platformErrors.brokerUnavailable,
          `The MQTT broker cannot listen on ${at.host}:${at.port} (${cause.message}); set ${setting}`,
          undefined,
          cause,
        ),
      ),
    )
    server.listen(at.port, at.host, resolve)
  })
}
