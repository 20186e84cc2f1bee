export { Outbox, type Lane, type OutboxLimits, type OutboxTotals, type PendingBatch } from './outbox.ts'
export { ReadingCollector } from './reading-collector.ts'
