/** A simulated device that is built from a profile's file, and what it holds. One opener per driver. */
import type { DeviceProfile } from '@courtyard/protocols/profile'

export interface ProfileDevice {
  /** What a bus and an address of the driver say to reach it, before their schemas. */
  readonly bus: object
  readonly address: object
  /** Units of the point's scale by point key: what a poll has to bring. Points that it lacks are not in it. */
  readonly values: ReadonlyMap<string, number>
  /** For devices that call by themselves: once the driver listens. */
  begin?(): void
  stop(): Promise<void>
}

export type OpenDevice = (profile: DeviceProfile) => Promise<ProfileDevice>
