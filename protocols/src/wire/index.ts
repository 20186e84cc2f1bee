export * from './batch-codec.ts'
