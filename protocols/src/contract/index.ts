export * from './app-error.ts'
export * from './telemetry.ts'
