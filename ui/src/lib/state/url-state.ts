/**
 * The state of a list lives in the address, so that a link shows the same list. Values equal to their default
 * are left out; parameters of others in the same address are left alone.
 */
export type ListState = Readonly<Record<string, string>>
type Search = Iterable<[string, string]> & { get(name: string): string | null }

/** Values of the address, with defaults for what it does not say. */
export function readListState<T extends ListState>(
  search: { get(name: string): string | null },
  defaults: T,
): T {
  const entries = Object.entries(defaults).map(([name, fallback]) => [name, search.get(name) ?? fallback])
  return Object.fromEntries(entries) as T
}

/** The address's query after changes, with `?` or empty; any change but that of the page leads back to page 1. */
export function writeListState<T extends ListState>(
  search: Search,
  changes: Partial<T>,
  defaults: T,
): string {
  const next = new URLSearchParams([...search])
  if ('page' in defaults && !('page' in changes)) next.delete('page')
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === defaults[name]) next.delete(name)
    else next.set(name, value)
  }
  return next.size > 0 ? `?${next}` : ''
}

/** Sorting by a column: first up, then down, then as it was before. */
export function nextSort(current: string, column: string, fallback: string): string {
  if (current === column) return `-${column}`
  return current === `-${column}` && fallback !== current ? fallback : column
}
