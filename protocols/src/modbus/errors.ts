/** Codes of the AppErrors that this folder throws. */
export const ModbusErrorCode = {
  /** A value does not fit the register's form; details: type, raw. */
  valueOutOfRange: 'modbus.value_out_of_range',
  /** Bytes that are not a Modbus TCP frame; details: offset, bytes (hexadecimal). */
  badFrame: 'modbus.bad_frame',
} as const
export type ModbusErrorCode = (typeof ModbusErrorCode)[keyof typeof ModbusErrorCode]
