export * from './app-error.ts'
export * from './http/index.ts'
export * from './telemetry.ts'
