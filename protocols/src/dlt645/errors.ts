/** Codes of the AppErrors that this folder throws. */
export const Dlt645ErrorCode = {
  /** Bytes that are not one whole DL/T 645 frame; details: offset, bytes (hexadecimal). */
  badFrame: 'dlt645.bad_frame',
  /** A frame that is whole but not what the standard says for its control code; details: offset, bytes. */
  badReply: 'dlt645.bad_reply',
  /** Something that cannot be written on the wire, such as an address of 13 digits; details: value. */
  badRequest: 'dlt645.bad_request',
} as const
export type Dlt645ErrorCode = (typeof Dlt645ErrorCode)[keyof typeof Dlt645ErrorCode]
