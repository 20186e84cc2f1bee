/**
 * The edge's own driver and scheduler in a process of their own: `poll-worker.ts <site.yaml> <mode> <seconds>
 * <intervalMs>`. `flat-out` polls each bus as fast as it answers; `scheduled` lets the agent's BusPoller keep its
 * intervals. Prints one JSON line.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../edge/src/clock.ts'
import { loadSiteConfig, type SiteBus } from '../../../edge/src/config/index.ts'
import type { BusDriver } from '../../../edge/src/drivers/driver.ts'
import { silentLogger } from '../../../edge/src/log.ts'
import { testDriverContext } from '../../../edge/src/testing/driver-context.ts'
import { BusPoller } from '../../../edge/src/polling/bus-poller.ts'

const [file, mode, secondsText, intervalText] = process.argv.slice(2)
const seconds = Number(secondsText)
const intervalMs = Number(intervalText)
const site = loadSiteConfig(file!)
const counted = { readings: 0, good: 0, errors: 0 }

function driverOf(bus: SiteBus): BusDriver {
  return bus.definition.create(testDriverContext(bus.config), bus.devices)
}

/** Every group of every device of a bus, over and over. */
async function flatOut(bus: SiteBus, endMs: number): Promise<void> {
  const driver = driverOf(bus)
  const tasks = bus.devices.flatMap((device) =>
    Object.keys(device.profile.groups).map((group) => ({ device: device.key, group })),
  )
  for (let next = 0; performance.now() < endMs; next = (next + 1) % tasks.length) {
    const { device, group } = tasks[next]!
    const { readings, errors } = await driver.poll(device, group)
    counted.readings += readings.length
    for (const { quality } of readings) if (quality === 0) counted.good++
    counted.errors += errors
  }
  await driver.stop()
}

/** Returns the deadlines that were missed and that there were. */
async function scheduled(buses: readonly SiteBus[]): Promise<{ missed: number; deadlines: number }> {
  const pollers = buses.map((bus) => {
    const tasks = bus.devices.flatMap((device) =>
      Object.keys(device.profile.groups).map((group) => ({ deviceKey: device.key, group, intervalMs })),
    )
    const poller = new BusPoller({
      key: bus.key,
      createDriver: () => driverOf(bus),
      devices: bus.devices.map(({ key }) => key),
      tasks,
      clock: systemClock,
      logger: silentLogger(),
      random: Math.random,
      offer: async ({ readings = [] }) => {
        counted.readings += readings.length
        for (const { quality } of readings) if (quality === 0) counted.good++
      },
    })
    poller.start()
    return { poller, tasks: tasks.length }
  })
  await delay(seconds * 1000)
  const missed = pollers.reduce((sum, { poller }) => sum + poller.snapshot().missedDeadlines, 0)
  await Promise.all(pollers.map(({ poller }) => poller.stop()))
  const tasks = pollers.reduce((sum, poller) => sum + poller.tasks, 0)
  return { missed, deadlines: Math.round((tasks * seconds * 1000) / intervalMs) }
}

const cpuBefore = process.cpuUsage()
const began = performance.now()
let deadlines = { missed: 0, deadlines: 0 }
if (mode === 'flat-out') {
  await Promise.all(site.buses.map((bus) => flatOut(bus, began + seconds * 1000)))
} else {
  deadlines = await scheduled(site.buses)
}
const cpu = process.cpuUsage(cpuBefore)
const result = {
  ...counted,
  ...deadlines,
  seconds: (performance.now() - began) / 1000,
  cpuMs: (cpu.user + cpu.system) / 1000,
  rssMb: process.resourceUsage().maxRSS / 1024,
}
process.stdout.write(JSON.stringify(result) + '\n')
