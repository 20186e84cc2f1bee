/** Commands: written once by the Write service, then the variable is read back. */
import { AppError, Quality } from '@courtyard/protocols/contract'
import { formatUnits, parseDecimal, unitsAt, type Decimal } from '@courtyard/protocols/decimal'
import type { ProfileCommand } from '@courtyard/protocols/profile'
import type { Clock } from '../../clock.ts'
import { errorCodes } from '../../errors.ts'
import type { CommandOutcome, DeviceCommand } from '../driver.ts'
import { commandOf, failed, outcomeOf } from '../meter-bus/command-outcome.ts'
import { confirmValue, watchValue, type Seen } from '../value-watch.ts'
import { resolveNodes } from './node-resolver.ts'
import { OpcuaWriteData } from './opcua.config.ts'
import type { OpcuaDevice } from './opcua.device.ts'
import type { OpcuaSession } from './opcua.session.ts'
import { decimalOf, qualityOf } from './opcua.values.ts'
import { writeValue } from './write-value.ts'

type OpenSession = () => Promise<OpcuaSession>
const READ_BACK_MS = 5_000

/** One variable and what is to stand in it. */
interface Order {
  readonly nodeId: string
  readonly text: string
  readonly by: { readonly factor: string; readonly offset: string }
  readonly command: ProfileCommand | null
  /** What the point for reading back is to show; null: the variable itself is looked at. */
  readonly wanted: { readonly point: string; readonly text: string } | null
}

export class OpcuaCommander {
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
  }

  execute(device: OpcuaDevice, command: DeviceCommand, open: OpenSession): Promise<CommandOutcome> {
    return outcomeOf(async () => {
      const session = await beforeSending(open)
      const order = await beforeSending(() => this.orderOf(device, command, session))
      const { raw, status } = await this.write(session, order)
      const quality = qualityOf(status)
      if (quality > Quality.uncertain)
        return failed(
          `the server answers ${status.name}`,
          quality === Quality.timeout || quality === Quality.disconnected,
        )
      const withinMs = order.command?.readBack?.withinMs ?? READ_BACK_MS
      return watchValue(() => this.look(device, session, order, raw), withinMs, this.clock)
    })
  }

  /** After an interruption. */
  confirm(device: OpcuaDevice, command: DeviceCommand, open: OpenSession): Promise<CommandOutcome | null> {
    return confirmValue(async () => {
      const session = await open()
      const order = await this.orderOf(device, command, session)
      return this.look(device, session, order, await this.prepare(session, order))
    })
  }

  private async orderOf(
    device: OpcuaDevice,
    { target, body }: DeviceCommand,
    session: OpcuaSession,
  ): Promise<Order> {
    const command = commandOf(device.device, target)
    if (body.kind === 'write') return this.freeOrder(body.data, command, session)
    if (command?.kind !== body.kind || !command.opcua)
      throw invalid(`the profile has no ${body.kind} ${target}`)
    const action = 'action' in body ? body.action : null
    const text = body.kind === 'setpoint' ? body.value : command.opcua.values?.[action ?? '']
    if (text === undefined) throw invalid(`the profile does not say how to ${action ?? body.kind} ${target}`)
    const { root } = await device.locate(session)
    const [node] = await resolveNodes(session, root, [command.opcua])
    if (!node || 'missing' in node)
      throw invalid(`the server has no variable for ${target} (${node?.missing ?? ''})`)
    // Actions write their values as they are; a setpoint is in the unit that people see.
    const by = body.kind === 'setpoint' ? command.opcua : { factor: '1', offset: '0' }
    const shown = body.kind === 'setpoint' ? text : command.readBack?.values?.[action ?? '']
    const wanted =
      command.readBack && shown !== undefined ? { point: command.readBack.point, text: shown } : null
    return { nodeId: node.nodeId, text, by, command, wanted }
  }

  private async freeOrder(
    data: Readonly<Record<string, unknown>>,
    command: ProfileCommand | null,
    session: OpcuaSession,
  ): Promise<Order> {
    const parsed = OpcuaWriteData.safeParse(data)
    if (!parsed.success)
      throw invalid(
        parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
      )
    const { nodeId, value } = parsed.data
    const [node] = await resolveNodes(session, nodeId, [{ nodeId }])
    if (!node || 'missing' in node) throw invalid(`${nodeId}: ${node?.missing ?? 'not found'}`)
    return {
      nodeId: node.nodeId,
      text: String(value),
      by: { factor: '1', offset: '0' },
      command,
      wanted: null,
    }
  }

  /** The value in the variable's own type. @throws AppError `edge.command_invalid`, and as `OpcuaSession.read` */
  private async prepare(
    session: OpcuaSession,
    { nodeId, text, by }: Order,
  ): Promise<{ dataType: number; value: unknown }> {
    const dataType = await typeOf(session, nodeId)
    return { dataType, value: writeValue(text, dataType, by) }
  }

  private async write(session: OpcuaSession, order: Order) {
    const raw = await beforeSending(() => this.prepare(session, order))
    const { AttributeIds } = session.library
    // Value alone: many servers refuse to be told status and time along (OPC 10000-4, 5.11.4).
    const status = await session.call((each) =>
      each.write({ nodeId: order.nodeId, attributeId: AttributeIds.Value, value: { value: raw } }),
    )
    return { raw, status }
  }

  private async look(
    device: OpcuaDevice,
    session: OpcuaSession,
    { nodeId, wanted }: Order,
    raw: { dataType: number; value: unknown },
  ): Promise<Seen> {
    if (wanted) {
      const reading = await device.readPoint(session, wanted.point)
      const text = reading.mantissa === null ? 'no value' : formatUnits(reading.mantissa, reading.scale)
      const isThere =
        reading.mantissa !== null &&
        BigInt(reading.mantissa) === unitsAt(parseDecimal(wanted.text), reading.scale)
      return { isThere, text, readings: [reading] }
    }
    const { values } = await session.read([nodeId])
    const { value, statusCode } = values[0]!
    if (qualityOf(statusCode) > Quality.uncertain)
      throw new AppError(errorCodes.requestRefused, statusCode.name)
    const isThere = same(decimalOf(value), decimalOf({ ...raw, arrayType: 0 })) ?? value.value === raw.value
    return { isThere, text: String(value.value), readings: [] }
  }
}

/** Nothing has been written yet: whatever fails here is no open question. */
async function beforeSending<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw new AppError(error.code, error.message, { cause: error })
  }
}

/** Built-in type of a variable; one of a derived type (an enumeration, a duration) has that of its present value. */
async function typeOf(session: OpcuaSession, nodeId: string): Promise<number> {
  const { AttributeIds } = session.library
  const [type, rank, value] = await session.call((raw) =>
    raw.read(
      [AttributeIds.DataType, AttributeIds.ValueRank, AttributeIds.Value].map((attributeId) => ({
        nodeId,
        attributeId,
      })),
      0,
    ),
  )
  const declared = type?.value.value as { namespace?: number; value?: unknown } | null
  if (!type || qualityOf(type.statusCode) > Quality.uncertain)
    throw invalid(`${nodeId}: ${type?.statusCode.name ?? 'no answer'}`)
  if (Number(rank?.value.value ?? -1) >= 0) throw invalid(`${nodeId} is an array`)
  if (
    declared?.namespace === 0 &&
    typeof declared.value === 'number' &&
    declared.value >= 1 &&
    declared.value <= 12
  )
    return declared.value
  const present: number = value?.value.dataType ?? 0
  if (present === 0) throw invalid(`the type of ${nodeId} is not known`)
  return present
}

function same(a: Decimal | null, b: Decimal | null): boolean | null {
  if (!a || !b) return null
  const places = Math.max(a.places, b.places)
  return unitsAt(a, places) === unitsAt(b, places)
}

function invalid(text: string): AppError {
  return new AppError(errorCodes.commandInvalid, text)
} // prettier-ignore
