/**
 * Faults that were found in one state of a configuration, shown in a later one: they follow their bus or device by
 * its key, and go when what they speak of was changed.
 */
import type { ConfigIssue, ManagedConfig } from '@courtyard/protocols/contract'
import { formatPath, getAt, parsePath, sameContent, type Path } from './paths.ts'

export interface PlacedIssue {
  readonly path: Path
  readonly reason: string
}

export function placeIssues(
  issues: readonly ConfigIssue[],
  checked: ManagedConfig,
  now: ManagedConfig,
): PlacedIssue[] {
  return issues.flatMap((issue): PlacedIssue[] => {
    const then = parsePath(issue.path)
    const path = followed(then, checked, now)
    if (path === null) return []
    return sameContent(getAt(checked, then), getAt(now, path)) ? [{ path, reason: issue.reason }] : []
  })
}

/** Where the same entry stands now; null when it is gone. */
function followed(path: Path, checked: ManagedConfig, now: ManagedConfig): Path | null {
  const [list, index, ...rest] = path
  if ((list !== 'buses' && list !== 'devices') || typeof index !== 'number') return path
  const key = checked[list][index]?.['key']
  if (now[list][index]?.['key'] === key) return path
  const place = now[list].findIndex((entry) => entry['key'] === key)
  // The key itself was changed: the entry is at its old place.
  if (place < 0) return now[list][index] ? path : null
  return [list, place, ...rest]
}

/** How many faults each device has, by its place. */
export function faultsByDevice(issues: readonly PlacedIssue[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const { path } of issues)
    if (path[0] === 'devices' && typeof path[1] === 'number')
      counts.set(path[1], (counts.get(path[1]) ?? 0) + 1)
  return counts
}

/** Both lists; of two faults at one place the first list's. */
export function joinIssues(first: readonly PlacedIssue[], second: readonly PlacedIssue[]): PlacedIssue[] {
  const seen = new Set(first.map((issue) => formatPath(issue.path)))
  return [...first, ...second.filter((issue) => !seen.has(formatPath(issue.path)))]
}
