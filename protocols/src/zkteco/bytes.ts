import { AppError } from '../contract/app-error.ts'
import { ZktecoErrorCode } from './errors.ts'

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** The first 48 bytes, for error messages. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 48), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

export function badPacket(reason: string, offset: number, bytes: Uint8Array): AppError {
  return new AppError(ZktecoErrorCode.badPacket, `not a ZKTeco packet: ${reason}`, {
    details: { offset, bytes: hexOf(bytes) },
  })
}

export function badRecord(reason: string, offset: number, bytes: Uint8Array): AppError {
  return new AppError(ZktecoErrorCode.badRecord, reason, { details: { offset, bytes: hexOf(bytes) } })
}
