/** Sets variables of one agent: sent once, then read back. */
import snmp from 'net-snmp'
import { formatUnits, parseDecimal, powerOfTen, type Decimal } from '@courtyard/protocols/decimal'
import type { ProfileCommand } from '@courtyard/protocols/profile'
import type { Clock } from '../../clock.ts'
import type { CommandOutcome, DeviceCommand, DriverDevice } from '../driver.ts'
import { commandOf, failed, outcomeOf } from '../meter-bus/command-outcome.ts'
import { confirmValue, watchValue, type Seen } from '../value-watch.ts'
import { SnmpWriteData, type SnmpAddress } from './snmp.config.ts'
import type { SnmpDevice } from './snmp.device.ts'
import { answerOf, sameNumber, textOf, withIndex } from './snmp.points.ts'
import type { SnmpSession } from './snmp.session.ts'

const DEFAULT_WATCH_MS = 3_000
const LIMITS = { integer: [-(2 ** 31), 2 ** 31 - 1], gauge: [0, 2 ** 32 - 1] } as const

interface Order {
  readonly oid: string
  readonly syntax: 'integer' | 'gauge' | 'text'
  readonly value: number | string
  readonly withinMs: number
}

export class SnmpCommander {
  private readonly device: DriverDevice<SnmpAddress>
  private readonly agent: SnmpDevice
  private readonly session: SnmpSession
  private readonly clock: Clock

  constructor(device: DriverDevice<SnmpAddress>, agent: SnmpDevice, session: SnmpSession, clock: Clock) {
    this.device = device
    this.agent = agent
    this.session = session
    this.clock = clock
  }

  execute(command: DeviceCommand): Promise<CommandOutcome> {
    return outcomeOf(async () => {
      const order = this.orderOf(command)
      if (typeof order === 'string') return failed(order)
      const type = { integer: 'Integer', gauge: 'Gauge', text: 'OctetString' }[order.syntax]
      await this.session.set({ oid: order.oid, type: snmp.ObjectType[type]!, value: order.value })
      return watchValue(() => this.look(order), order.withinMs, this.clock)
    })
  }

  async confirm(command: DeviceCommand): Promise<CommandOutcome | null> {
    const order = this.orderOf(command)
    return typeof order === 'string' ? null : confirmValue(() => this.look(order))
  }

  private async look(order: Order): Promise<Seen> {
    const varbind = await this.agent.readOne(order.oid)
    if (order.syntax === 'text')
      return { isThere: textOf(varbind) === order.value, text: textOf(varbind), readings: [] }
    const answer = answerOf(varbind)
    const wanted = { units: BigInt(order.value), places: 0 }
    const text = 'value' in answer ? formatUnits(answer.value.units, answer.value.places) : 'no value'
    return { isThere: sameNumber(answer, wanted), text, readings: [] }
  }

  /** What is to be set, or why nothing is. */
  private orderOf({ target, body }: DeviceCommand): Order | string {
    const command = commandOf(this.device, target)
    if (body.kind === 'write') return freeOrder(body.data)
    if (command?.kind !== body.kind || !command.snmp) return `the profile has no ${body.kind} ${target}`
    const oid = withIndex(command.snmp.oid, this.device.address.index)
    if (oid === null) return 'the command is for a row of a table: the address needs `index`'
    const value = valueOf(command, body)
    if (typeof value === 'string') return value
    const { syntax } = command.snmp
    const [low, high] = LIMITS[syntax]
    if (value < low || value > high) return `${value} does not fit into the syntax ${syntax}`
    return { oid, syntax, value, withinMs: command.readBack?.withinMs ?? DEFAULT_WATCH_MS }
  }
}

function freeOrder(data: Readonly<Record<string, unknown>>): Order | string {
  const parsed = SnmpWriteData.safeParse(data)
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  const { oid, syntax, value } = parsed.data
  if (
    typeof value === 'number' &&
    syntax !== 'text' &&
    (value < LIMITS[syntax][0] || value > LIMITS[syntax][1])
  )
    return `${value} does not fit into the syntax ${syntax}`
  return { oid, syntax, value, withinMs: DEFAULT_WATCH_MS }
}

function valueOf({ key, snmp: write }: ProfileCommand, body: DeviceCommand['body']): number | string {
  if ('action' in body)
    return write?.values?.[body.action] ?? `the profile does not say how to "${body.action}" "${key}"`
  if (body.kind !== 'setpoint' || !write) return `snmp has no ${body.kind}`
  return (
    whole(divided(parseDecimal(body.value), parseDecimal(write.factor))) ??
    `${body.value} is no whole number of the variable`
  )
}

/** Exact quotient, or null. */
function divided(value: Decimal, by: Decimal): Decimal | null {
  const top = value.units * powerOfTen(Math.max(0, by.places - value.places))
  const bottom = by.units * powerOfTen(Math.max(0, value.places - by.places))
  return bottom !== 0n && top % bottom === 0n ? { units: top / bottom, places: 0 } : null
}

function whole(value: Decimal | null): number | null {
  return value === null ? null : Number(value.units)
}
