/** What a bus of Modbus units can be asked, whatever carries the frames. One call at a time; the caller queues. */
import { AppError } from '@courtyard/protocols/contract'
import {
  exceptionText,
  type DeviceIdentification,
  type ModbusRead,
  type ModbusWriteRequest,
} from '@courtyard/protocols/modbus'
import { errorCodes } from '../../errors.ts'

export interface ModbusReply {
  /** One number per register (or 0 and 1 per bit), `request.count` of them. */
  readonly words: readonly number[]
  /** Instant at which the reply was there. */
  readonly atMs: number
  readonly latencyMs: number
}

/**
 * Every method throws AppError `edge.bus_disconnected`, `edge.request_timeout`, `edge.request_refused`
 * (details.exception), `edge.reply_invalid`. With details.sent the request may have reached the unit.
 */
export interface ModbusConnection {
  readonly connected: boolean
  read(unitId: number, request: ModbusRead): Promise<ModbusReply>
  write(unitId: number, request: ModbusWriteRequest): Promise<void>
  /** Null when the unit does not know function 43/14. */
  identify(unitId: number): Promise<DeviceIdentification | null>
  stop(): Promise<void>
}

export function refusal(exception: number, cause?: unknown): AppError {
  return new AppError(errorCodes.requestRefused, exceptionText(exception), { cause, details: { exception } })
}
