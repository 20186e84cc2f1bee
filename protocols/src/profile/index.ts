export * from './profile.schema.ts'
