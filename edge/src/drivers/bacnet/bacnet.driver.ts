import type { Quality, Reading } from '@courtyard/protocols/contract'
import { ChunkedDevice } from '../chunked-device.ts'
import type { BusDriver, CommandOutcome, DeviceCommand, DriverContext, DriverDevice, PollOutcome } from '../driver.ts' // prettier-ignore
import { BacnetCommander } from './bacnet.commander.ts'
import type { BacnetAddress, BacnetBusConfig } from './bacnet.config.ts'
import { BacnetDevice } from './bacnet.device.ts'
import { BacnetDirectory } from './bacnet.directory.ts'
import { bacnetPoints, type BacnetPoint } from './bacnet.points.ts'
import { BacnetSession } from './bacnet.session.ts'
import { BacnetSocket } from './bacnet.socket.ts'

interface Unit {
  readonly reader: ChunkedDevice<BacnetPoint>
  readonly commander: BacnetCommander
  readonly session: BacnetSession
}

/** BACnet devices that are asked one after another through one port of this machine. */
export class BacnetDriver implements BusDriver {
  private readonly socket: BacnetSocket
  private readonly directory: BacnetDirectory
  private readonly units: Map<string, Unit>
  private readonly answering = new Set<string>()
  private registration: Promise<void> = Promise.resolve()
  private invokeId = 0

  constructor(context: DriverContext<BacnetBusConfig>, devices: readonly DriverDevice<BacnetAddress>[]) {
    this.socket = new BacnetSocket(context.bus, context.logger)
    this.directory = new BacnetDirectory(context, this.socket)
    this.units = new Map(devices.map((device) => [device.key, this.unit(device, context)]))
  }

  private unit(device: DriverDevice<BacnetAddress>, { bus, clock }: DriverContext<BacnetBusConfig>): Unit {
    const { key, address, profile } = device
    const session = new BacnetSession({
      socket: this.socket,
      nextInvokeId: () => (this.invokeId = (this.invokeId % 255) + 1),
      locate: () => this.directory.locate(address),
      forget: () => this.directory.forget(address),
      timeoutMs: bus.timeoutMs,
      retries: bus.retries,
      clock,
    })
    const maxPoints = profile.bacnet?.maxObjects ?? 25
    const objects = new BacnetDevice(session, clock, maxPoints === 1)
    const reader = new ChunkedDevice({
      points: bacnetPoints(key, profile),
      maxPoints,
      read: (points: readonly BacnetPoint[]) => objects.read(points),
      clock,
    })
    return { reader, session, commander: new BacnetCommander(device, session, clock) }
  }

  /** Datagrams know no connection: whether the port is open and anybody answers. */
  get connected(): boolean {
    return this.socket.isOpen && this.answering.size > 0
  }

  start(): Promise<void> {
    this.registration = this.directory.keepRegistered()
    return Promise.resolve()
  }

  poll(deviceKey: string, group: string): Promise<PollOutcome> {
    return this.noted(deviceKey, this.unitOf(deviceKey).reader.poll(group))
  }

  probe(deviceKey: string): Promise<PollOutcome> {
    return this.noted(deviceKey, this.unitOf(deviceKey).reader.probe())
  }

  execute(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome> {
    return this.unitOf(deviceKey).commander.execute(command)
  }

  confirm(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome | null> {
    return this.unitOf(deviceKey).commander.confirm(command)
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    return this.unitOf(deviceKey).reader.emptyReadings(quality)
  }

  async stop(): Promise<void> {
    for (const { session } of this.units.values()) session.stop()
    this.directory.stop()
    this.answering.clear()
    await this.registration
    await this.socket.close()
  }

  private async noted(deviceKey: string, polling: Promise<PollOutcome>): Promise<PollOutcome> {
    const outcome = await polling
    if (outcome.failure) this.answering.delete(deviceKey)
    else this.answering.add(deviceKey)
    return outcome
  }

  private unitOf(key: string): Unit {
    const unit = this.units.get(key)
    if (!unit) throw new RangeError(`no device ${key} on this bus`)
    return unit
  }
}
