import type { ApiKey, ApiKeyState } from '@courtyard/protocols/contract'
import type { Tone } from '#lib/components/StateMark.svelte'
import { addDays, dayOf } from '#lib/format/time.ts'
import { m } from '#lib/paraglide/messages.js'

export const keyStates: Readonly<Record<ApiKeyState, { tone: Tone; text: () => string }>> = {
  active: { tone: 'ok', text: m.key_state_active },
  expired: { tone: 'unknown', text: m.key_state_expired },
  revoked: { tone: 'unknown', text: m.key_state_revoked },
  ownerDisabled: { tone: 'fault', text: m.key_state_ownerDisabled },
}

export const hasEnded = ({ state }: ApiKey): boolean => state === 'revoked' || state === 'expired'

/** The last day on which a key counts that ends with that instant. */
export const lastDay = (expiresAt: string, timeZone: string): string =>
  dayOf(new Date(Date.parse(expiresAt) - 1), timeZone)

/** Offered for a new key. */
export const inAYear = (now: number, timeZone: string): string => addDays(dayOf(now, timeZone), 365)
