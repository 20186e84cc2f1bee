import type { LiveEvents, PointValue } from '@courtyard/protocols/contract'
import type { Viewer } from '../auth/user.ts'

/** Whom an event concerns: people outside the project do not get it. Null: everyone who is signed in. */
export interface LiveScope {
  readonly projectId: string | null
  /** Only for this person, wherever he looks. */
  readonly userId?: string
}

export type LiveListener = <E extends keyof LiveEvents>(
  event: E,
  data: LiveEvents[E],
  scope: LiveScope,
) => void

/** Device ids → the points that a person may watch. Unknown and foreign devices give none. */
export type PointResolver = (deviceIds: readonly string[], user: Viewer) => Promise<readonly number[]>

export type NarrowedEvent = Exclude<keyof LiveEvents, 'values'>
/** What is left of an event for somebody who keeps only a part of the project; null: nothing. */
export type EventNarrower<E extends NarrowedEvent> = (
  data: LiveEvents[E],
  user: Viewer,
) => Promise<LiveEvents[E] | null>

/**
 * Events from any process of the hub to every browser. Best effort: what is lost is only a picture, the truth
 * is in the database.
 */
export interface LiveBus {
  publish<E extends Exclude<keyof LiveEvents, 'values'>>(
    event: E,
    data: LiveEvents[E],
    scope: LiveScope,
  ): void
  /** Hands new values on for those points that someone watches; cheap when nobody does. */
  publishValues(values: readonly PointValue[]): void
  /** Points watched in some browser of some process: lets ingest skip building values for the others. */
  isWatched(pointId: number): boolean
  readonly anyWatched: boolean
  /** Given by the telemetry module. */
  setPointResolver(resolver: PointResolver): void
  resolvePoints: PointResolver
  /** Given by the module that publishes the event; without one, people with a part of a project do not get it. */
  setNarrower<E extends NarrowedEvent>(event: E, narrower: EventNarrower<E>): void
  narrow<E extends NarrowedEvent>(event: E, data: LiveEvents[E], user: Viewer): Promise<LiveEvents[E] | null>
  /** For the server-sent events and for tests. @returns ends it */
  subscribe(listener: LiveListener): () => void
  /** Values of these points are wanted here until the returned function is called. */
  watch(pointIds: readonly number[]): () => void
  stop(): Promise<void>
}
