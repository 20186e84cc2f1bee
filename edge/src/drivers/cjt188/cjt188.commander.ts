/** Commands on one meter: sent once, then looked at. Nothing is ever sent twice. */
import { AppError } from '@courtyard/protocols/contract'
import {
  clockRequest,
  decodeClock,
  valveRequest,
  writeRequest,
  type Cjt188Target,
} from '@courtyard/protocols/cjt188'
import { bytesFromHex, faceMs, localTimeAt } from '@courtyard/protocols/meter-bus'
import type { ProfileCommand } from '@courtyard/protocols/profile'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { CommandOutcome, DeviceCommand, DriverDevice } from '../driver.ts'
import { accepted, commandOf, confirmByPoint, confirmed, failed, outcomeOf, watchEffect } from '../meter-bus/command-outcome.ts' // prettier-ignore
import type { IdentifierDevice } from '../meter-bus/identifier-device.ts'
import { Cjt188WriteData, type Cjt188Address } from './cjt188.config.ts'
import type { Cjt188Link } from './cjt188.link.ts'

/** The clock stands before the two bytes of status, at the end of 901F of every kind of meter. */
const CLOCK_FROM_END = { bytes: 7, status: 2 }
const RIGHT_WITHIN_MS = 3_000

export class Cjt188Commander {
  private readonly device: DriverDevice<Cjt188Address>
  private readonly target: Cjt188Target
  private readonly meter: IdentifierDevice
  private readonly link: Cjt188Link
  private readonly clock: Clock
  private readonly timeZone: string

  constructor(
    device: DriverDevice<Cjt188Address>,
    target: Cjt188Target,
    meter: IdentifierDevice,
    link: Cjt188Link,
    { clock, timeZone }: { readonly clock: Clock; readonly timeZone: string },
  ) {
    this.device = device
    this.target = target
    this.meter = meter
    this.link = link
    this.clock = clock
    this.timeZone = timeZone
  }

  execute({ target, body }: DeviceCommand): Promise<CommandOutcome> {
    return outcomeOf(async () => {
      const command = commandOf(this.device, target)
      if (command?.kind !== body.kind) return failed(`the profile has no ${body.kind} ${target}`)
      switch (body.kind) {
        case 'valve':
          return this.moveValve(command, body.action)
        case 'clock':
          return this.setClock()
        case 'write':
          return this.write(body.data)
        default:
          return failed(`cjt188 has no ${body.kind}`)
      }
    })
  }

  async confirm({ target, body }: DeviceCommand): Promise<CommandOutcome | null> {
    const command = commandOf(this.device, target)
    if (!command) return null
    if (body.kind === 'valve') return confirmByPoint(command, body.action, (key) => this.meter.readPoint(key))
    if (body.kind !== 'clock') return null
    return outcomeOf(async () => {
      const wrongByMs = await this.clockErrorMs()
      return isRight(wrongByMs) ? confirmed(null) : failed(`the clock is wrong by ${Math.round(wrongByMs / 1000)} s`)
    })
  } // prettier-ignore

  private async moveValve(command: ProfileCommand, action: 'open' | 'close'): Promise<CommandOutcome> {
    await this.link.ask(valveRequest(this.target, action, this.link.nextSerial()))
    return watchEffect(command, action, (key) => this.meter.readPoint(key), this.clock)
  }

  private async setClock(): Promise<CommandOutcome> {
    const time = localTimeAt(this.clock.nowMs(), this.timeZone)
    await this.link.ask(clockRequest(this.target, this.link.nextSerial(), time))
    try {
      if (isRight(await this.clockErrorMs())) return confirmed(null)
      return accepted('accepted, but the clock still shows another time')
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      return accepted(`accepted, but not read back: ${error.message}`)
    }
  }

  private async write(data: Readonly<Record<string, unknown>>): Promise<CommandOutcome> {
    const parsed = Cjt188WriteData.safeParse(data)
    if (!parsed.success) return failed(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')) // prettier-ignore
    const value = bytesFromHex(parsed.data.data)
    await this.link.ask(writeRequest(this.target, parsed.data.di, this.link.nextSerial(), value))
    return accepted(null)
  }

  /** @throws AppError of the read, or when the meter has no clock. */
  private async clockErrorMs(): Promise<number> {
    const { data, atMs } = await this.link.read(this.target, '901F')
    const end = data.length - CLOCK_FROM_END.status
    const shown = decodeClock(data.subarray(Math.max(0, end - CLOCK_FROM_END.bytes), end))
    if (!shown) throw new AppError(errorCodes.replyInvalid, 'its clock shows no time')
    return faceMs(shown)! - faceMs(localTimeAt(atMs, this.timeZone))!
  }
}

function isRight(wrongByMs: number): boolean {
  return Math.abs(wrongByMs) <= RIGHT_WITHIN_MS
}
