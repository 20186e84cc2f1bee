/**
 * A gateway for tests: enrolled over HTTP, connected over MQTT, sends what it is told to. It is not the edge
 * agent: it has no outbox and sends again only when asked.
 */
import { randomUUID } from 'node:crypto'
import { connect, type MqttClient } from 'mqtt'
import {
  AckMessage,
  CommandMessage,
  TELEMETRY_VERSION,
  topics,
  type AckStatus,
  type CatalogueCommand,
  type CatalogueMessage,
  type CommandReport,
  type CommandStep,
  type DeviceEvent,
  type DroppedReadings,
  type Medium,
  type PointKind,
  type Reading,
} from '@courtyard/protocols/contract'
import { encodeBatch } from '@courtyard/protocols/wire'
import type { TestClient, TestHub } from '../../platform/testing.ts'

export interface TestPoint {
  readonly key: string
  readonly kind?: PointKind
  readonly unit?: string
  readonly scale?: number
  readonly digits?: number
}
export interface TestDevice {
  readonly key: string
  readonly medium?: Medium
  readonly serial?: string
  readonly points: readonly TestPoint[]
  readonly commands?: readonly CatalogueCommand[]
}

export async function createProject(hub: TestHub, timeZone = 'Asia/Shanghai'): Promise<string> {
  const code = `P${randomUUID().slice(0, 8)}`
  return (await hub.hub.db.prisma.project.create({ data: { code, name: code, timeZone } })).id
}

/** Registers, enrols and connects a gateway. */
export async function startTestGateway(
  hub: TestHub,
  engineer: TestClient,
  projectId: string,
): Promise<TestGateway> {
  const name = `gateway ${randomUUID().slice(0, 8)}`
  const { token } = await engineer.call('POST /api/gateways', { body: { projectId, name } })
  const body = { token, agentVersion: '0.0.0-test' }
  const identity = await hub.anonymous.call('POST /api/edge/enrol', { body })
  const gateway = new TestGateway(identity)
  await gateway.connect()
  return gateway
}

export class TestGateway {
  readonly id: string
  readonly outbox = randomUUID()
  readonly password: string
  readonly acks: AckMessage[] = []
  /** Every command that came, also those that came again. */
  readonly commands: CommandMessage[] = []
  private readonly mqttUrl: string
  private client: MqttClient | null = null
  private sequence = 0
  private readonly waiting = new Set<() => void>()

  constructor(identity: { gatewayId: string; mqttUrl: string; password: string }) {
    this.id = identity.gatewayId
    this.mqttUrl = identity.mqttUrl.replace('localhost', '127.0.0.1')
    this.password = identity.password
  }

  get mqtt(): MqttClient {
    if (!this.client) throw new Error('not connected')
    return this.client
  }

  /** @throws when the broker refuses */
  async connect(): Promise<void> {
    const client = connect(this.mqttUrl, {
      username: this.id,
      password: this.password,
      clientId: `${this.id}-${randomUUID().slice(0, 4)}`,
      reconnectPeriod: 0,
      will: { topic: topics.presence(this.id), payload: '{"v":1,"online":false}', qos: 1, retain: true },
    })
    client.on('message', (topic, payload) => this.heard(topic, payload))
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.on('error', reject)
    })
    this.client = client
    await client.subscribeAsync([topics.ack(this.id), topics.commandDown(this.id)], { qos: 1 })
    await this.sayOnline()
  }

  async sayOnline(): Promise<void> {
    await this.mqtt.publishAsync(topics.presence(this.id), '{"v":1,"online":true}', { qos: 1, retain: true })
  }

  /** How often a command came. */
  timesOf(commandId: string): number {
    return this.commands.filter(({ id }) => id === commandId).length
  }

  /** Tells of a command; resolves when the hub has taken it. */
  async report(commandId: string, step: CommandStep, more: Partial<CommandReport> = {}): Promise<void> {
    const message = null
    const report = {
      v: TELEMETRY_VERSION,
      id: commandId,
      step,
      atMs: Date.now(),
      uncertain: false,
      message,
      ...more,
    }
    await this.mqtt.publishAsync(topics.command(this.id), JSON.stringify(report), { qos: 1 })
  }

  async stop(): Promise<void> {
    await this.client?.endAsync(true)
    this.client = null
  }

  /** Publishes a catalogue and waits for the hub's answer to it. */
  async sendCatalogue(devices: readonly TestDevice[]): Promise<NonNullable<AckMessage['catalogue']>> {
    const catalogue = catalogueOf(devices)
    await this.mqtt.publishAsync(topics.catalogue(this.id), JSON.stringify(catalogue), {
      qos: 1,
      retain: true,
    })
    const find = () => this.acks.find((ack) => ack.catalogue?.revision === catalogue.revision)?.catalogue
    await this.until(() => find() !== undefined)
    return find()!
  }

  /** The bytes of a new batch; its number is `lastSequence` then. */
  batch(
    readings: readonly Reading[],
    dropped: readonly DroppedReadings[] = [],
    events: readonly DeviceEvent[] = [],
  ): Uint8Array {
    this.sequence += 1
    return encodeBatch({ outbox: this.outbox, sequence: this.sequence }, readings, dropped, events)
  }

  get lastSequence(): number {
    return this.sequence
  }

  /** Publishes bytes; resolves with the broker's acknowledgement, which says nothing about storage. */
  async publish(bytes: Uint8Array): Promise<void> {
    await this.mqtt.publishAsync(topics.batch(this.id), Buffer.from(bytes), { qos: 1 })
  }

  /** Sends readings as one batch and waits until the hub says what became of it. */
  async send(
    readings: readonly Reading[],
    dropped: readonly DroppedReadings[] = [],
    events: readonly DeviceEvent[] = [],
  ): Promise<AckStatus> {
    const bytes = this.batch(readings, dropped, events)
    const sequence = this.sequence
    await this.publish(bytes)
    await this.until(() => this.statusesOf(sequence).length > 0)
    return this.statusesOf(sequence)[0]!
  }

  /** Everything that the hub has said about a batch. */
  statusesOf(sequence: number): AckStatus[] {
    return this.acks
      .flatMap((ack) => ack.batches)
      .filter((batch) => batch.outbox === this.outbox && batch.sequence === sequence)
      .map((batch) => batch.status)
  }

  /** Waits for the hub to say something that makes the condition true. */
  async until(condition: () => boolean, timeoutMs = 10_000): Promise<void> {
    const deadline = AbortSignal.timeout(timeoutMs)
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        this.waiting.add(resolve)
        deadline.addEventListener('abort', () => reject(new Error('the hub did not answer in time')))
      })
    }
  }

  private heard(topic: string, payload: Buffer): void {
    const json: unknown = JSON.parse(payload.toString('utf8'))
    if (topic === topics.ack(this.id)) this.acks.push(AckMessage.parse(json))
    if (topic === topics.commandDown(this.id)) this.commands.push(CommandMessage.parse(json))
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }
}

export function catalogueOf(devices: readonly TestDevice[]): CatalogueMessage {
  return {
    v: 1,
    revision: randomUUID(),
    devices: devices.map(({ key, medium, serial, points, commands }) => ({
      key,
      name: `Device ${key}`,
      profile: 'test',
      manufacturer: 'test',
      model: 'test',
      medium: medium ?? 'electricity',
      driver: 'modbus',
      bus: 'bus1',
      address: '127.0.0.1:502 unit 1',
      ...(serial === undefined ? {} : { serial }),
      ...(commands === undefined ? {} : { commands: [...commands] }),
      points: points.map((point) => ({
        key: point.key,
        label: { zh: point.key, en: point.key },
        kind: point.kind ?? 'register',
        code: '1-0:1.8.0',
        unit: point.unit ?? 'kWh',
        scale: point.scale ?? 2,
        intervalMs: 5_000,
        ...(point.digits === undefined ? {} : { digits: point.digits }),
      })),
    })),
  }
}

/** Good readings of one point. */
export function readingsOf(
  point: string,
  values: readonly (readonly [atMs: number, mantissa: number])[],
  scale = 2,
): Reading[] {
  return values.map(([atMs, mantissa]) => ({ point, atMs, mantissa, scale, quality: 0 }))
}
