/** Which backups stay. */

export interface KeptBackup {
  readonly id: string
  /** Local day on which it was made, `2026-11-22`. */
  readonly day: string
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly byHand: boolean
}

const DAY_MS = 86_400_000

/**
 * The newest of each day for `daily` days that have one, the newest of each week for `weekly` weeks that have one,
 * those made by hand for `daily` days, and the newest of all.
 * @returns ids of those that go
 */
export function superfluous(
  backups: readonly KeptBackup[],
  keep: { readonly daily: number; readonly weekly: number },
  nowMs: number,
): string[] {
  const newestFirst = [...backups].sort((a, b) => b.atMs - a.atMs)
  const stays = new Set(newestFirst.slice(0, 1))
  for (const one of firstOfEach(newestFirst, ({ day }) => day, keep.daily)) stays.add(one)
  for (const one of firstOfEach(newestFirst, ({ day }) => weekOf(day), keep.weekly)) stays.add(one)
  for (const one of newestFirst) {
    if (one.byHand && nowMs - one.atMs < keep.daily * DAY_MS) stays.add(one)
  }
  return newestFirst.filter((one) => !stays.has(one)).map(({ id }) => id)
}

function firstOfEach<T>(items: readonly T[], keyOf: (item: T) => string, most: number): T[] {
  const seen = new Map<string, T>()
  for (const item of items) if (!seen.has(keyOf(item))) seen.set(keyOf(item), item)
  return [...seen.values()].slice(0, most)
}

/** Monday of the day's week. */
function weekOf(day: string): string {
  const at = new Date(`${day}T00:00:00Z`)
  return new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10)
}
