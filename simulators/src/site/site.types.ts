import type { DeviceProfile } from '@courtyard/protocols/profile'
import type { Medium } from '@courtyard/protocols/contract'

export type MeterRole = 'household' | 'shop' | 'lift' | 'pump' | 'lighting' | 'buildingTotal' | 'siteTotal'

/** How a meter's consumption comes about: by itself, or as the sum of what hangs below it. */
export type MeterSource =
  | { readonly kind: 'load'; readonly load: LoadProfile }
  | { readonly kind: 'sum'; readonly lossPermille: number }

/** A consumer. Amounts are in 10^-9 kWh or 10^-9 m³, so that they stay exact integers for a century. */
export interface LoadProfile {
  readonly shape: 'home' | 'shop' | 'lift' | 'pump' | 'lighting' | 'homeWater' | 'shopWater' | 'homeGas'
  /** On an average day. */
  readonly perDay: number
  /** Nobody lives there: a small standby, hardly any water. */
  readonly vacant: boolean
}

export interface SimulatedMeter {
  /** Also the key of the device at the edge. */
  readonly key: string
  /** Serial number at installation; a replacement changes it. */
  readonly serial: string
  readonly name: string
  readonly medium: Medium
  readonly profile: DeviceProfile
  readonly role: MeterRole
  readonly building: string | null
  readonly room: string | null
  /** Meter that measures this one's consumption too. */
  readonly parent: string | null
  readonly endpoint: string
  readonly unitId: number
  /** Index of the main register on the day of installation, 10^-9 units. */
  readonly initialIndex: number
  readonly source: MeterSource
}

export interface Building {
  readonly code: string
  readonly name: string
  readonly floors: number
}

export interface Room {
  readonly building: string
  readonly code: string
  readonly kind: 'household' | 'shop'
  readonly floor: number
  /** m², decimal. */
  readonly area: string
}

/** Who pays for a room. The names are invented from the room, not from people. */
export interface Account {
  readonly code: string
  readonly name: string
  readonly building: string
  readonly room: string
  readonly residents: number
  readonly vacant: boolean
}

export interface Site {
  readonly seed: number
  readonly project: {
    readonly code: string
    readonly name: string
    readonly nameEn: string
    readonly timeZone: string
  }
  readonly buildings: readonly Building[]
  readonly rooms: readonly Room[]
  readonly households: readonly Account[]
  readonly shops: readonly (Account & { readonly trade: string })[]
  /** Keys of the Modbus TCP endpoints in the order of their ports. */
  readonly endpoints: readonly string[]
  readonly meters: readonly SimulatedMeter[]
}
