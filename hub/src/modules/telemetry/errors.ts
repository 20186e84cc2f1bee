import { registerErrors } from '../../platform/errors.ts'

/** Codes of telemetry. The `ingest.*` ones say why something is in the quarantine. */
export const telemetryErrors = {
  pointNotFound: { code: 'point.not_found', status: 404 },
  historySpan: { code: 'history.span_invalid', status: 400 },
  quarantineNotFound: { code: 'quarantine.not_found', status: 404 },
  /** Somebody replayed or discarded it before. */
  quarantineResolved: { code: 'quarantine.resolved', status: 409 },
  /** What kept it out is still so; `details.reason` says what. */
  quarantineStillRefused: { code: 'quarantine.still_refused', status: 409 },
} as const

export const heldCodes = {
  /** The gateway's catalogue has no such point (yet). */
  pointUnknown: 'ingest.point_unknown',
  /** The gateway's catalogue has no such device (yet), so its events wait. */
  deviceUnknown: 'ingest.device_unknown',
  /** Other decimal places than the catalogue says. */
  scaleMismatch: 'ingest.scale_mismatch',
  /** Before the year 2000 or more than a day ahead of the hub. */
  timeOutOfRange: 'ingest.time_out_of_range',
  /** A value outside ±(2^53−1) when the differences are added up. */
  valueOutOfRange: 'ingest.value_out_of_range',
  /** A value with a quality that has none, or none with one that has. */
  qualityMismatch: 'ingest.quality_mismatch',
  /** Another batch has its number: an outbox that was put back from a copy counts again from there. */
  sequenceReused: 'ingest.sequence_reused',
  /** The message is well formed but the database refused it. */
  poison: 'ingest.poison',
} as const
export type HeldCode = (typeof heldCodes)[keyof typeof heldCodes]

registerErrors(telemetryErrors)
