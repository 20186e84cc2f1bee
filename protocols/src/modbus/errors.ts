/** Codes of the AppErrors that this folder throws. */
export const ModbusErrorCode = {
  /** A value does not fit the register's form; details: type, raw. */
  valueOutOfRange: 'modbus.value_out_of_range',
  /** Bytes that are not a Modbus TCP frame; details: offset, bytes (hexadecimal). */
  badFrame: 'modbus.bad_frame',
  /** A request that the standard does not allow, such as 126 registers. */
  badRequest: 'modbus.bad_request',
  /** A frame that is no reply to the request; details.bytes (hexadecimal). */
  badReply: 'modbus.bad_reply',
} as const
export type ModbusErrorCode = (typeof ModbusErrorCode)[keyof typeof ModbusErrorCode]
