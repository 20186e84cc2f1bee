import type { Reading } from '@courtyard/protocols/contract'
import type { Clock } from '../clock.ts'
import type { SiteBus } from '../config/index.ts'
import type { ConnectTcp } from '../drivers/driver.ts'
import type { Logger } from '../log.ts'
import { BusPoller, type BusSnapshot } from './bus-poller.ts'

export interface PollingOptions {
  readonly buses: readonly SiteBus[]
  readonly clock: Clock
  readonly logger: Logger
  readonly connectTcp: ConnectTcp
  readonly random: () => number
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
  const { clock, connectTcp, random, offer } = options
  const logger = options.logger.child({ bus: bus.key })
  return new BusPoller({
    key: bus.key,
    driver: bus.definition.create({ bus: bus.config, clock, logger, connectTcp }, bus.devices),
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
