/** Ingest, readings and the batch log: what other modules may use of telemetry. */
export * from './log.types.ts'
export { readPointReadings, type ReadingColumns, type ReadOptions } from './readings.repository.ts'
