export * from './pattern.ts'
