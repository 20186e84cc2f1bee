const LATEST_MS = 8_640_000_000_000_000

/** ISO 8601; null for what a gateway says that is no instant at all. */
export function instantOf(ms: number | null | undefined): string | null {
  if (ms === null || ms === undefined || Math.abs(ms) > LATEST_MS) return null
  const text = new Date(ms).toISOString()
  // Years beyond 9999 have a sign, which the interface does not know
  return /^\d/.test(text) ? text : null
}
