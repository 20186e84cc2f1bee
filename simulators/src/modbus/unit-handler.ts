/** The units behind one endpoint: real meters' answers, or those of meters with a fault. */
import type { Fault } from '../faults.ts'
import type { MeterPark } from '../meter/meter-park.ts'
import { fillWords, RegisterLayout } from './layout.ts'
import { exceptionReply, ModbusException, parseReadRequest, readReply } from './pdu.ts'
import type { ServerStats } from './stats.ts'
import type { UnitAnswer, UnitHandler, UnitRequest } from './unit-answer.ts'

export interface UnitContext {
  readonly park: MeterPark
  readonly stats: ServerStats
  readonly now: () => number
  readonly faultOf: (meterKey: string) => Fault | undefined
}

/** Answers for the meters of `endpoint`; any other unit is absent. */
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
    if (!unit) return { kind: 'absent' }
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
  frame: UnitRequest,
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

function refuse(context: UnitContext, frame: UnitRequest, code: number): Uint8Array {
  context.stats.exceptions += 1
  return exceptionReply(frame.pdu[0]!, code)
}

function distorted(fault: Fault, frame: UnitRequest, pdu: Uint8Array): UnitAnswer {
  if (fault.kind === 'slow') return { kind: 'reply', pdu, delayMs: fault.ms }
  if (fault.kind === 'wrongUnit') return { kind: 'reply', pdu, unitId: (frame.unitId % 247) + 1 }
  return { kind: 'garbage', pdu, variant: fault.kind === 'garbage' ? fault.variant : 'bytes' }
}
