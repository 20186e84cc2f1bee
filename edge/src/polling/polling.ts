import { join } from 'node:path'
import { AppError } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { SiteBus } from '../config/index.ts'
import type { BusDriver, ConnectTcp, DriverContext, Emission } from '../drivers/driver.ts'
import { errorCodes } from '../errors.ts'
import type { Logger } from '../log.ts'
import { BusPoller, type BusSnapshot } from './bus-poller.ts'

export interface PollingOptions {
  readonly buses: readonly SiteBus[]
  readonly clock: Clock
  readonly logger: Logger
  readonly connectTcp: ConnectTcp
  readonly random: () => number
  readonly timeZone: string
  readonly dataDir: string
  /** `sinceMs`: when the poll began that brought it (monotonic); absent when it came unasked. */
  readonly offer: (emission: Emission, sinceMs?: number) => Promise<void>
  /** The last checkpoint that was stored for a device. */
  readonly checkpoint: (deviceKey: string) => string | null
}

/** All buses of a site; they run side by side and know nothing of each other. */
export class Polling {
  private readonly options: PollingOptions
  private readonly pollers: ReadonlyMap<string, BusPoller>
  private readonly busOfDevice: ReadonlyMap<string, string>

  constructor(options: PollingOptions) {
    this.options = options
    this.pollers = new Map(options.buses.map((bus) => [bus.key, createPoller(bus, options)]))
    this.busOfDevice = new Map(options.buses.flatMap((bus) => bus.devices.map(({ key }) => [key, bus.key])))
  }

  start(): void {
    for (const poller of this.pollers.values()) poller.start()
  }

  async stop(): Promise<void> {
    await Promise.all([...this.pollers.values()].map((poller) => poller.stop()))
  }

  snapshot(): readonly BusSnapshot[] {
    return [...this.pollers.values()].map((poller) => poller.snapshot())
  }

  /**
   * Does `work` with the driver of a device, in the queue of its bus and before polls.
   * @throws AppError `edge.device_unknown`; `edge.bus_disconnected` when the bus was stopped before its turn; and
   * what `work` throws.
   */
  async exclusive<T>(deviceKey: string, work: (driver: BusDriver) => Promise<T>): Promise<T> {
    return this.pollerOf(this.busOfDevice.get(deviceKey), deviceKey).exclusive(work)
  }

  /**
   * Takes a bus away from its driver for the time of `work`, such as a scan.
   * @throws AppError `edge.device_unknown` when there is no such bus; as `exclusive`.
   */
  async lend<T>(
    busKey: string,
    work: (bus: SiteBus, context: DriverContext<unknown>, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const poller = this.pollerOf(busKey, busKey)
    const bus = this.options.buses.find(({ key }) => key === busKey)!
    const logger = this.options.logger.child({ bus: busKey })
    return poller.lend((signal) =>
      work(
        bus,
        driverContext(bus, this.options, logger, () => poller),
        signal,
      ),
    )
  }

  private pollerOf(busKey: string | undefined, name: string): BusPoller {
    const poller = busKey === undefined ? undefined : this.pollers.get(busKey)
    if (!poller) throw new AppError(errorCodes.deviceUnknown, `there is no "${name}" in this configuration`)
    return poller
  }
}

function createPoller(bus: SiteBus, options: PollingOptions): BusPoller {
  const { clock, random, offer } = options
  const logger = options.logger.child({ bus: bus.key })
  // A driver may speak from its first moment on, before the poller that makes it is there.
  let poller: BusPoller | null = null
  const context = driverContext(bus, options, logger, () => poller)
  poller = new BusPoller({
    key: bus.key,
    createDriver: () => bus.definition.create(context, bus.devices),
    devices: bus.devices.map((device) => device.key),
    tasks: bus.devices.flatMap((device) =>
      Object.entries(device.intervals).map(([group, intervalMs]) => ({
        deviceKey: device.key,
        group,
        intervalMs,
      })),
    ),
    clock,
    logger,
    random,
    offer,
  })
  return poller
}

function driverContext(
  bus: SiteBus,
  options: PollingOptions,
  logger: Logger,
  poller: () => BusPoller | null,
): DriverContext<unknown> {
  const { clock, connectTcp, timeZone, dataDir, offer, checkpoint } = options
  return {
    bus: bus.config,
    clock,
    logger,
    connectTcp,
    timeZone,
    folder: join(dataDir, 'drivers', bus.key),
    offer: (emission) => {
      poller()?.noteUnasked(emission)
      return offer(emission)
    },
    checkpoint,
    noteDevice: (deviceKey, failure) => poller()?.noteDevice(deviceKey, failure),
  }
}
