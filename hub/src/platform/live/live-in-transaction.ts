import type { LiveEvents } from '@courtyard/protocols/contract'
import { splitText } from './fragments.ts'
import type { LiveScope } from './live-bus.ts'

/** Channel of PostgreSQL on which processes tell each other live events. */
export const LIVE_CHANNEL = 'courtyard_live'

/**
 * An event as texts for `pg_notify(LIVE_CHANNEL, …)` inside a transaction: browsers hear of it when that commits, and
 * only then. All processes get it by the database, this one too.
 */
export function liveTexts<E extends Exclude<keyof LiveEvents, 'values'>>(
  event: E,
  data: LiveEvents[E],
  scope: LiveScope,
): string[] {
  return splitText('transaction', JSON.stringify({ kind: 'event', event, data, scope })).map((fragment) =>
    JSON.stringify(fragment),
  )
}
