/**
 * Units that can be told something: relay boards, thermostats, meters with a relay. Each is made from a profile: what its
 * points name can be read, what its commands name can be written, and a write shows where the command says that it is read
 * back, after the time that the device takes.
 */
import { AppError } from '@courtyard/protocols/contract'
import { parseDecimal, unitsAt } from '@courtyard/protocols/decimal'
import { decodeValue, registerWidth } from '@courtyard/protocols/modbus'
import { ModbusRegister, type DeviceProfile, type ProfileCommand } from '@courtyard/protocols/profile'
import type { DeviceFault } from '../device.ts'
import { SimulatorErrorCode } from '../errors.ts'
import { fillWords, RegisterLayout } from './layout.ts'
import { exceptionReply, ModbusException, parseReadRequest, parseWriteRequest, readReply, writeReply, type WriteRequest } from './pdu.ts' // prettier-ignore
import { emptyStats, type ServerStats } from './stats.ts'
import type { UnitAnswer, UnitHandler, UnitRequest } from './unit-answer.ts'

export interface IoUnitOptions {
  readonly unitId: number
  readonly profile: DeviceProfile
  /** How long until a write shows; 0 at once. */
  readonly effectDelayMs?: number
  /** What its points show at the start, in units of their scale; 0 where nothing is said. */
  readonly values?: Readonly<Record<string, number>>
  /** Vendor, product, revision; without them function 43 is unknown to the unit. */
  readonly identification?: readonly [string, string, string]
}

export class IoUnits {
  readonly stats: ServerStats = emptyStats()
  private readonly units: ReadonlyMap<number, IoUnit>

  constructor(units: readonly IoUnitOptions[]) {
    this.units = new Map(units.map((unit) => [unit.unitId, new IoUnit(unit)]))
  }

  readonly handler: UnitHandler = (request) => {
    // A broadcast is for all and answered by none (Serial Line Specification 2.1).
    if (request.unitId === 0) {
      for (const unit of this.units.values()) unit.answer(request)
      return { kind: 'nothing' }
    }
    return this.units.get(request.unitId)?.answer(request) ?? { kind: 'absent' }
  }

  setFault(unitId: number, fault: DeviceFault | null): void {
    this.unit(unitId).fault = fault
  }

  /** What the unit has shown and done, for tests: values by point key in units of the point's scale, writes received. */
  truth(unitId: number): { readonly values: Readonly<Record<string, number>>; readonly writes: number } {
    const { values, writes } = this.unit(unitId)
    return { values: Object.fromEntries(values), writes }
  }

  stop(): void {
    for (const unit of this.units.values()) unit.stop()
  }

  private unit(unitId: number): IoUnit {
    const unit = this.units.get(unitId)
    if (!unit) throw new AppError(SimulatorErrorCode.notFound, `no unit ${unitId}`)
    return unit
  }
}

class IoUnit {
  fault: DeviceFault | null = null
  /** Of every point, in units of its scale. */
  readonly values: Map<string, number>
  writes = 0
  private readonly options: IoUnitOptions
  private readonly layout: RegisterLayout
  private readonly timers = new Set<NodeJS.Timeout>()

  constructor(options: IoUnitOptions) {
    this.options = options
    this.layout = new RegisterLayout(options.profile)
    this.values = new Map(options.profile.points.map(({ key }) => [key, options.values?.[key] ?? 0]))
  }

  answer({ pdu }: UnitRequest): UnitAnswer {
    const fn = pdu[0] ?? 0
    if (this.fault === 'silent') return { kind: 'nothing' }
    if (this.fault === 'reset') return { kind: 'reset' }
    if (this.fault === 'refusing') return refuse(fn, ModbusException.illegalDataAddress)
    const reply = this.serve(pdu)
    if (typeof reply === 'number') return refuse(fn, reply)
    return this.fault === 'garbage'
      ? { kind: 'garbage', pdu: reply, variant: 'bytes' }
      : { kind: 'reply', pdu: reply }
  }

  stop(): void {
    for (const timer of this.timers) clearTimeout(timer)
  }

  private serve(pdu: Uint8Array): Uint8Array | number {
    if (pdu[0] === 0x2b) return this.identify(pdu)
    const write = parseWriteRequest(pdu)
    if (typeof write === 'object') return this.write(write, pdu)
    return write === ModbusException.illegalFunction ? this.read(pdu) : write
  }

  private read(pdu: Uint8Array): Uint8Array | number {
    const request = parseReadRequest(pdu)
    if (typeof request === 'number') return request
    if (!this.layout.supports(request.function)) return ModbusException.illegalFunction
    const plan = this.layout.plan(request.function, request.address, request.count)
    if (!plan) return ModbusException.illegalDataAddress
    return readReply(
      request.function,
      fillWords(plan, request.count, ({ key }) => this.values.get(key)!),
    )
  }

  /** Each value of the request has to belong to a command; either all are done or none. */
  private write(request: WriteRequest, pdu: Uint8Array): Uint8Array | number {
    const effects: (() => void)[] = []
    for (let at = 0; at < request.values.length;) {
      const command = this.commandAt(request, request.address + at)
      if (!command) return ModbusException.illegalDataAddress
      const width = widthOf(command)
      const effect = this.effectOf(command, request.values.slice(at, at + width))
      if (!effect) return ModbusException.illegalDataValue
      effects.push(effect)
      at += width
    }
    this.writes += 1
    for (const effect of effects) this.later(effect)
    return writeReply(pdu)
  }

  /** Functions 5 and 15 reach the same coils, 6 and 16 the same registers. */
  private commandAt({ function: fn }: WriteRequest, address: number): ProfileCommand | undefined {
    const isCoil = fn === 5 || fn === 15
    return this.options.profile.commands.find(
      ({ modbus }) =>
        modbus !== undefined &&
        modbus.address === address &&
        (modbus.function === 5 || modbus.function === 15) === isCoil,
    )
  }

  /** Null for values that the device does not take. */
  private effectOf({ modbus, readBack }: ProfileCommand, words: readonly number[]): (() => void) | null {
    const point = this.options.profile.points.find(({ key }) => key === readBack?.point)
    const show = (mantissa: number) => () => void (point && this.values.set(point.key, mantissa))
    const { values, type, address, order, factor, offset } = modbus!
    if (values) {
      const action = Object.keys(values).find((key) => values[key] === words[0])
      if (action === undefined) return null
      const shown = readBack?.values?.[action]
      return shown === undefined || !point ? () => {} : show(mantissaOf(shown, point.scale))
    }
    if (!type || words.length < registerWidth(type)) return null
    const register = ModbusRegister.parse({ function: 3, address, type, order, factor, offset })
    const { mantissa } = decodeValue(register, words, point?.scale ?? 0)
    return mantissa === null ? null : show(mantissa)
  }

  private later(effect: () => void): void {
    const { effectDelayMs = 0 } = this.options
    if (effectDelayMs === 0) return effect()
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      effect()
    }, effectDelayMs)
    this.timers.add(timer)
  }

  /** Application Protocol 6.21: the basic objects in one reply. */
  private identify(pdu: Uint8Array): Uint8Array | number {
    const { identification } = this.options
    if (!identification || pdu[1] !== 0x0e) return ModbusException.illegalFunction
    if (pdu[2] !== 1 || pdu[3] !== 0) return ModbusException.illegalDataValue
    const objects = identification.flatMap((text, id) => [id, text.length, ...Buffer.from(text, 'latin1')])
    return Uint8Array.of(0x2b, 0x0e, 1, 1, 0, 0, identification.length, ...objects)
  }
}

function widthOf({ modbus }: ProfileCommand): number {
  return modbus!.type && !modbus!.values ? registerWidth(modbus!.type) : 1
}

function mantissaOf(text: string, scale: number): number {
  return Number(unitsAt(parseDecimal(text), scale))
}

function refuse(fn: number, code: number): UnitAnswer {
  return { kind: 'reply', pdu: exceptionReply(fn, code) }
}
