/** When a reported value was valid, by the gateway's own clock. Pure. */

/**
 * The source timestamp counts by its age on the server's clock, so that a server whose clock is wrong by hours still
 * tells the order of things. The first report of a subscription carries the time of the last change, perhaps months
 * ago, and some devices have no clock: then the value is of the moment when it arrived.
 *
 * @param serverAheadMs server's clock less the gateway's
 * @param maxAgeMs how long the server may have held it back
 */
export function changeTime(
  sourceMs: number | null,
  arrivedMs: number,
  serverAheadMs: number,
  maxAgeMs: number,
): number {
  if (sourceMs === null) return arrivedMs
  const atMs = Math.round(sourceMs - serverAheadMs)
  return atMs <= arrivedMs && atMs >= arrivedMs - maxAgeMs ? atMs : arrivedMs
}

export interface LastRead {
  readonly sentMs: number
  readonly repliedMs: number
}

/**
 * A change that was reported after a read and happened while that read was under way is later than what the read saw,
 * although its own time may say that it is older than the reply.
 */
export function behindRead(atMs: number, read: LastRead | undefined): number {
  return read && atMs >= read.sentMs && atMs <= read.repliedMs ? read.repliedMs + 1 : atMs
}
