export * from './bcd.ts'
export * from './frame-scanner.ts'
export * from './local-time.ts'
