/** What a driver brings to the contract suite, and what its parts share. */
import { expect } from 'vitest'
import { Quality, type Reading } from '@courtyard/protocols/contract'
import type { BusDriver, DriverDefinition, DriverDevice } from '../drivers/driver.ts'
import type { TestContext } from './driver-context.ts'

export type ContractFault = 'silent' | 'reset' | 'garbage' | 'refusing'

export interface DriverHarness {
  readonly definition: DriverDefinition
  /** A bus whose devices answer; its requests time out after 300 ms. */
  bus(): unknown
  /** The same bus at an address where nobody listens. */
  busAt(port: number): unknown
  /** Default stream. Over datagrams nobody's absence is told: it is silence, and there is no connection to break. */
  readonly transport?: 'stream' | 'datagram'
  /** At least two devices of the bus; over datagrams those of `busAt` when a port is given. */
  devices(port?: number): readonly DriverDevice<unknown>[]
  /** The devices are parts of one box: what ails one ails all. */
  readonly oneBox?: boolean
  /** How long after `stop` a library may still close what it has open; 50 by default. */
  readonly closesWithinMs?: number
  /** A polling group that both devices have. */
  readonly group: string
  setFault(deviceKey: string, fault: ContractFault | null): Promise<void>
  /**
   * For devices that speak by themselves: makes one say all points of the group once, or what nobody can use. They
   * count as silent after `SILENT_AFTER_MS`; no fault is set for them.
   */
  readonly publish?: Publish
  readonly badBuses: readonly unknown[]
  readonly badAddresses: readonly unknown[]
}
export type Publish = (deviceKey: string, what: 'values' | 'garbage') => Promise<void>

/** Of a request. */
export const TIMEOUT_MS = 300
export const SILENT_AFTER_MS = 600

export interface StartedDriver {
  readonly driver: BusDriver
  readonly context: TestContext<unknown>
}

export interface ContractKit {
  readonly harness: DriverHarness
  /** Started as the agent does, stopped after the test. */
  readonly create: (bus?: unknown, port?: number) => Promise<StartedDriver>
  readonly key: (index: number) => string
  readonly pointsOf: (index: number) => DriverDevice<unknown>['profile']['points']
}

/** One good reading of every point of the group, from now. */
export function expectGoodReadings(
  { key, pointsOf }: ContractKit,
  index: number,
  readings: readonly Reading[],
  sinceMs: number,
): void {
  const points = pointsOf(index)
  expect(readings.map((reading) => reading.point).sort()).toEqual(
    points.map((point) => `${key(index)}/${point.key}`).sort(),
  )
  for (const reading of readings) {
    const point = points.find((one) => reading.point === `${key(index)}/${one.key}`)!
    expect(reading).toMatchObject({ quality: Quality.good, scale: point.scale })
    expect(Number.isSafeInteger(reading.mantissa)).toBe(true)
    expect(reading.atMs).toBeGreaterThanOrEqual(sinceMs)
    expect(reading.atMs).toBeLessThanOrEqual(Date.now())
  }
}

/** Sockets and timers of this process; those of the test's own HTTP connections don't change meanwhile. */
export function openResources(): { sockets: number; timers: number } {
  const kinds = process.getActiveResourcesInfo()
  return {
    sockets: kinds.filter((kind) => kind === 'TCPSocketWrap' || kind === 'UDPWrap').length,
    timers: kinds.filter((kind) => kind === 'Timeout').length,
  }
}
