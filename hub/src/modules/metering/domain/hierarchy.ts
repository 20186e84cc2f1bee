/** Ids of a circle of parents, each followed by its parent; null when there is none. */
export function findCycle(parents: ReadonlyMap<string, string | null>): string[] | null {
  const safe = new Set<string>()
  for (const start of parents.keys()) {
    const path: string[] = []
    const onPath = new Set<string>()
    let at: string | null = start
    while (at !== null && !safe.has(at)) {
      if (onPath.has(at)) return path.slice(path.indexOf(at))
      onPath.add(at)
      path.push(at)
      at = parents.get(at) ?? null
    }
    for (const id of path) safe.add(id)
  }
  return null
}
