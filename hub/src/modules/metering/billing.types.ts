/** What charging gets to know of usage. */
import type { BillSegment, IntervalStatus } from '@courtyard/protocols/contract'

/**
 * - `complete`: every slot of the month in which a meter was installed is known
 * - `noReads`: nothing is known at all
 * - `gap`: a part is not known yet (no read before or after it, or the month isn't over)
 * - `held`: an index went back and nobody has said why
 */
export type UsageCompleteness = 'complete' | 'noReads' | 'gap' | 'held'

/** A metering point's month. Quantities are mantissas: value × 10^scale, multiplier applied. */
export interface BillingUsage {
  readonly meteringPointId: string
  /** `2026-11` */
  readonly month: string
  /** Decimal text; the sum of all known slots, also when the month is not complete. */
  readonly usage: string
  readonly scale: number
  /** 48 sums by local half hour of the day; they add up to `usage`. @throws RangeError when not asked for */
  readonly slotUsage: readonly bigint[]
  /** Worst status of what lies between the first and the last read of the month. */
  readonly status: IntervalStatus
  readonly knownSlots: number
  /** Slots of the month in which a meter was installed. */
  readonly totalSlots: number
  readonly estimatedSlots: number
  readonly completeness: UsageCompleteness
  /** Last change of the content; a computation with the same result doesn't move it. */
  readonly computedAt: Date | null
  /**
   * The registers behind the month, where one meter was there and both ends are known. Null also when they were not
   * asked for: `boundaryIndexes` finds the others.
   */
  readonly segment: BillSegment | null
}

/** One local day of a metering point; as BillingUsage. */
export interface DayUsage {
  readonly meteringPointId: string
  /** `2026-11-21` */
  readonly day: string
  readonly usage: string
  readonly scale: number
  /** 48 sums by local half hour: a day of 25 hours adds the repeated ones, one of 23 has zeros. */
  readonly slotUsage: readonly bigint[]
  readonly status: IntervalStatus
  readonly knownSlots: number
  readonly estimatedSlots: number
}

export interface BillingUsageQuery {
  readonly projectId: string
  /** `2026-11`, in the project's time zone. */
  readonly month: string
  /** All of the project when absent. */
  readonly meteringPointIds?: readonly string[]
  /** Metering points whose half hours will be looked at; all when absent. Most prices do not need them. */
  readonly halfHoursOf?: readonly string[]
  /** Also the registers behind each month. */
  readonly withSegments?: boolean
}

export type SegmentsByPoint = Map<string, BillSegment[]>
