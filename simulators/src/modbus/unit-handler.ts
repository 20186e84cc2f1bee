/** The units behind one endpoint: real meters' answers, or those of meters with a fault. */
import { randomBytes } from 'node:crypto'
import { encodeMbap, type MbapFrame } from '@courtyard/protocols/modbus'
import type { Fault } from '../faults.ts'
import type { MeterPark } from '../meter/meter-park.ts'
import { fillWords, RegisterLayout } from './layout.ts'
import type { UnitAnswer, UnitHandler } from './modbus-server.ts'
import { exceptionReply, ModbusException, parseReadRequest, readReply } from './pdu.ts'
import type { ServerStats } from './stats.ts'

export interface UnitContext {
  readonly park: MeterPark
  readonly stats: ServerStats
  readonly now: () => number
  readonly faultOf: (meterKey: string) => Fault | undefined
}

/** Answers for the meters of `endpoint`; any other unit id gets a gateway's exception 0x0B. */
export function unitHandler(endpoint: string, context: UnitContext): UnitHandler {
  const layouts = new Map<string, RegisterLayout>()
  const units = new Map(
    context.park.site.meters.flatMap((meter, index) => {
      if (meter.endpoint !== endpoint) return []
      const layout = layouts.get(meter.profile.id) ?? new RegisterLayout(meter.profile)
      layouts.set(meter.profile.id, layout)
      return [[meter.unitId, { key: meter.key, index, layout }]]
    }),
  )
  return (frame) => {
    const unit = units.get(frame.unitId)
    if (!unit) return { kind: 'reply', pdu: refuse(context, frame, ModbusException.gatewayTargetFailed) }
    const fault = context.faultOf(unit.key)
    if (fault?.kind === 'exception') return { kind: 'reply', pdu: refuse(context, frame, fault.code) }
    if (fault?.kind === 'silent') return { kind: 'nothing' }
    if (fault?.kind === 'reset') return { kind: 'reset' }
    const { pdu, registers } = serve(context, unit, frame)
    const isGood = fault === undefined || fault.kind === 'slow'
    if (isGood) context.stats.registers += registers
    return fault ? distorted(fault, frame, pdu) : { kind: 'reply', pdu }
  }
}

interface Served {
  readonly pdu: Uint8Array
  readonly registers: number
}

function serve(
  context: UnitContext,
  unit: { index: number; layout: RegisterLayout },
  frame: MbapFrame,
): Served {
  const exception = (code: number) => ({ pdu: refuse(context, frame, code), registers: 0 })
  const request = parseReadRequest(frame.pdu)
  if (typeof request === 'number') return exception(request)
  if (!unit.layout.supports(request.function)) return exception(ModbusException.illegalFunction)
  const plan = unit.layout.plan(request.function, request.address, request.count)
  if (!plan) return exception(ModbusException.illegalDataAddress)
  const reading = context.park.read(unit.index, context.park.moment(context.now()))
  const pdu = readReply(request.function, fillWords(plan, request.count, reading.shown))
  return { pdu, registers: request.count }
}

function refuse(context: UnitContext, frame: MbapFrame, code: number): Uint8Array {
  context.stats.exceptions += 1
  return exceptionReply(frame.pdu[0]!, code)
}

function distorted(fault: Fault, frame: MbapFrame, pdu: Uint8Array): UnitAnswer {
  if (fault.kind === 'slow') return { kind: 'reply', pdu, delayMs: fault.ms }
  if (fault.kind === 'wrongUnit') return { kind: 'reply', pdu, unitId: (frame.unitId % 247) + 1 }
  const bytes = encodeMbap({ transactionId: frame.transactionId, unitId: frame.unitId, pdu })
  const lengthIsWrong = fault.kind === 'garbage' && fault.variant === 'length'
  if (lengthIsWrong) new DataView(bytes.buffer).setUint16(4, 0xfff0)
  else bytes.set(randomBytes(pdu.length), bytes.length - pdu.length)
  return { kind: 'raw', bytes }
}
