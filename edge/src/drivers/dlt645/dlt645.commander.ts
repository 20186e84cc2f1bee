/** Commands on one meter: sent once, then looked at. Nothing is ever sent twice. */
import { bytesFromHex, localTimeAt } from '@courtyard/protocols/meter-bus'
import {
  relayRequest,
  writeRequest,
  type Dlt645Credentials,
  type Dlt645Edition,
} from '@courtyard/protocols/dlt645'
import type { ProfileCommand } from '@courtyard/protocols/profile'
import type { Clock } from '../../clock.ts'
import type { CommandOutcome, DeviceCommand, DriverDevice } from '../driver.ts'
import {
  accepted,
  commandOf,
  confirmByPoint,
  failed,
  outcomeOf,
  watchEffect,
} from '../meter-bus/command-outcome.ts'
import type { IdentifierDevice } from '../meter-bus/identifier-device.ts'
import { Dlt645WriteData, type Dlt645Address } from './dlt645.config.ts'
import { Dlt645Clock } from './dlt645.clock.ts'
import type { Dlt645Link } from './dlt645.link.ts'

/** A relay order is worth nothing to who replays it later; meters' clocks may be wrong by minutes. */
const ORDER_VALID_MS = 10 * 60_000

type Relay = Extract<DeviceCommand['body'], { kind: 'relay' }>['action']

export class Dlt645Commander {
  private readonly device: DriverDevice<Dlt645Address>
  private readonly meter: IdentifierDevice
  private readonly link: Dlt645Link
  private readonly clock: Clock
  private readonly timeZone: string
  private readonly meterClock: Dlt645Clock
  private readonly edition: Dlt645Edition

  constructor(
    device: DriverDevice<Dlt645Address>,
    meter: IdentifierDevice,
    link: Dlt645Link,
    { clock, timeZone }: { readonly clock: Clock; readonly timeZone: string },
  ) {
    this.device = device
    this.meter = meter
    this.link = link
    this.clock = clock
    this.timeZone = timeZone
    this.meterClock = new Dlt645Clock(link, clock, timeZone)
    this.edition = device.profile.dlt645?.edition ?? '2007'
  }

  execute({ target, body }: DeviceCommand): Promise<CommandOutcome> {
    return outcomeOf(async () => {
      const command = commandOf(this.device, target)
      if (command?.kind !== body.kind) return failed(`the profile has no ${body.kind} ${target}`)
      switch (body.kind) {
        case 'relay':
          return this.switchRelay(command, body.action)
        case 'clock':
          return this.meterClock.set(this.edition, this.device.address.address, this.credentials())
        case 'write':
          return this.write(body.data)
        default:
          return failed(`dlt645 has no ${body.kind}`)
      }
    })
  }

  async confirm({ target, body }: DeviceCommand): Promise<CommandOutcome | null> {
    const command = commandOf(this.device, target)
    if (!command) return null
    if (body.kind === 'relay') return confirmByPoint(command, body.action, (key) => this.meter.readPoint(key))
    if (body.kind !== 'clock') return null
    return outcomeOf(() => this.meterClock.confirm(this.edition, this.device.address.address))
  }

  private async switchRelay(command: ProfileCommand, action: Relay): Promise<CommandOutcome> {
    const credentials = this.credentials()
    if (!credentials) return failed('the relay takes a password, which the site file does not give')
    const { address, closeBy } = this.device.address
    const order = action === 'open' ? 'open' : closeBy === 'permit' ? 'permitClose' : 'close'
    const until = localTimeAt(this.clock.nowMs() + ORDER_VALID_MS, this.timeZone)
    await this.link.ask(this.edition, relayRequest(address, credentials, order, until))
    // The contact closes when somebody presses the button: nothing to wait for.
    if (order === 'permitClose') return accepted('closing is permitted; a person presses the button')
    return watchEffect(command, action, (key) => this.meter.readPoint(key), this.clock)
  }

  private async write(data: Readonly<Record<string, unknown>>): Promise<CommandOutcome> {
    const parsed = Dlt645WriteData.safeParse(data)
    if (!parsed.success) return failed(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')) // prettier-ignore
    const credentials = this.credentials()
    if (!credentials) return failed('writing takes a password, which the site file does not give')
    const { di, data: hex } = parsed.data
    await this.link.ask(
      this.edition,
      writeRequest(this.device.address.address, di, credentials, bytesFromHex(hex)),
    )
    return accepted(null)
  }

  private credentials(): Dlt645Credentials | null {
    const { password, operatorCode } = this.device.address
    return password === undefined ? null : { password, operatorCode }
  }
}
