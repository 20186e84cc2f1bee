/** One electricity meter as DL/T 645 describes it: registers, clock, password, relay. Written from the standard. */
import { CutOff } from '../meter-bus/cut-off.ts'
import { bcdBytes, wallClock } from '../meter-bus/line.ts'

export interface Dlt645MeterOptions {
  /** Twelve digits as on the plate. */
  readonly address: string
  readonly edition?: '2007' | '1997'
  readonly phases?: 1 | 3
  /** kWh at the start. */
  readonly energyKwh?: number
  /** Watts; negative feeds in. The register grows with them. */
  readonly powerW?: number
  /** Level and password, eight digits, such as `02123456`. */
  readonly password?: string
  /** How long the relay takes. */
  readonly relayDelayMs?: number
  /** A relay that accepts its order and does not move. */
  readonly relayStuck?: boolean
  /** How far the meter's clock is wrong. */
  readonly clockErrorMs?: number
  /** Identifiers whose value the meter does not know: it sends FF. */
  readonly noValue?: readonly string[]
  /** Bytes of data in one frame; longer replies come in parts. */
  readonly bytesPerFrame?: number
}

/** Error words of the standard. */
export const NO_SUCH_DATA = 0x02
export const WRONG_PASSWORD = 0x04

export class Dlt645Meter {
  readonly options: Dlt645MeterOptions
  private readonly now: () => number
  private readonly timeZone: string
  private readonly startedAtMs: number
  private clockErrorMs: number
  private lastBroadcastDay = ''
  private readonly relay: CutOff
  /** Orders that the meter has taken, for tests. */
  readonly orders: string[] = []

  constructor(options: Dlt645MeterOptions, now: () => number, timeZone: string) {
    this.options = options
    this.now = now
    this.timeZone = timeZone
    this.startedAtMs = now()
    this.clockErrorMs = options.clockErrorMs ?? 0
    this.relay = new CutOff(now, options.relayDelayMs ?? 0, options.relayStuck ?? false)
  }

  /** Hundredths of a kWh that have come in. */
  energyCentiKwh(): number {
    const { energyKwh = 0, powerW = 0 } = this.options
    const hours = (this.now() - this.startedAtMs - this.relay.cutMs()) / 3_600_000
    return Math.floor(energyKwh * 100 + (Math.max(0, powerW) * hours) / 10 + 1e-6) % 100_000_000
  }

  get relayOpen(): boolean {
    return this.relay.isCut
  }

  /** Watts that flow now. */
  private get powerW(): number {
    return this.relayOpen ? 0 : (this.options.powerW ?? 0)
  }

  /** What the clock shows: year, month, day, hour, minute, second. */
  clock(): number[] {
    return wallClock(this.now() + this.clockErrorMs, this.timeZone)
  }

  /** The bytes of an identifier as on the wire; null when the meter has no such data. */
  read(di: string): number[] | null {
    const bytes = this.options.edition === '1997' ? this.read1997(di) : this.read2007(di)
    return bytes && this.options.noValue?.includes(di) ? bytes.map(() => 0xff) : bytes
  }

  /** Error word, or null when it was done. */
  write(di: string, password: string, value: readonly number[]): number | null {
    if (password !== (this.options.password ?? '02000000')) return WRONG_PASSWORD
    const clock = this.clock()
    if (di === '04000101') this.setClock([...digits(value).slice(1).reverse(), ...clock.slice(3)])
    else if (di === '04000102') this.setClock([clock[0]! % 100, clock[1]!, clock[2]!, ...digits(value).reverse()])
    else return NO_SUCH_DATA
    this.orders.push(`write ${di}`)
    return null
  } // prettier-ignore

  /** Obeyed once a day and for at most five minutes. */
  broadcastTime(value: readonly number[]): void {
    const parts = digits(value).reverse()
    const differenceMs = Math.abs(this.faceMs(parts) - this.faceMs(this.clock()))
    const day = parts.slice(0, 3).join('-')
    if (differenceMs > 300_000 || this.lastBroadcastDay === day) return
    this.lastBroadcastDay = day
    this.setClock(parts)
    this.orders.push('broadcast')
  }

  /** Error word, or null when the order was taken. */
  controlRelay(password: string, order: readonly number[]): number | null {
    if (password !== (this.options.password ?? '02000000')) return WRONG_PASSWORD
    const until = digits(order.slice(2)).reverse()
    if (this.faceMs(until) < this.faceMs(this.clock())) return 0x01
    if (![0x1a, 0x1b, 0x1c].includes(order[0]!)) return 0x01
    this.orders.push(`relay ${order[0]!.toString(16)}`)
    // 1B only permits: a person closes by the button.
    if (order[0] === 0x1b) return null
    this.relay.take(order[0] === 0x1a)
    return null
  }

  private setClock(parts: readonly number[]): void {
    this.clockErrorMs += this.faceMs(parts) - this.faceMs(this.clock())
  }

  private faceMs([year, month, day, hour, minute, second]: readonly number[]): number {
    return Date.UTC(2000 + (year! % 100), month! - 1, day, hour, minute, second)
  }

  private read2007(di: string): number[] | null {
    const three = this.options.phases === 3
    const [kind, row, column, moment] = [di.slice(0, 2), di.slice(2, 4), di.slice(4, 6), di.slice(6)]
    if (kind === '00' && ['01', '02'].includes(row) && ['00', '01'].includes(moment)) {
      return pick(
        column,
        this.energies(row === '01', moment === '01').map((units) => bcdBytes(units, 4)),
      )
    }
    if (kind === '02' && moment === '00') return this.momentary(row, column, three)
    const single: Record<string, () => number[]> = {
      '02800002': () => bcdBytes(5001, 2),
      '00900100': () => bcdBytes(123456, 4),
      '00900200': () => bcdBytes(987654, 4),
      '04000101': () => this.dateBytes(),
      '04000102': () => this.timeBytes(),
      '04000401': () => addressBytes(this.options.address),
      '04000402': () => addressBytes(this.options.address),
      '04000503': () => [this.relayOpen ? 0x10 : 0x00, 0x00],
      '05060001': () => [0, 0, ...this.dateBytes().slice(1)],
      '05060101': () => this.energies(true, true).flatMap((units) => bcdBytes(units, 4)),
      '05060201': () => this.energies(false, true).flatMap((units) => bcdBytes(units, 4)),
    }
    return Object.hasOwn(single, di) ? single[di]!() : null
  }

  /** Voltage, current, powers, power factor: of one phase, of all, or as a block. */
  private momentary(row: string, column: string, three: boolean): number[] | null {
    const { powerW } = this
    const share = three ? powerW / 3 : powerW
    const phases = three ? [0, 1, 2] : [0]
    const perPhase: Record<string, (phase: number) => number[]> = {
      '01': (phase) => bcdBytes(2301 + phase, 2),
      '02': () => signed(Math.round((share * 1000) / 230), 3),
      '03': () => signed(share * 10, 3),
      '04': () => signed(share, 3),
      '06': () => signed(Math.sign(powerW || 1) * 987, 2),
    }
    const make = perPhase[row]
    if (!make) return null
    const values = phases.map(make)
    const total = row === '03' ? signed(powerW * 10, 3) : row === '04' ? signed(powerW, 3) : make(0)
    if (row === '01' || row === '02') return column === '00' ? null : pick(lower(column), values)
    return pick(column, [total, ...values])
  }

  private read1997(di: string): number[] | null {
    const { powerW } = this
    const tariff = '01234F'.indexOf(di[3]!)
    if ((di.startsWith('901') || di.startsWith('902')) && tariff >= 0) {
      const values = this.energies(di[2] === '1', false).map((units) => bcdBytes(units, 4))
      return di[3] === 'F' ? values.flat() : values[tariff]!
    }
    const single: Record<string, () => number[]> = {
      B611: () => bcdBytes(230, 2),
      B621: () => bcdBytes(Math.round((powerW * 100) / 230), 2),
      B630: () => bcdBytes(powerW * 10, 3),
      B650: () => bcdBytes(987, 2),
      C010: () => this.dateBytes(),
      C011: () => this.timeBytes(),
      C032: () => addressBytes(this.options.address),
    }
    return Object.hasOwn(single, di) ? single[di]!() : null
  }

  /** Total and four tariffs, which add up. */
  private energies(forward: boolean, earlier: boolean): number[] {
    const total = forward ? (earlier ? Math.floor((this.options.energyKwh ?? 0) * 100) : this.energyCentiKwh()) : 0
    const [sharp, peak, flat] = [Math.floor(total * 0.1), Math.floor(total * 0.3), Math.floor(total * 0.4)]
    return [total, sharp, peak, flat, total - sharp - peak - flat]
  } // prettier-ignore

  private dateBytes(): number[] {
    const [year, month, day] = this.clock()
    const weekday = new Date(Date.UTC(year!, month! - 1, day)).getUTCDay()
    return [weekday, day!, month!, year! % 100].flatMap((part) => bcdBytes(part, 1))
  }

  private timeBytes(): number[] {
    const [, , , hour, minute, second] = this.clock()
    return [second!, minute!, hour!].flatMap((part) => bcdBytes(part, 1))
  }
}

/** `FF` is all of them in a row. */
function pick(column: string, values: readonly number[][]): number[] | null {
  if (column === 'FF') return values.flat()
  return values[Number(column)] ?? null
}

function lower(column: string): string {
  return column === 'FF' ? column : String(Number(column) - 1).padStart(2, '0')
}

function signed(value: number, length: number): number[] {
  const bytes = bcdBytes(Math.round(value), length)
  if (value < 0) bytes[length - 1]! |= 0x80
  return bytes
}

function addressBytes(address: string): number[] {
  return Array.from({ length: 6 }, (_, i) => parseInt(address.slice(2 * i, 2 * i + 2), 16)).reverse()
}

function digits(bytes: readonly number[]): number[] {
  return bytes.map((byte) => (byte >> 4) * 10 + (byte & 0x0f))
}
