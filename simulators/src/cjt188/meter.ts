/** One water, gas or heat meter as CJ/T 188 describes it. Written from the standard. */
import { CutOff } from '../meter-bus/cut-off.ts'
import { bcdBytes, wallClock } from '../meter-bus/line.ts'

export interface Cjt188MeterOptions {
  /** Fourteen digits, A6 first. */
  readonly address: string
  /** T; 10H cold water … 30H gas. */
  readonly meterType?: number
  /** m³ at the start. */
  readonly volumeM3?: number
  /** m³/h; the register grows with it. */
  readonly flowM3h?: number
  /** Unit byte of the volume and the number that is written for a m³: 2C and 1, 29 and 1000. */
  readonly volumeUnit?: number
  /** Of the heat, in the unit of `heatUnit`. */
  readonly heat?: number
  readonly heatUnit?: number
  /** The unit byte stands before each value. */
  readonly unitFirst?: boolean
  /** How long the valve takes. */
  readonly valveDelayMs?: number
  /** A valve that accepts its order and does not move. */
  readonly valveStuck?: boolean
  readonly clockErrorMs?: number
  readonly batteryLow?: boolean
  /** The register is damaged: it sends FF. */
  readonly noValue?: boolean
}

const perM3 = new Map([
  [0x29, 1000],
  [0x2b, 10],
  [0x2c, 1],
])

export class Cjt188Meter {
  readonly options: Cjt188MeterOptions
  address: string
  private readonly now: () => number
  private readonly timeZone: string
  private readonly startedAtMs: number
  private clockErrorMs: number
  private readonly valve: CutOff
  /** Orders that the meter has taken, for tests. */
  readonly orders: string[] = []

  constructor(options: Cjt188MeterOptions, now: () => number, timeZone: string) {
    this.options = options
    this.address = options.address
    this.now = now
    this.timeZone = timeZone
    this.startedAtMs = now()
    this.clockErrorMs = options.clockErrorMs ?? 0
    this.valve = new CutOff(now, options.valveDelayMs ?? 0, options.valveStuck ?? false)
  }

  get meterType(): number {
    return this.options.meterType ?? 0x10
  }

  /** Hundredths of the unit on the wire. */
  volumeUnits(): number {
    const { volumeM3 = 0, flowM3h = 0, volumeUnit = 0x2c } = this.options
    const hours = (this.now() - this.startedAtMs - this.valve.cutMs()) / 3_600_000
    return Math.floor((volumeM3 + flowM3h * hours) * (perM3.get(volumeUnit) ?? 1) * 100 + 1e-6) % 100_000_000
  }

  get valveClosed(): boolean {
    return this.valve.isCut
  }

  clock(): number[] {
    return wallClock(this.now() + this.clockErrorMs, this.timeZone)
  }

  /** Data behind identifier and serial number; null when the meter has no such data. */
  read(di: string): number[] | null {
    if (di !== '901F') return null
    const isHeat = this.meterType >= 0x20 && this.meterType < 0x30
    return [...(isHeat ? this.heatBytes() : this.volumeBytes()), ...this.clockBytes(), ...this.status()]
  }

  /** Whether the meter did it. */
  write(di: string, value: readonly number[]): boolean {
    if (di === 'A017' && (value[0] === 0x55 || value[0] === 0x99)) {
      this.valve.take(value[0] === 0x99)
    } else if (di === 'A015' && value.length === 7) {
      const [second, minute, hour, day, month, low, high] = value.map(
        (byte) => (byte >> 4) * 10 + (byte & 15),
      )
      const [year, ...rest] = this.clock()
      const shown = Date.UTC(year!, rest[0]! - 1, rest[1], rest[2], rest[3], rest[4])
      this.clockErrorMs += Date.UTC(high! * 100 + low!, month! - 1, day, hour, minute, second) - shown
    } else if (di === 'A018' && value.length === 7) {
      this.address = [...value].reverse().map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase() // prettier-ignore
    } else {
      return false
    }
    this.orders.push(`${di} ${value.map((byte) => byte.toString(16)).join(' ')}`)
    return true
  }

  status(): number[] {
    return [(this.valveClosed ? 1 : 0) | (this.options.batteryLow ? 4 : 0), 0]
  }

  private volumeBytes(): number[] {
    const { volumeUnit = 0x2c, noValue = false } = this.options
    const now = noValue ? [0xff, 0xff, 0xff, 0xff] : bcdBytes(this.volumeUnits(), 4)
    const settled = bcdBytes((this.options.volumeM3 ?? 0) * (perM3.get(volumeUnit) ?? 1) * 100, 4)
    return [...this.withUnit(now, volumeUnit), ...this.withUnit(settled, volumeUnit)]
  }

  private heatBytes(): number[] {
    const { heat = 0, heatUnit = 0x05, volumeUnit = 0x2c } = this.options
    const flowM3h = this.valveClosed ? 0 : (this.options.flowM3h ?? 0)
    const energy = bcdBytes(heat * 100, 4)
    return [
      ...this.withUnit(energy, heatUnit),
      ...this.withUnit(energy, heatUnit),
      ...this.withUnit(bcdBytes(1250, 4), 0x17),
      ...this.withUnit(bcdBytes(flowM3h * 10_000, 4), 0x35),
      ...this.withUnit(bcdBytes(this.volumeUnits(), 4), volumeUnit),
      ...bcdBytes(6523, 3),
      ...bcdBytes(4381, 3),
      ...bcdBytes(2761, 3),
    ]
  }

  private withUnit(value: readonly number[], unit: number): number[] {
    return this.options.unitFirst ? [unit, ...value] : [...value, unit]
  }

  private clockBytes(): number[] {
    const [year, month, day, hour, minute, second] = this.clock()
    return [
      ...[second, minute, hour, day, month].flatMap((part) => bcdBytes(part!, 1)),
      ...bcdBytes(year!, 2),
    ]
  }
}
