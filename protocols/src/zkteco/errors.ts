/** Codes of the AppErrors that this folder throws. */
export const ZktecoErrorCode = {
  /** Bytes that are no packet, or whose checksum is wrong; details: offset, bytes (hexadecimal). */
  badPacket: 'zkteco.bad_packet',
  /** A record, a time or the answer to a request that does not decode; details: offset, bytes (hexadecimal). */
  badRecord: 'zkteco.bad_record',
  /** A bulk read whose total, count and record size do not agree; details: total, received, count. */
  partialRead: 'zkteco.partial_read',
  /** A value that the terminal's record cannot hold; details: field. */
  valueTooLong: 'zkteco.value_too_long',
  /** A line of a push (ADMS) that is not one; details: line. */
  badLine: 'zkteco.bad_line',
} as const
export type ZktecoErrorCode = (typeof ZktecoErrorCode)[keyof typeof ZktecoErrorCode]
