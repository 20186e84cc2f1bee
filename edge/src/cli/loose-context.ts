/** What a driver gets on the command line: the real wire, and a list in place of the outbox. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../clock.ts'
import type { DeviceFailure, DriverContext, Emission } from '../drivers/driver.ts'
import { connectTcp } from '../drivers/tcp-transport.ts'
import { silentLogger } from '../log.ts'

export interface LooseContext extends DriverContext<unknown> {
  readonly emissions: Emission[]
  readonly notes: Map<string, DeviceFailure | null>
  /** Removes what the driver has written. */
  end(): void
}

export function looseContext(bus: unknown, timeZone: string): LooseContext {
  const folder = mkdtempSync(join(tmpdir(), 'courtyard-edge-'))
  const emissions: Emission[] = []
  const notes = new Map<string, DeviceFailure | null>()
  return {
    bus,
    clock: systemClock,
    logger: silentLogger(),
    connectTcp,
    timeZone,
    folder,
    offer: (emission) => {
      emissions.push(emission)
      return Promise.resolve()
    },
    // A device's own log is not read from its beginning just to look at its values.
    checkpoint: () => null,
    noteDevice: (key, failure) => void notes.set(key, failure),
    emissions,
    notes,
    end: () => rmSync(folder, { recursive: true, force: true }),
  }
}
