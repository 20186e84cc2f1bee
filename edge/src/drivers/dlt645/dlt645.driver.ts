import type { Quality, Reading } from '@courtyard/protocols/contract'
import type {
  BusDriver,
  CommandOutcome,
  DeviceCommand,
  DriverContext,
  DriverDevice,
  PollOutcome,
} from '../driver.ts'
import { IdentifierDevice } from '../meter-bus/identifier-device.ts'
import { Dlt645Commander } from './dlt645.commander.ts'
import type { Dlt645Address, Dlt645BusConfig } from './dlt645.config.ts'
import { Dlt645Link } from './dlt645.link.ts'
import { dlt645Points } from './dlt645.points.ts'

interface Unit {
  readonly meter: IdentifierDevice
  readonly commander: Dlt645Commander
}

/** One line of DL/T 645 meters. */
export class Dlt645Driver implements BusDriver {
  private readonly link: Dlt645Link
  private readonly units: Map<string, Unit>

  constructor(context: DriverContext<Dlt645BusConfig>, devices: readonly DriverDevice<Dlt645Address>[]) {
    this.link = new Dlt645Link(context)
    this.units = new Map(devices.map((device) => [device.key, this.unit(device, context)]))
  }

  private unit(device: DriverDevice<Dlt645Address>, context: DriverContext<Dlt645BusConfig>): Unit {
    const { key, address, profile } = device
    const edition = profile.dlt645?.edition ?? '2007'
    const meter = new IdentifierDevice({
      key,
      points: dlt645Points(key, profile),
      read: (di) => this.link.read(edition, address.address, di),
      clock: context.clock,
      logger: context.logger,
    })
    return { meter, commander: new Dlt645Commander(device, meter, this.link, context) }
  }

  get connected(): boolean {
    return this.link.channel.connected
  }

  poll(deviceKey: string, group: string): Promise<PollOutcome> {
    return this.unitOf(deviceKey).meter.poll(group)
  }

  probe(deviceKey: string): Promise<PollOutcome> {
    return this.unitOf(deviceKey).meter.probe()
  }

  execute(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome> {
    return this.unitOf(deviceKey).commander.execute(command)
  }

  confirm(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome | null> {
    return this.unitOf(deviceKey).commander.confirm(command)
  }

  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[] {
    return this.unitOf(deviceKey).meter.emptyReadings(quality)
  }

  stop(): Promise<void> {
    return this.link.channel.stop()
  }

  private unitOf(key: string): Unit {
    const unit = this.units.get(key)
    if (!unit) throw new RangeError(`no device ${key} on this bus`)
    return unit
  }
}
