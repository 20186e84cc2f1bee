/**
 * The devices of one server. Registers are read by the poll; gauges and states are reported by subscriptions, one per
 * interval, and read when the server has said nothing about them for a while.
 */
import { AppError, Quality, type Reading } from '@courtyard/protocols/contract'
import { errorCodes } from '../../errors.ts'
import type {
  BusDriver,
  CommandOutcome,
  DeviceCommand,
  DeviceFailure,
  DriverContext,
  DriverDevice,
  PollOutcome,
} from '../driver.ts'
import { OpcuaCommander } from './opcua.commander.ts'
import type { OpcuaAddress, OpcuaBusConfig } from './opcua.config.ts'
import { OpcuaDevice } from './opcua.device.ts'
import { firstLine } from './opcua.failures.ts'
import { OpcuaLink } from './opcua.link.ts'
import type { OpcuaSession } from './opcua.session.ts'
import { OpcuaSubscription, type MonitoredNode } from './opcua.subscriptions.ts'

/** A subscription that was just made anew is given this many intervals before it is called dead again. */
const REBUILD_AFTER_INTERVALS = 10

export class OpcuaDriver implements BusDriver {
  private readonly context: DriverContext<OpcuaBusConfig>
  private readonly link: OpcuaLink
  private readonly devices: ReadonlyMap<string, OpcuaDevice>
  private readonly commander: OpcuaCommander
  private readonly subscriptions = new Map<number, OpcuaSubscription>()
  private readonly rebuiltAtMs = new Map<number, number>()
  private keeping: Promise<void> | null = null
  private waiting: Reading[] = []

  constructor(context: DriverContext<OpcuaBusConfig>, devices: readonly DriverDevice<OpcuaAddress>[]) {
    this.context = context
    this.link = new OpcuaLink(context)
    const { clock } = context
    const { rereadIntervals } = context.bus
    this.devices = new Map(devices.map((device) => [device.key, new OpcuaDevice({ device, clock, rereadIntervals, onDead: (intervalMs) => this.rebuild(intervalMs) })]))
    this.commander = new OpcuaCommander(clock)
  }

  get connected(): boolean {
    return this.link.connected
  }

  start(): Promise<void> {
    if (this.context.bus.subscribe) {
      this.link.prepare((session) => this.subscribe(session))
      this.keeping = this.link.keepOpen()
    }
    return Promise.resolve()
  }

  poll(deviceKey: string, group: string): Promise<PollOutcome> {
    const device = this.deviceOf(deviceKey)
    return this.guarded(device, group, (session) => device.poll(session, group))
  }

  probe(deviceKey: string): Promise<PollOutcome> {
    const device = this.deviceOf(deviceKey)
    return this.guarded(device, null, (session) => device.probe(session))
  }

  async execute(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome> {
    return this.commander.execute(this.deviceOf(deviceKey), command, () => this.link.get())
  }

  async confirm(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome | null> {
    return this.commander.confirm(this.deviceOf(deviceKey), command, () => this.link.get())
  }

  emptyReadings(deviceKey: string, quality: Quality): Reading[] {
    return this.deviceOf(deviceKey).emptyReadings(quality)
  }

  async stop(): Promise<void> {
    this.subscriptions.clear()
    await this.link.stop()
    await this.keeping
  }

  private deviceOf(key: string): OpcuaDevice {
    const device = this.devices.get(key)
    if (!device) throw new RangeError(`no device ${key} on this bus`)
    return device
  }

  private async guarded(device: OpcuaDevice, group: string | null, work: (session: OpcuaSession) => Promise<PollOutcome>): Promise<PollOutcome> {
    try {
      return await work(await this.link.get())
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return device.failed(failureOf(error), group)
    }
  }

  /** Everything anew on a new session: what the old one watched is gone with it. */
  private async subscribe(session: OpcuaSession): Promise<void> {
    this.subscriptions.clear()
    const nodes = new Map<number, MonitoredNode[]>()
    for (const device of this.devices.values()) await this.collect(session, device, nodes)
    for (const [intervalMs, watched] of nodes) await this.begin(new OpcuaSubscription(session, intervalMs, watched, this.context.logger))
  }

  private async collect(session: OpcuaSession, device: OpcuaDevice, nodes: Map<number, MonitoredNode[]>): Promise<void> {
    const places = await device.locate(session).catch((error: unknown) => {
      this.context.logger.debug({ device: device.device.key, reason: firstLine(error) }, 'the device is not found in the server')
      return null
    })
    for (const point of device.points) {
      const node = places?.nodes.get(point.key)
      if (point.isRegister || !node || 'missing' in node) continue
      const intervalMs = device.intervalOf(point.group)
      const list = nodes.get(intervalMs) ?? []
      nodes.set(intervalMs, list)
      list.push({
        nodeId: node.nodeId,
        onAccepted: () => (point.watch.isAccepted = true),
        onReset: () => point.watch.reset(),
        onChange: (value) => {
          const heldBackMs = 2 * (this.subscriptions.get(intervalMs)?.publishingMs ?? intervalMs) + 1_000
          this.hand(device.report(point, value, session, heldBackMs))
        },
      })
    }
  }

  /** A server that refuses a subscription is polled. */
  private async begin(subscription: OpcuaSubscription): Promise<void> {
    this.subscriptions.set(subscription.intervalMs, subscription)
    try {
      await subscription.begin()
    } catch (error) {
      this.context.logger.warn({ intervalMs: subscription.intervalMs, reason: firstLine(error) }, 'the server refuses a subscription; its values are read instead')
    }
  }

  private rebuild(intervalMs: number): void {
    const subscription = this.subscriptions.get(intervalMs)
    const nowMs = this.context.clock.monotonicMs()
    const notBeforeMs = (this.rebuiltAtMs.get(intervalMs) ?? -Infinity) + intervalMs * REBUILD_AFTER_INTERVALS
    if (!subscription || nowMs < notBeforeMs) return
    this.rebuiltAtMs.set(intervalMs, nowMs)
    this.context.logger.warn({ intervalMs }, 'a subscription does not report changes any more and is made anew')
    void subscription.end().then(() => this.begin(subscription))
  }

  /** What one notification brings is written together. */
  private hand(reading: Reading): void {
    if (this.waiting.push(reading) > 1) return
    queueMicrotask(() => {
      const readings = this.waiting
      this.waiting = []
      this.context.offer({ readings }).catch((error: unknown) => this.context.logger.debug({ err: error }, 'reports could not be kept'))
    })
  }
} // prettier-ignore

function failureOf(error: AppError): DeviceFailure {
  const { message } = error
  if (error.code === errorCodes.requestTimeout) return { quality: Quality.timeout, message }
  if (error.code === errorCodes.replyInvalid) return { quality: Quality.invalid, message }
  if (error.code === errorCodes.requestRefused) return { quality: Quality.refused, message }
  return { quality: Quality.disconnected, message }
}
