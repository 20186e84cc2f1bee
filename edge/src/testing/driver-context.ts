/** What a driver gets in tests and benches: the real clock and sockets, and a list in place of the disk. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../clock.ts'
import type { DeviceFailure, DriverContext, Emission } from '../drivers/driver.ts'
import { connectTcp } from '../drivers/tcp-transport.ts'
import { silentLogger } from '../log.ts'

export interface TestContext<BusConfig> extends DriverContext<BusConfig> {
  /** Everything that was offered, oldest first. */
  readonly emissions: Emission[]
  /** By device: null when it was last noted as there. */
  readonly notes: Map<string, DeviceFailure | null>
}

export function testDriverContext<BusConfig>(
  bus: BusConfig,
  change: Partial<DriverContext<BusConfig>> = {},
): TestContext<BusConfig> {
  const emissions: Emission[] = []
  const notes = new Map<string, DeviceFailure | null>()
  const checkpoints = new Map<string, string>()
  return {
    bus,
    clock: systemClock,
    logger: silentLogger(),
    connectTcp,
    timeZone: 'Asia/Shanghai',
    folder: change.folder ?? mkdtempSync(join(tmpdir(), 'courtyard-driver-')),
    offer: (emission) => {
      emissions.push(emission)
      if (emission.checkpoint) checkpoints.set(emission.checkpoint.deviceKey, emission.checkpoint.text)
      return Promise.resolve()
    },
    checkpoint: (deviceKey) => checkpoints.get(deviceKey) ?? null,
    noteDevice: (deviceKey, failure) => void notes.set(deviceKey, failure),
    ...change,
    emissions,
    notes,
  }
}
