/** Metering points, meters, register reads and usage: what other modules may use. */
export type {
  BillingUsage,
  BillingUsageQuery,
  DayUsage,
  SegmentsByPoint,
  UsageCompleteness,
} from './billing.types.ts'
/*
 * Implemented in billing-usage.repository.ts:
 *
 * billingUsage(client, query: BillingUsageQuery): Promise<Map<meteringPointId, BillingUsage>>
 *   every metering point asked for is in the map, also without reads
 * boundaryIndexes(client, meteringPointIds, from: Date, to: Date): Promise<SegmentsByPoint>
 *   from, to: first instants of local days (a month, or a part of it when a tariff changes); the usages of a
 *   point's segments add up exactly to its usage in [from, to)
 * usageByDay(client, meteringPointIds, fromDay: string, toDay: string): Promise<Map<meteringPointId, DayUsage[]>>
 */
