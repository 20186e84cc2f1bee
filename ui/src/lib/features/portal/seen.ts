/**
 * What this phone saw last, for when there is no network. Goes when the person signs out.
 *
 * All of it belongs to one sign-in, whose mark stands beside it in the storage, which all windows of the phone share:
 * an answer that was asked for under one mark is not kept once that mark is gone, in whichever window it went.
 */
const PREFIX = 'courtyard.portal.'
const MARK = `${PREFIX}sign-in`

export interface Seen<T> {
  readonly value: T
  /** When it was seen. */
  readonly at: string
}
/** The sign-in that something is asked for; null when nobody is signed in. */
export type SignInMark = string | null

export const now = (): string => new Date().toISOString()

export const signInMark = (): SignInMark => localStorage.getItem(MARK)

/** Begins a sign-in, with nothing of the one before. */
export function beginSeen(): void {
  forgetSeen()
  // Also on a page that came without TLS, where `crypto.randomUUID` is not there
  put(MARK, Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-'))
}

/** Keeps what was asked for under a mark, if that sign-in still lasts. */
export function remember(mark: SignInMark, key: string, value: unknown): void {
  if (mark === null || mark !== signInMark()) return
  put(PREFIX + key, JSON.stringify({ value, at: now() }))
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

/** Storage may be full or forbidden: then there is nothing to show without network. */
function put(name: string, text: string): void {
  try {
    localStorage.setItem(name, text)
  } catch {
    localStorage.removeItem(name)
  }
}
