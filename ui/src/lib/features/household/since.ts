import { day } from '#lib/format/index.svelte.ts'
import { dayOf } from '#lib/format/time.ts'
import { session } from '#lib/state/session.svelte.ts'

/** Who is the first known owner of a room is that since before anything was written down. */
export const isAlways = (at: unknown): boolean => typeof at === 'string' && Date.parse(at) === 0

/** The day of an instant where the project is. */
export const localDay = (at: string): string => day(dayOf(at, session.timeZone))
