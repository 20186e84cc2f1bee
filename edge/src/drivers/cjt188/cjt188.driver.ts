import type { Cjt188Target } from '@courtyard/protocols/cjt188'
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
import { Cjt188Commander } from './cjt188.commander.ts'
import type { Cjt188Address, Cjt188BusConfig } from './cjt188.config.ts'
import { Cjt188Link } from './cjt188.link.ts'
import { cjt188Points } from './cjt188.points.ts'

interface Unit {
  readonly meter: IdentifierDevice
  readonly commander: Cjt188Commander
}

/** One line of CJ/T 188 meters. */
export class Cjt188Driver implements BusDriver {
  private readonly link: Cjt188Link
  private readonly units: Map<string, Unit>

  constructor(context: DriverContext<Cjt188BusConfig>, devices: readonly DriverDevice<Cjt188Address>[]) {
    this.link = new Cjt188Link(context)
    this.units = new Map(devices.map((device) => [device.key, this.unit(device, context)]))
  }

  private unit(device: DriverDevice<Cjt188Address>, context: DriverContext<Cjt188BusConfig>): Unit {
    const { key, profile } = device
    const target = targetOf(device)
    const meter = new IdentifierDevice({
      key,
      points: cjt188Points(key, profile),
      read: (di) => this.link.read(target, di),
      clock: context.clock,
      logger: context.logger,
    })
    return { meter, commander: new Cjt188Commander(device, target, meter, this.link, context) }
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

function targetOf({ address, profile }: DriverDevice<Cjt188Address>): Cjt188Target {
  const section = profile.cjt188
  if (!section) throw new RangeError(`profile ${profile.id} has no section cjt188`)
  const diOrder = address.diOrder ?? section.diOrder
  return { meterType: parseInt(section.meterType, 16), address: address.address, diOrder }
}
