import { join } from 'node:path'
import type { Reading } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { SiteBus } from '../config/index.ts'
import type { ConnectTcp, DriverContext } from '../drivers/driver.ts'
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
  readonly offer: (readings: readonly Reading[]) => Promise<void>
}

/** All buses of a site; they run side by side and know nothing of each other. */
export class Polling {
  private readonly pollers: readonly BusPoller[]

  constructor(options: PollingOptions) {
    this.pollers = options.buses.map((bus) => createPoller(bus, options))
  }

  start(): void {
    for (const poller of this.pollers) poller.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.pollers.map((poller) => poller.stop()))
  }

  snapshot(): readonly BusSnapshot[] {
    return this.pollers.map((poller) => poller.snapshot())
  }
}

function createPoller(bus: SiteBus, options: PollingOptions): BusPoller {
  const { clock, random, offer } = options
  const logger = options.logger.child({ bus: bus.key })
  return new BusPoller({
    key: bus.key,
    driver: bus.definition.create(driverContext(bus, options, logger), bus.devices),
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
}

function driverContext(bus: SiteBus, options: PollingOptions, logger: Logger): DriverContext<unknown> {
  const { clock, connectTcp, timeZone, dataDir, offer } = options
  return {
    bus: bus.config,
    clock,
    logger,
    connectTcp,
    timeZone,
    folder: join(dataDir, 'drivers', bus.key),
    offer: ({ readings = [] }) => offer(readings),
    checkpoint: () => null,
    noteDevice: () => {},
  }
}
