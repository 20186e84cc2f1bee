/** Metering points, meters, register reads and usage: what other modules may use. */
import './metering.search.ts'
import './permissions.ts'
import './reasons.ts'
export type {
  BillingUsage,
  BillingUsageQuery,
  DayUsage,
  SegmentsByPoint,
  UsageCompleteness,
} from './billing.types.ts'
export { billingUsage, boundaryIndexes, usageByDay } from './billing-usage.repository.ts'
export { meteringModule, usageCaughtUp } from './metering.module.ts'
export { pointScope } from './points.repository.ts'
export { readsWithPhoto } from './reads.repository.ts'
export { enterRead, storeRead, type StoredRead } from './reads.service.ts'
export { readingSheets, type ReadingSheet } from './reading-sheet.repository.ts'
export { meteringErrors } from './errors.ts'
export { usagePending } from './pending-usage.repository.ts'
export { rebuildUsage } from './usage/rebuild.ts'
export { byLocalHalfHour, localDays, type LocalDays } from './local-days.ts'
