/**
 * A device that publishes to a broker as real ones do: fields of the maker's own messages, given by whoever starts it,
 * and for switches an answer to a command on the state topic. It knows nothing of profiles.
 */
import { createConnection, type Socket } from 'node:net'

export interface PublishedMessage {
  readonly topic: string
  readonly payload: string
  readonly qos?: 0 | 1
  readonly retain?: boolean
}

export interface MqttDeviceOptions {
  readonly host?: string
  readonly port: number
  readonly clientId: string
  readonly user?: string
  readonly password?: string
  /** Topics that it listens to. */
  readonly subscribe?: readonly string[]
  /** What it publishes when a command comes. */
  readonly onCommand?: (topic: string, payload: string) => readonly PublishedMessage[]
}

/** MQTT 3.1.1 by its own packets (OASIS, §3), so that no library is shared with the driver. */
export class SimulatedMqttDevice {
  readonly commands: { readonly topic: string; readonly payload: string }[] = []
  private readonly socket: Socket
  private readonly options: MqttDeviceOptions
  private readonly waiting = new Map<number, () => void>()
  private rest: Buffer = Buffer.alloc(0)
  private nextId = 1

  private constructor(socket: Socket, options: MqttDeviceOptions) {
    this.socket = socket
    this.options = options
  }

  /** @throws Error when the broker refuses it. */
  static async start(options: MqttDeviceOptions): Promise<SimulatedMqttDevice> {
    const socket = createConnection({ host: options.host ?? '127.0.0.1', port: options.port })
    const device = new SimulatedMqttDevice(socket, options)
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the broker closed the connection')))
      // CONNACK has no packet id: 0 stands for it.
      device.waiting.set(0, resolve)
      socket.on('data', (chunk: Buffer) => device.receive(chunk))
      socket.write(connectPacket(options))
    })
    for (const topic of options.subscribe ?? []) await device.request((id) => packet(0x82, [u16(id), text(topic), Buffer.of(1)])) // prettier-ignore
    return device
  }

  /** With QoS 1 resolves when the broker has it. */
  async publish({ topic, payload, qos = 1, retain = false }: PublishedMessage): Promise<void> {
    const flags = 0x30 | (qos << 1) | (retain ? 1 : 0)
    if (qos === 0) return void this.socket.write(packet(flags, [text(topic), Buffer.from(payload)]))
    await this.request((id) => packet(flags, [text(topic), u16(id), Buffer.from(payload)]))
  }

  async stop(): Promise<void> {
    this.socket.removeAllListeners('close')
    await new Promise<void>((resolve) => this.socket.end(packet(0xe0, []), () => resolve()))
    this.socket.destroy()
  }

  private request(build: (id: number) => Buffer): Promise<void> {
    const id = this.nextId++
    return new Promise((resolve) => {
      this.waiting.set(id, resolve)
      this.socket.write(build(id))
    })
  }

  private receive(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk])
    for (;;) {
      const frame = takeFrame(this.rest)
      if (!frame) return
      this.rest = frame.rest
      this.handle(frame.type, frame.body)
    }
  }

  private handle(type: number, body: Buffer): void {
    const kind = type >> 4
    if (kind === 2 && body[1] !== 0) return void this.socket.destroy()
    if (kind === 2) return this.waiting.get(0)?.()
    if (kind === 4 || kind === 9) return this.waiting.get(body.readUInt16BE(0))?.()
    if (kind !== 3) return
    const topicEnd = 2 + body.readUInt16BE(0)
    const topic = body.toString('utf8', 2, topicEnd)
    const qos = (type >> 1) & 3
    if (qos > 0) this.socket.write(packet(0x40, [body.subarray(topicEnd, topicEnd + 2)]))
    const payload = body.toString('utf8', topicEnd + (qos > 0 ? 2 : 0))
    this.commands.push({ topic, payload })
    for (const answer of this.options.onCommand?.(topic, payload) ?? []) void this.publish(answer)
  }
}

function connectPacket({ clientId, user, password }: MqttDeviceOptions): Buffer {
  const flags = 2 | (user === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40)
  const credentials = [user, password].flatMap((value) => (value === undefined ? [] : [text(value)]))
  return packet(0x10, [text('MQTT'), Buffer.of(4, flags), u16(60), text(clientId), ...credentials])
}

function packet(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length: number[] = []
  for (let left = body.length; ; left >>= 7) {
    length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0))
    if (left <= 0x7f) break
  }
  return Buffer.concat([Buffer.of(type, ...length), body])
}

function takeFrame(bytes: Buffer): { type: number; body: Buffer; rest: Buffer } | null {
  let length = 0
  for (let at = 1; at < Math.min(bytes.length, 5); at++) {
    length |= (bytes[at]! & 0x7f) << (7 * (at - 1))
    if (bytes[at]! & 0x80) continue
    const end = at + 1 + length
    return bytes.length < end ? null : { type: bytes[0]!, body: bytes.subarray(at + 1, end), rest: bytes.subarray(end) } // prettier-ignore
  }
  return null
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u16(bytes.length), bytes])
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}
