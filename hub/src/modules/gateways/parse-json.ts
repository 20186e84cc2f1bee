const MAX_JSON_BYTES = 4 * 1024 * 1024

/** Undefined when it isn't JSON; NUL characters count as such, PostgreSQL can't keep them. */
export function parseJson(payload: Buffer, maxBytes = MAX_JSON_BYTES): unknown {
  if (payload.length > maxBytes) return undefined
  const text = payload.toString('utf8')
  if (text.includes('\\u0000')) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
