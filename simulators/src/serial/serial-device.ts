/** The device's end of a serial line; comes back by itself when the port was gone. */
import { SerialPort } from 'serialport'

export interface SerialOptions {
  readonly path: string
  readonly baudRate: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

/** Made for each opening of the port: gets its bytes, and is told when it is closed. */
export interface SerialSession {
  receive(chunk: Uint8Array): void
  stop(): void
}

const REOPEN_MS = 50

export class SerialDevice {
  private readonly options: SerialOptions
  private readonly begin: (write: (bytes: Uint8Array) => void, close: () => void) => SerialSession
  private port: SerialPort | null = null
  private timer: NodeJS.Timeout | null = null
  private stopped = false

  constructor(
    options: SerialOptions,
    begin: (write: (bytes: Uint8Array) => void, close: () => void) => SerialSession,
  ) {
    this.options = options
    this.begin = begin
  }

  /** Rejects with the system's error when the port cannot be opened. */
  start(): Promise<void> {
    const port = new SerialPort({ ...this.options, dataBits: 8, autoOpen: false })
    return new Promise((resolve, reject) =>
      port.open((error) => {
        if (error) return reject(error)
        this.attach(port)
        resolve()
      }),
    )
  }

  async stop(): Promise<void> {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
    const { port } = this
    if (port?.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()))
  }

  private attach(port: SerialPort): void {
    this.port = port
    const session = this.begin(
      (bytes) => void (port.isOpen && port.write(Buffer.from(bytes))),
      () => port.isOpen && port.close(),
    )
    port.on('data', (chunk: Buffer) => session.receive(chunk))
    // 'close' follows.
    port.on('error', () => undefined)
    port.on('close', () => {
      session.stop()
      this.reopen()
    })
  }

  private reopen(): void {
    if (this.stopped) return
    this.timer = setTimeout(() => {
      void this.start().catch(() => this.reopen())
    }, REOPEN_MS)
  }
}
