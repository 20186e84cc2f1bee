/** A socket for tests that speaks bytes: it shares no code with the server. */
import { connect, type Socket } from 'node:net'

export class RawClient {
  readonly socket: Socket
  private received = Buffer.alloc(0)
  private closed = false
  private wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk])
      this.wake()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
      this.wake()
    })
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawClient(socket)
  }

  /** Bytes as hexadecimal with blanks. */
  send(hex: string): void {
    this.socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  }

  /** The next `count` bytes as hexadecimal; 'closed' or 'nothing' when they do not come. */
  async receive(count: number, waitMs = 1000): Promise<string> {
    const deadline = Date.now() + waitMs
    while (this.received.length < count) {
      if (this.closed) return 'closed'
      const rest = deadline - Date.now()
      if (rest <= 0) return 'nothing'
      await this.news(rest)
    }
    const bytes = this.received.subarray(0, count)
    this.received = this.received.subarray(count)
    return bytes.toString('hex')
  }

  /** Reads registers by one plain request and gives their bytes; the exception code when refused. */
  async read(unitId: number, fn: number, address: number, count: number): Promise<DataView | number> {
    const request = Buffer.from([
      0,
      9,
      0,
      0,
      0,
      6,
      unitId,
      fn,
      address >> 8,
      address & 255,
      count >> 8,
      count & 255,
    ])
    this.socket.write(request)
    const head = Buffer.from(await this.receive(9), 'hex')
    if (head.length < 9) throw new Error('no answer')
    if (head[7]! & 0x80) return head[8]!
    const body = Buffer.from(await this.receive(head[8]!), 'hex')
    return new DataView(body.buffer, body.byteOffset, body.length)
  }

  close(): void {
    this.socket.destroy()
  }

  private news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
