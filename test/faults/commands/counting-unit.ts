/** A Modbus TCP unit that remembers every write that reached it, and says so at the moments that matter. */
import { exceptionReply, readReply } from '../../../simulators/src/modbus/pdu.ts'
import { ModbusServer } from '../../../simulators/src/modbus/modbus-server.ts'
import type { UnitAnswer } from '../../../simulators/src/modbus/unit-answer.ts'
import { emptyStats } from '../../../simulators/src/modbus/stats.ts'

export interface UnitHooks {
  /** A write has reached the unit and was not answered yet; false: it never will be. */
  onWrite(address: number): boolean
  /** Its reply is with the network. */
  onReplied(address: number): void
  /** The register is read. */
  onRead(address: number): void
}

export class CountingUnit {
  /** Times that each value was written, by register. */
  readonly writes = new Map<number, number>()
  hooks: UnitHooks = { onWrite: () => true, onReplied: () => {}, onRead: () => {} }
  private readonly registers = new Map<number, number>()
  private readonly server = new ModbusServer(({ pdu }) => this.answer(pdu), emptyStats())
  port = 0

  static async start(): Promise<CountingUnit> {
    const unit = new CountingUnit()
    unit.port = await unit.server.listen(0, '127.0.0.1')
    return unit
  }

  stop(): Promise<void> {
    return this.server.stop()
  }

  /** Application Protocol 1.1b3: functions 3 and 4 (6.3, 6.4) and 6 (6.6). */
  private answer(pdu: Uint8Array): UnitAnswer {
    const fn = pdu[0]!
    const address = pdu[1]! * 256 + pdu[2]!
    const operand = pdu[3]! * 256 + pdu[4]!
    if (fn === 3 || fn === 4) {
      const words = Uint16Array.from({ length: operand }, (_, i) => this.registers.get(address + i) ?? 0)
      setImmediate(() => this.hooks.onRead(address))
      return { kind: 'reply', pdu: readReply(fn, words) }
    }
    if (fn !== 6) return { kind: 'reply', pdu: exceptionReply(fn, 1) }
    this.registers.set(address, operand)
    this.writes.set(address, (this.writes.get(address) ?? 0) + 1)
    if (!this.hooks.onWrite(address)) return { kind: 'nothing' }
    setImmediate(() => this.hooks.onReplied(address))
    return { kind: 'reply', pdu }
  }
}
