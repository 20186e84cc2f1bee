/** Ingest, readings and the batch log: what other modules may use of telemetry. */
import './permissions.ts'
import './reasons.ts'
export { batchEvidence } from './evidence.repository.ts'
export { followBatchLog } from './follower.ts'
export { holdHorizons, readingHorizons } from './horizon.repository.ts'
export type { LogChunk, LogFollower, LoggedSeries, RunningFollower, TouchedPoint } from './log.types.ts'
export { readPointReadings, type ReadingColumns, type ReadOptions } from './readings.repository.ts'
export { telemetryModule } from './telemetry.module.ts'
