/** Writes present values at a priority (clause 19.2): sent once, then read back. */
import { ApplicationTag } from '@bacnet-js/client'
import { formatUnits, type Decimal } from '@courtyard/protocols/decimal'
import type { Clock } from '../../clock.ts'
import type { CommandOutcome, DeviceCommand, DriverDevice } from '../driver.ts'
import { commandOf, failed, outcomeOf } from '../meter-bus/command-outcome.ts'
import { confirmValue, watchValue, type Seen } from '../value-watch.ts'
import { BacnetWriteData, type BacnetAddress } from './bacnet.config.ts'
import { answerOf, appData, keptDecimal, objectId, PRESENT_VALUE, PRIORITY_ARRAY, type ObjectName } from './bacnet.points.ts' // prettier-ignore
import type { BacnetSession } from './bacnet.session.ts'

const DEFAULT_WATCH_MS = 3_000

interface Order {
  readonly object: ObjectName
  readonly instance: number
  /** Null gives the priority up. */
  readonly value: number | null
  readonly priority: number
  readonly withinMs: number
}

export class BacnetCommander {
  private readonly device: DriverDevice<BacnetAddress>
  private readonly session: BacnetSession
  private readonly clock: Clock

  constructor(device: DriverDevice<BacnetAddress>, session: BacnetSession, clock: Clock) {
    this.device = device
    this.session = session
    this.clock = clock
  }

  execute(command: DeviceCommand): Promise<CommandOutcome> {
    return outcomeOf(async () => {
      const order = this.orderOf(command)
      if (typeof order === 'string') return failed(order)
      const { object, instance, value, priority } = order
      await this.session.write(objectId(object, instance), PRESENT_VALUE, appData(object, value), priority)
      return watchValue(() => this.look(order), order.withinMs, this.clock)
    })
  }

  async confirm(command: DeviceCommand): Promise<CommandOutcome | null> {
    const order = this.orderOf(command)
    return typeof order === 'string' ? null : confirmValue(() => this.look(order))
  }

  /** The present value, which a higher priority may hold elsewhere; of a relinquished one its own place in the array. */
  private async look({ object, instance, value, priority }: Order): Promise<Seen> {
    const id = objectId(object, instance)
    if (value === null) {
      const slot = (await this.session.readOne(id, PRIORITY_ARRAY, priority)).content[0]
      const isEmpty = slot?.type === ApplicationTag.NULL
      return {
        isThere: isEmpty,
        text: `priority ${priority} is ${isEmpty ? 'empty' : 'taken'}`,
        readings: [],
      }
    }
    const answer = answerOf((await this.session.readOne(id, PRESENT_VALUE)).content, undefined)
    if (!('value' in answer)) return { isThere: false, text: 'no value', readings: [] }
    const { value: shown } = answer
    return { isThere: equal(shown, keptDecimal(object, value)), text: textOf(shown), readings: [] }
  }

  /** What is to be written, or why nothing is. */
  private orderOf({ target, body }: DeviceCommand): Order | string {
    if (body.kind === 'write') {
      const parsed = BacnetWriteData.safeParse(body.data)
      if (!parsed.success)
        return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
      return { ...parsed.data, withinMs: DEFAULT_WATCH_MS }
    }
    const command = commandOf(this.device, target)
    if (command?.kind !== body.kind || !command.bacnet) return `the profile has no ${body.kind} ${target}`
    const { object, instance, priority, values } = command.bacnet
    const base = { object, instance, priority, withinMs: command.readBack?.withinMs ?? DEFAULT_WATCH_MS }
    if (body.kind === 'setpoint') {
      const value = Number(body.value)
      const fits = object.startsWith('analog') || (Number.isInteger(value) && value >= 0)
      return fits ? { ...base, value } : `${body.value} is no state of ${object}`
    }
    const value = 'action' in body ? values?.[body.action] : undefined
    return value === undefined
      ? `the profile does not say how to do this: ${JSON.stringify(body)}`
      : { ...base, value }
  }
}

function equal(a: Decimal, b: Decimal): boolean {
  return textOf(a) === textOf(b)
}

function textOf({ units, places }: Decimal): string {
  if (places <= 0) return String(units * 10n ** BigInt(-places))
  return formatUnits(units, places).replace(/\.?0+$/, '')
}
