/** What was asked, in one spelling: equal requests give equal text whatever the order of their keys. */
import type { CommandBody } from '@courtyard/protocols/contract'

export interface CommandContent {
  readonly deviceId: string
  readonly target: string
  readonly body: CommandBody
  readonly reason: string
  readonly expiresInSeconds: number
}

export function contentText(content: CommandContent): string {
  return JSON.stringify(sorted(content))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]))
}

/** NUL is what PostgreSQL can't keep, halves of surrogate pairs what JSON in it can't. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, part]) => isStorable(key) && isStorable(part))
}

/** For eyes and the audit: PINs of people are only for their terminal. */
export function withoutPins(body: CommandBody): CommandBody {
  if (body.kind !== 'people') return body
  return { kind: 'people', people: body.people.map(({ pin: _pin, ...person }) => person) }
}

/** The first entries of long lists. */
export function shortened(body: CommandBody, most: number): CommandBody {
  if (body.kind === 'people') return { kind: 'people', people: body.people.slice(0, most) }
  if (body.kind === 'plates') return { kind: 'plates', plates: body.plates.slice(0, most) }
  return body
}

/** Number of people or plates; null for what is no list. */
export function entriesOf(body: CommandBody): number | null {
  if (body.kind === 'people') return body.people.length
  return body.kind === 'plates' ? body.plates.length : null
}
