import { createHash } from 'node:crypto'
import type { IPublishPacket } from 'mqtt'
import { Quality, type CommandBody, type Reading } from '@courtyard/protocols/contract'
import { formatUnits } from '@courtyard/protocols/decimal'
import type { ProfileCommand } from '@courtyard/protocols/profile'
import type { BusDriver, CommandOutcome, DeviceCommand, DeviceFailure, DriverContext, DriverDevice, PollOutcome } from '../driver.ts' // prettier-ignore
import { accepted, commandOf, confirmed, failed } from '../meter-bus/command-outcome.ts'
import { emptyReading } from '../points.ts'
import type { MqttAddress, MqttBusConfig } from './mqtt.config.ts'
import { MqttSession, PublishError } from './mqtt.session.ts'
import { PublishingDevice } from './publishing-device.ts'
import { TopicTree } from './topic-tree.ts'

const RECONNECT = { firstMs: 1_000, lastMs: 30_000 }

/** One broker and the devices that publish there. Readings go out as they come; a poll only tells who is silent. */
export class MqttDriver implements BusDriver {
  private readonly context: DriverContext<MqttBusConfig>
  private readonly devices: Map<string, PublishingDevice>
  private readonly tree = new TopicTree<PublishingDevice>()
  private readonly filters: readonly string[]
  private readonly abort = new AbortController()
  /** Hash of the last kept message by topic: brokers send it again at every subscription. */
  private readonly retained = new Map<string, string>()
  private session: MqttSession | null = null
  private problem = 'not connected yet'
  private running: Promise<unknown> = Promise.resolve()

  constructor(context: DriverContext<MqttBusConfig>, devices: readonly DriverDevice<MqttAddress>[]) {
    this.context = context
    this.devices = new Map(devices.map((device) => [device.key, new PublishingDevice(device, context)]))
    const filters = new Set<string>()
    for (const device of this.devices.values()) {
      for (const filter of device.filters) {
        this.tree.add(filter, device)
        filters.add(filter)
      }
    }
    this.filters = [...filters]
  }

  get connected(): boolean {
    return this.session?.ready ?? false
  }

  async start(): Promise<void> {
    for (const device of this.devices.values()) device.beginListening()
    this.running = Promise.all([this.keepConnected(), this.watchSilence()])
  }

  async poll(deviceKey: string, group: string): Promise<PollOutcome> {
    const device = this.deviceOf(deviceKey)
    const failure = this.failureOf(device)
    const points = failure ? device.points.filter((point) => point.group === group) : []
    const atMs = this.context.clock.nowMs()
    const readings = points.map((point) => emptyReading(point, atMs, failure!.quality))
    return { readings, requests: 0, errors: failure ? 1 : 0, latencyMs: null, failure, message: failure?.message ?? device.message } // prettier-ignore
  }

  async probe(deviceKey: string): Promise<PollOutcome> {
    return { ...(await this.poll(deviceKey, '')), readings: [] }
  }

  async execute(deviceKey: string, { target, body }: DeviceCommand): Promise<CommandOutcome> {
    const device = this.deviceOf(deviceKey)
    const command = commandOf(device.device, target)
    const payload = command && payloadOf(command, body)
    if (!command?.mqtt || payload === undefined || payload === null)
      return failed(`the profile has no such command`)
    const { id } = device.device.address
    const { session } = this
    if (!session?.ready) return failed(`the broker is not connected: ${this.problem}`)
    const seen = command.readBack ? device.watch(command.readBack.point) : null
    try {
      await session.publish(command.mqtt.topic.replaceAll('{id}', id), payload.replaceAll('{id}', id))
      if (!seen) return accepted(null)
      return await this.awaitEffect(command, wantedOf(command, body), seen)
    } catch (error) {
      if (!(error instanceof PublishError)) throw error
      return failed(error.message, error.sent)
    } finally {
      seen?.end()
    }
  }

  /** Only what the device has told since this process began is known; the opposite may simply be old. */
  async confirm(deviceKey: string, { target, body }: DeviceCommand): Promise<CommandOutcome | null> {
    const device = this.deviceOf(deviceKey)
    const command = commandOf(device.device, target)
    const last = command?.readBack && device.latest(command.readBack.point)
    return last && textOf(last) === wantedOf(command, body) ? confirmed(null, [last]) : null
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    const atMs = this.context.clock.nowMs()
    return this.deviceOf(deviceKey).points.map((point) => emptyReading(point, atMs, quality))
  }

  async stop(): Promise<void> {
    this.abort.abort()
    this.session?.close()
    await this.running
  }

  private async awaitEffect(
    command: ProfileCommand,
    wanted: string | null,
    seen: ReturnType<PublishingDevice['watch']>,
  ): Promise<CommandOutcome> {
    const { clock } = this.context
    const { withinMs } = command.readBack!
    const endMs = clock.monotonicMs() + withinMs
    let last: Reading | null = null
    while (!this.abort.signal.aborted) {
      const leftMs = endMs - clock.monotonicMs()
      const reading = leftMs > 0 ? await seen.next(leftMs, this.abort.signal) : null
      if (!reading) break
      last = reading
      if (textOf(reading) === wanted) return confirmed(null, [reading])
    }
    const shows = last
      ? `it shows ${textOf(last) ?? 'no value'}`
      : `it told nothing within ${withinMs / 1_000} s`
    return accepted(`the broker took it, but ${shows}`, last ? [last] : [])
  }

  private async keepConnected(): Promise<void> {
    const { clock } = this.context
    let waitMs: number = RECONNECT.firstMs
    while (!this.abort.signal.aborted) {
      const wasReady = await this.runSession()
      waitMs = wasReady ? RECONNECT.firstMs : Math.min(RECONNECT.lastMs, waitMs * 2)
      await clock.sleep(waitMs, this.abort.signal)
    }
  }

  /** Resolves when the connection has ended: whether it had come to listening. */
  private runSession(): Promise<boolean> {
    const { bus, logger } = this.context
    return new Promise((resolve) => {
      let wasReady = false
      this.session = new MqttSession({
        bus,
        logger,
        filters: this.filters,
        onMessage: (packet) => this.receive(packet),
        onReady: () => {
          wasReady = true
          logger.info({ url: bus.url }, 'the broker is connected')
        },
        onEnd: (reason) => {
          this.problem = reason
          if (!this.abort.signal.aborted) logger.warn({ url: bus.url, reason }, 'no connection to the broker')
          resolve(wasReady)
        },
      })
    })
  }

  private async receive({ topic, payload, retain, messageId }: IPublishPacket): Promise<void> {
    const bytes = Buffer.from(payload as Buffer)
    const devices = this.tree.find(topic)
    if (retain && this.isKnownRetained(topic, bytes)) return
    const incoming = { topic, payload: bytes, arrivedMs: this.context.clock.nowMs(), retained: retain }
    const tooLong = bytes.length > this.context.bus.maxMessageBytes
    await Promise.all(devices.map((device) => device.take(incoming, tooLong)))
    if (devices.length === 0) this.context.logger.debug({ topic, messageId }, 'a message of no device of this bus') // prettier-ignore
    if (retain) this.retained.set(topic, hashOf(bytes))
  }

  private isKnownRetained(topic: string, payload: Buffer): boolean {
    return this.retained.get(topic) === hashOf(payload)
  }

  /** Tells of devices that have gone silent, and of those that speak again. */
  private async watchSilence(): Promise<void> {
    const { clock, noteDevice } = this.context
    const silence = [...this.devices.values()].map(({ silentAfterMs }) => silentAfterMs)
    const everyMs = Math.min(10_000, ...silence.map((ms) => ms / 4))
    const told = new Set<string>()
    while (!this.abort.signal.aborted) {
      await clock.sleep(everyMs, this.abort.signal)
      if (this.abort.signal.aborted) return
      for (const [key, device] of this.devices) {
        const failure = device.failure()
        if (failure && !told.has(key)) noteDevice(key, failure)
        if (!failure && told.has(key)) noteDevice(key, null)
        if (failure) told.add(key)
        else told.delete(key)
      }
    }
  }

  /** A device that was heard of late is there although the broker is away at the moment. */
  private failureOf(device: PublishingDevice): DeviceFailure | null {
    const silent = device.failure()
    if (silent || this.connected || device.wasHeard) return silent
    return { quality: Quality.disconnected, message: `the broker is not connected: ${this.problem}` }
  }

  private deviceOf(key: string): PublishingDevice {
    const device = this.devices.get(key)
    if (!device) throw new RangeError(`no device ${key} on this bus`)
    return device
  }
}

function payloadOf({ mqtt, kind }: ProfileCommand, body: CommandBody): string | undefined {
  if (body.kind !== kind || !mqtt) return undefined
  if (body.kind === 'setpoint') return mqtt.payloads['set']?.replaceAll('{value}', body.value)
  return 'action' in body ? mqtt.payloads[body.action] : undefined
}

/** What the point shows when it is done, as its digits; null when the profile does not say. */
function wantedOf({ readBack }: ProfileCommand, body: CommandBody): string | null {
  const text = body.kind === 'setpoint' ? body.value : 'action' in body ? readBack?.values?.[body.action] : undefined // prettier-ignore
  return text === undefined ? null : plain(text)
}

function textOf({ mantissa, scale }: Reading): string | null {
  return mantissa === null ? null : plain(formatUnits(mantissa, scale))
}

/** `21.50` and `21.5` are the same. */
function plain(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64')
}
