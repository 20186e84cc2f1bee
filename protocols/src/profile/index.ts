export * from './catalogue.ts'
export * from './errors.ts'
export * from './profile.schema.ts'
export { checkProfile } from './semantics.ts'
