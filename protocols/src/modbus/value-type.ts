import type { ModbusRegister, ModbusValueType } from '../profile/drivers/modbus.section.ts'

export interface ValueForm {
  readonly kind: 'unsigned' | 'signed' | 'float' | 'bcd' | 'bits'
  /** Significant bits; `u8` and its like stand in the low byte of one 16-bit register. */
  readonly bitCount: 8 | 16 | 32 | 48 | 64
}

const forms: Record<ModbusValueType, ValueForm> = {
  u8: { kind: 'unsigned', bitCount: 8 },
  u16: { kind: 'unsigned', bitCount: 16 },
  u32: { kind: 'unsigned', bitCount: 32 },
  u48: { kind: 'unsigned', bitCount: 48 },
  u64: { kind: 'unsigned', bitCount: 64 },
  s8: { kind: 'signed', bitCount: 8 },
  s16: { kind: 'signed', bitCount: 16 },
  s32: { kind: 'signed', bitCount: 32 },
  s64: { kind: 'signed', bitCount: 64 },
  float16: { kind: 'float', bitCount: 16 },
  float32: { kind: 'float', bitCount: 32 },
  float64: { kind: 'float', bitCount: 64 },
  bcd8: { kind: 'bcd', bitCount: 8 },
  bcd16: { kind: 'bcd', bitCount: 16 },
  bcd32: { kind: 'bcd', bitCount: 32 },
  bits: { kind: 'bits', bitCount: 16 },
}

export function valueForm(type: ModbusValueType): ValueForm {
  return forms[type]
}

/** How many 16-bit registers (for functions 1 and 2: bits) a value takes. */
export function registerWidth(type: ModbusValueType): number {
  return Math.ceil(forms[type].bitCount / 16)
}

/** BADC and DCBA: the two bytes of each register are swapped. */
export function swapsBytes(order: ModbusRegister['order']): boolean {
  return order === 'BADC' || order === 'DCBA'
}

/** CDAB and DCBA: the register with the least significant part comes first. */
export function swapsWords(order: ModbusRegister['order']): boolean {
  return order === 'CDAB' || order === 'DCBA'
}
