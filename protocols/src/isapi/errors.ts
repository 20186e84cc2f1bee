/** Codes of the AppErrors that this folder throws. */
export const IsapiErrorCode = {
  /** A challenge that digest cannot answer; details: challenge. */
  badChallenge: 'isapi.bad_challenge',
  /** A multipart stream that breaks its form or a limit; details: offset. */
  badStream: 'isapi.bad_stream',
} as const
export type IsapiErrorCode = (typeof IsapiErrorCode)[keyof typeof IsapiErrorCode]
