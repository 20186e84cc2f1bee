/** The slots of the daily schedule, as local minutes such as `2026-11-22 02:30`: texts of this form sort by time. */

const DAY_MS = 86_400_000
/** A slot that failed is tried again after this long, and not for ever. */
const AGAIN_AFTER_MS = 30 * 60_000
const MOST_TRIES = 3

/** The newest slot that has come. @param localNow `2026-11-22 09:30:00` */
export function currentSlot(localNow: string, at: string): string {
  const [day, time] = [localNow.slice(0, 10), localNow.slice(11, 16)]
  if (time >= at) return `${day} ${at}`
  const before = new Date(Date.parse(`${day}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10)
  return `${before} ${at}`
}

export interface Try {
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  readonly atMs: number
}

/**
 * @param tries made for this slot
 * @param since local minute in which the hub was installed: nothing is made up for before
 */
export function isDue(slot: string, tries: readonly Try[], since: string, nowMs: number): boolean {
  if (slot < since.slice(0, 16)) return false
  if (tries.some(({ state }) => state !== 'failed')) return false
  const last = Math.max(-Infinity, ...tries.map(({ atMs }) => atMs))
  return tries.length < MOST_TRIES && nowMs - last >= AGAIN_AFTER_MS
}
