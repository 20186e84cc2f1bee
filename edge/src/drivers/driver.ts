/**
 * The port between polling and protocols. A driver turns "read this group of this device" into requests on
 * its wire and answers with readings; when to read, what a dead device costs and where readings go is not its
 * business. A measurement that fails is a reading with a quality, never an exception.
 */
import type { Socket } from 'node:net'
import type * as z from 'zod'
import type { CommandBody, DeviceEvent, Quality, Reading } from '@courtyard/protocols/contract'
import type { DeviceProfile, ProfileCommand } from '@courtyard/protocols/profile'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'

/**
 * Opens a stream to a device or gateway; rejects after `timeoutMs`. Injected, so that tests can cut it. With a
 * `receiver` what comes goes there and nowhere else; the socket has no 'data' then.
 */
export type ConnectTcp = (
  target: { readonly host: string; readonly port: number },
  timeoutMs: number,
  receiver?: TcpReceiver,
) => Promise<Socket>

/** For links of few bytes, of which there are many: without it each read takes 64 KiB from the system for a moment. */
export interface TcpReceiver {
  /** Where received bytes are put, each time anew. */
  readonly buffer: Uint8Array
  /** A view of the buffer: to be read or copied before this returns. */
  readonly onBytes: (bytes: Uint8Array) => void
}

/** What came from a device and is to be kept: written to the disk as a whole or not at all. */
export interface Emission {
  readonly readings?: readonly Reading[]
  readonly events?: readonly DeviceEvent[]
  /**
   * How far the driver has read a device's own log, in its own words. Stored in the same transaction, so after a
   * kill the driver goes on exactly behind what was kept.
   */
  readonly checkpoint?: { readonly deviceKey: string; readonly text: string }
}

export interface DriverContext<BusConfig> {
  readonly bus: BusConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly connectTcp: ConnectTcp
  /** IANA name; for devices that tell local time without a zone. */
  readonly timeZone: string
  /** A folder of this bus's own for what must outlive the process (certificates, pictures); made on first use. */
  readonly folder: string
  /**
   * For what comes unasked. Resolves when it is on the disk, rejects when it could not be written: only then
   * may a device be told that its event was taken.
   */
  readonly offer: (emission: Emission) => Promise<void>
  /** The last checkpoint that was stored for a device; null when there is none. */
  readonly checkpoint: (deviceKey: string) => string | null
  /**
   * For devices that speak by themselves: whether a device is there, known without a poll. Polling takes it
   * for the device's state.
   */
  readonly noteDevice: (deviceKey: string, failure: DeviceFailure | null) => void
}

export interface DriverDevice<Address> {
  readonly key: string
  readonly address: Address
  readonly profile: DeviceProfile
  /** Milliseconds between polls by group, where the site says other than the profile. */
  readonly intervals?: Readonly<Record<string, number>>
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
  /** Events that the poll brought, and how far it came in the device's own log. */
  readonly events?: readonly DeviceEvent[]
  readonly checkpoint?: string
}

export interface DeviceCommand {
  /** Key of one of the profile's commands. */
  readonly target: string
  readonly body: CommandBody
}

export interface CommandOutcome {
  /** `acknowledged`: the device accepted it; `confirmed`: read back from the device. */
  readonly result: 'acknowledged' | 'confirmed' | 'failed'
  /** It failed, and yet it may have reached the device: no reply after it was sent. */
  readonly uncertain: boolean
  readonly message: string | null
  /** What was read back. */
  readonly readings: readonly Reading[]
}

/** One bus with its devices. At most one call at a time; the caller queues. */
export interface BusDriver {
  readonly connected: boolean
  /** Reads all points of one polling group of one device. Does not reject. */
  poll(deviceKey: string, group: string): Promise<PollOutcome>
  /** One cheap request to see whether a device that was dead is back; its readings are thrown away when it is. */
  probe(deviceKey: string): Promise<PollOutcome>
  /**
   * Begins what comes unasked (subscriptions, listeners, event streams); called once, before the first poll. Does not
   * reject: what cannot be reached is tried again until `stop`.
   */
  start?(): Promise<void>
  /** Does a command, once; never tries again by itself. Called in the bus's queue, before polls. Does not reject. */
  execute?(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome>
  /**
   * After an interruption: whether the command has taken effect, by reading only. Null when the protocol can't tell.
   * Does not reject.
   */
  confirm?(deviceKey: string, command: DeviceCommand): Promise<CommandOutcome | null>
  /** Readings without values for every point of a device, as of now. */
  emptyReadings(deviceKey: string, quality: Quality): readonly Reading[]
  /** Ends the connection and every timer; a call under way ends as disconnected. */
  stop(): Promise<void>
}

/** A unit that answered on a bus. */
export interface FoundDevice {
  /** What an address in the site file would say. */
  readonly address: Readonly<Record<string, unknown>>
  /** For people: what it said about itself. */
  readonly text: string
  /** Id of a profile that probably fits. */
  readonly profile: string | null
}

export interface DriverDefinition<BusConfig = unknown, Address = unknown> {
  readonly id: string
  /** What stands in a bus of this driver besides `key` and `driver`. */
  readonly busSchema: z.ZodObject
  readonly addressSchema: z.ZodType<Address>
  /** Shape of the data of the free `write` command; absent: the driver has none. */
  readonly writeSchema?: z.ZodObject
  /** Equal for two buses that would use the same wire: refused in one configuration. */
  busIdentity(this: void, bus: BusConfig): string
  /** Equal for two devices of a bus that could not be told apart: refused. */
  deviceIdentity(this: void, address: Address): string
  /** For people: `10.0.0.5:502`. */
  describeBus(this: void, bus: BusConfig): string
  /** For people: `10.0.0.5:502 unit 3`. */
  describeDevice(this: void, bus: BusConfig, address: Address): string
  /** Whether the driver itself reads back what came of a command, when the profile names no point for that. */
  confirms?(this: void, command: ProfileCommand): boolean
  create(context: DriverContext<BusConfig>, devices: readonly DriverDevice<Address>[]): BusDriver
  /**
   * Looks for units on a bus that no driver uses at the moment. Ends by itself, or soon after the signal.
   * @throws AppError `edge.bus_disconnected` when the bus cannot be reached at all.
   */
  scan?(
    context: DriverContext<BusConfig>,
    onFound: (found: FoundDevice) => void,
    signal: AbortSignal,
  ): Promise<void>
}
