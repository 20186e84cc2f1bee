/** Codes of the AppErrors that this folder throws. */
export const Cjt188ErrorCode = {
  /** Bytes that are not one whole CJ/T 188 frame; details: offset, bytes (hexadecimal). */
  badFrame: 'cjt188.bad_frame',
  /** A frame that is whole but not what the standard says for its control code; details: offset, bytes. */
  badReply: 'cjt188.bad_reply',
  /** Something that cannot be written on the wire, such as an address of 13 digits; details: value. */
  badRequest: 'cjt188.bad_request',
} as const
export type Cjt188ErrorCode = (typeof Cjt188ErrorCode)[keyof typeof Cjt188ErrorCode]
