export { Polling } from './polling.ts'
