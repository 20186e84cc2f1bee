/** Times in messages as instants. Pure. */
import { isoInstant } from '../iso-time.ts'
import { JsonNumber, type Json } from './json-text.ts'

export type TimeForm = 'iso' | 'seconds' | 'milliseconds'

/** Milliseconds since the epoch; null for what is no time. */
export function instantOf(value: Json, form: TimeForm, timeZone: string): number | null {
  const text = value instanceof JsonNumber ? value.text : value
  if (typeof text !== 'string') return null
  if (form === 'iso') return isoInstant(text, timeZone)
  if (!/^\d{1,16}(\.\d{1,9})?$/.test(text)) return null
  const atMs = Math.round(Number(text) * (form === 'seconds' ? 1_000 : 1))
  return Number.isSafeInteger(atMs) ? atMs : null
}
