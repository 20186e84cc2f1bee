export {
  Outbox,
  type HeldRange,
  type Lane,
  type OutboxLimits,
  type OutboxTotals,
  type PendingBatch,
  type SealedContent,
} from './outbox.ts'
export { EmissionCollector } from './emission-collector.ts'
export { BatchPacker } from './batch-packer.ts'
