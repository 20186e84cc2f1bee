/** Counters since start. */
export interface ServerStats {
  connections: number
  requests: number
  replies: number
  exceptions: number
  /** Registers (and bits) in good replies. */
  registers: number
  /** Streams that were not Modbus TCP and were cut. */
  badFrames: number
}

export function emptyStats(): ServerStats {
  return { connections: 0, requests: 0, replies: 0, exceptions: 0, registers: 0, badFrames: 0 }
}
