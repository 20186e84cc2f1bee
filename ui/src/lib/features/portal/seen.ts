/** What this phone saw last, for when there is no network. Goes when the person signs out. */
const PREFIX = 'courtyard.portal.'

export interface Seen<T> {
  readonly value: T
  /** When it was seen. */
  readonly at: string
}

export const now = (): string => new Date().toISOString()

/** Storage may be full or forbidden: then there is nothing to show without network. */
export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify({ value, at: now() }))
  } catch {
    localStorage.removeItem(PREFIX + key)
  }
}

export function recall<T>(key: string): Seen<T> | null {
  const text = localStorage.getItem(PREFIX + key)
  if (text === null) return null
  try {
    return JSON.parse(text) as Seen<T>
  } catch {
    localStorage.removeItem(PREFIX + key)
    return null
  }
}

export function forgetSeen(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
}
