import type { Quality, Reading } from '@courtyard/protocols/contract'
import { ChunkedDevice } from '../chunked-device.ts'
import type { BusDriver, CommandOutcome, DeviceCommand, DriverContext, DriverDevice, PollOutcome } from '../driver.ts' // prettier-ignore
import { Counter32Totals } from './counter32.ts'
import { SnmpCommander } from './snmp.commander.ts'
import type { SnmpAddress, SnmpBusConfig } from './snmp.config.ts'
import { SnmpDevice } from './snmp.device.ts'
import { snmpPoints, type SnmpPoint } from './snmp.points.ts'
import { SnmpSession } from './snmp.session.ts'
import { SnmpTrapListener } from './snmp.traps.ts'

interface Unit {
  readonly agent: SnmpDevice
  readonly reader: ChunkedDevice<SnmpPoint>
  readonly commander: SnmpCommander
  readonly session: SnmpSession
}

/** SNMP agents that are read one after another, and their notifications. */
export class SnmpDriver implements BusDriver {
  private readonly units: Map<string, Unit>
  private readonly traps: SnmpTrapListener
  private readonly answering = new Set<string>()

  constructor(context: DriverContext<SnmpBusConfig>, devices: readonly DriverDevice<SnmpAddress>[]) {
    this.units = new Map(devices.map((device) => [device.key, unitOf(device, context)]))
    this.traps = new SnmpTrapListener(context, devices)
  }

  /** Datagrams know no connection: whether anybody answers. */
  get connected(): boolean {
    return this.answering.size > 0
  }

  start(): Promise<void> {
    return this.traps.start()
  }

  async poll(deviceKey: string, group: string): Promise<PollOutcome> {
    const { reader, agent } = this.unitOf(deviceKey)
    const outcome = await this.noted(deviceKey, reader.poll(group))
    const checkpoint = agent.takeCheckpoint()
    return checkpoint === null ? outcome : { ...outcome, checkpoint }
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
    this.answering.clear()
    await this.traps.stop()
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

function unitOf(device: DriverDevice<SnmpAddress>, context: DriverContext<SnmpBusConfig>): Unit {
  const { bus, clock } = context
  const { key, address, profile } = device
  const { timeoutMs, retries } = bus
  const session = new SnmpSession({
    address,
    access: address.access ?? bus.access,
    timeoutMs,
    retries,
    clock,
  })
  const totals = new Counter32Totals(`${address.host}:${address.port}`, context.checkpoint(key))
  const agent = new SnmpDevice(session, clock, totals)
  const points = snmpPoints(key, profile, address.index)
  // sysUpTime goes along with registers
  const room = points.some(({ counts }) => counts) ? 1 : 0
  const reader = new ChunkedDevice({
    points,
    maxPoints: Math.max(1, (profile.snmp?.maxVarbinds ?? 20) - room),
    read: (points: readonly SnmpPoint[]) => agent.read(points),
    clock,
  })
  return { agent, reader, session, commander: new SnmpCommander(device, agent, session, clock) }
}
