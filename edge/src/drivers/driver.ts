/**
 * The port between polling and protocols. A driver turns "read this group of this device" into requests on
 * its wire and answers with readings; when to read, what a dead device costs and where readings go is not its
 * business. A measurement that fails is a reading with a quality, never an exception.
 */
import type { Socket } from 'node:net'
import type * as z from 'zod'
import type { Quality, Reading } from '@courtyard/protocols/contract'
import type { DeviceProfile } from '@courtyard/protocols/profile'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'

/** Opens a stream to a device or gateway; rejects after `timeoutMs`. Injected, so that tests can cut it. */
export type ConnectTcp = (
  target: { readonly host: string; readonly port: number },
  timeoutMs: number,
) => Promise<Socket>

export interface DriverContext<BusConfig> {
  readonly bus: BusConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly connectTcp: ConnectTcp
}

export interface DriverDevice<Address> {
  readonly key: string
  readonly address: Address
  readonly profile: DeviceProfile
}

/** Why a device gave nothing: the quality its readings get, and words for people. */
export interface DeviceFailure {
  readonly quality: Quality
  readonly message: string
}

export interface PollOutcome {
  readonly readings: readonly Reading[]
  readonly requests: number
  readonly errors: number
  /** Time of the last reply; null when nothing was answered. */
  readonly latencyMs: number | null
  /** Set when the device as a whole did not answer; a refusal of single points is no failure. */
  readonly failure: DeviceFailure | null
  /** The last thing that went wrong in words; null when all was well. */
  readonly message: string | null
}

/** One bus with its devices. At most one call at a time; the caller queues. */
export interface BusDriver {
  readonly connected: boolean
  /** Reads all points of one polling group of one device. Does not reject. */
  poll(deviceKey: string, group: string): Promise<PollOutcome>
  /** One cheap request to see whether a device that was dead is back; its readings are thrown away when it is. */
  probe(deviceKey: string): Promise<PollOutcome>
  /** Readings without values for every point of a device, as of now. */
  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[]
  /** Ends the connection and every timer; a call under way ends as disconnected. */
  stop(): Promise<void>
}

export interface DriverDefinition<BusConfig = unknown, Address = unknown> {
  readonly id: string
  /** What stands in a bus of this driver besides `key` and `driver`. */
  readonly busSchema: z.ZodObject
  readonly addressSchema: z.ZodType<Address>
  /** Equal for two buses that would use the same wire: refused in one configuration. */
  busIdentity(this: void, bus: BusConfig): string
  /** Equal for two devices of a bus that could not be told apart: refused. */
  deviceIdentity(this: void, address: Address): string
  /** For people: `10.0.0.5:502`. */
  describeBus(this: void, bus: BusConfig): string
  /** For people: `10.0.0.5:502 unit 3`. */
  describeDevice(this: void, bus: BusConfig, address: Address): string
  create(context: DriverContext<BusConfig>, devices: readonly DriverDevice<Address>[]): BusDriver
}
