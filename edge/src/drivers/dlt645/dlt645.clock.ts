/** The clock of a meter: how wrong it is and how it is set (DL/T 645-2007, 7.3 and A.5; 1997, 7.5). */
import { AppError } from '@courtyard/protocols/contract'
import { broadcastTimeRequest, clockValues, writeRequest, type Dlt645Credentials, type Dlt645Edition } from '@courtyard/protocols/dlt645' // prettier-ignore
import { faceMs, localTimeAt, type LocalTime } from '@courtyard/protocols/meter-bus'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { CommandOutcome } from '../driver.ts'
import { accepted, confirmed, failed } from '../meter-bus/command-outcome.ts'
import type { Dlt645Link } from './dlt645.link.ts'

const identifiers = {
  '2007': { date: '04000101', time: '04000102' },
  '1997': { date: 'C010', time: 'C011' },
} as const

/** A meter obeys a broadcast when it is wrong by no more than this, once a day. */
const BROADCAST_LIMIT_MS = 5 * 60_000
/** What is right: the way of the request and the second that the meter shows. */
const RIGHT_WITHIN_MS = 3_000
/** Date and time are written one after the other: not while the date changes between them. */
const MIDNIGHT_GUARD_MS = 60_000
const DAY_MS = 86_400_000

export class Dlt645Clock {
  private readonly link: Dlt645Link
  private readonly clock: Clock
  private readonly timeZone: string

  constructor(link: Dlt645Link, clock: Clock, timeZone: string) {
    this.link = link
    this.clock = clock
    this.timeZone = timeZone
  }

  /** How far the meter's clock is ahead, in ms. @throws AppError of the reads, or when it shows no time. */
  async errorMs(edition: Dlt645Edition, address: string): Promise<number> {
    const { date, time } = identifiers[edition]
    // The date first and again: a midnight in between would be a day.
    const before = await this.link.read(edition, address, date)
    const clock = await this.link.read(edition, address, time)
    const after = await this.link.read(edition, address, date)
    const same = Buffer.compare(before.data, after.data) === 0
    const shown = same ? faceOf(after.data, clock.data) : null
    if (shown === null) throw new AppError(errorCodes.replyInvalid, 'its clock shows no time')
    return shown - faceMs(localTimeAt(clock.atMs, this.timeZone))!
  }

  /** By a broadcast when the clock is nearly right, else by writing, which takes the password. */
  async set(
    edition: Dlt645Edition,
    address: string,
    credentials: Dlt645Credentials | null,
  ): Promise<CommandOutcome> {
    const wrongByMs = await this.errorMs(edition, address)
    if (Math.abs(wrongByMs) <= RIGHT_WITHIN_MS) return confirmed('the clock was right')
    if (Math.abs(wrongByMs) <= BROADCAST_LIMIT_MS) {
      await this.link.broadcast(broadcastTimeRequest(this.now()))
      if (await this.isRight(edition, address))
        return confirmed(`it was wrong by ${seconds(wrongByMs)}; set by broadcast`)
    }
    if (edition === '1997') return failed(`wrong by ${seconds(wrongByMs)}; it did not take the broadcast, and 1997 is not written`) // prettier-ignore
    if (!credentials) return failed(`wrong by ${seconds(wrongByMs)}; setting it takes a password, which the site file does not give`) // prettier-ignore
    return this.write(address, credentials, wrongByMs)
  }

  private async write(
    address: string,
    credentials: Dlt645Credentials,
    wrongByMs: number,
  ): Promise<CommandOutcome> {
    const sinceMidnightMs = faceMs(this.now())! % DAY_MS
    if (sinceMidnightMs > DAY_MS - MIDNIGHT_GUARD_MS)
      return failed('too near to midnight; ask again in a minute')
    const { date, time } = identifiers['2007']
    await this.link.ask('2007', writeRequest(address, date, credentials, clockValues(this.now()).date))
    await this.link.ask('2007', writeRequest(address, time, credentials, clockValues(this.now()).time))
    if (await this.isRight('2007', address))
      return confirmed(`it was wrong by ${seconds(wrongByMs)}; written`)
    return accepted('accepted, but the clock still shows another time')
  }

  private async isRight(edition: Dlt645Edition, address: string): Promise<boolean> {
    return Math.abs(await this.errorMs(edition, address)) <= RIGHT_WITHIN_MS
  }

  private now(): LocalTime {
    return localTimeAt(this.clock.nowMs(), this.timeZone)
  }

  /** After an interruption. */
  async confirm(edition: Dlt645Edition, address: string): Promise<CommandOutcome> {
    const wrongByMs = await this.errorMs(edition, address)
    if (Math.abs(wrongByMs) <= RIGHT_WITHIN_MS) return confirmed(null)
    return failed(`the clock is wrong by ${seconds(wrongByMs)}`)
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

/** WW DD MM YY and ss mm hh, as one time on a face; null when it is none. */
function faceOf(date: Uint8Array, time: Uint8Array): number | null {
  const digits = [...date.subarray(1), ...time].map((byte) => ((byte >> 4) > 9 || (byte & 15) > 9 ? NaN : (byte >> 4) * 10 + (byte & 15))) // prettier-ignore
  const [day, month, year, second, minute, hour] = digits
  if (digits.length !== 6 || digits.some(Number.isNaN)) return null
  return faceMs({
    year: 2000 + year!,
    month: month!,
    day: day!,
    hour: hour!,
    minute: minute!,
    second: second!,
  })
}
