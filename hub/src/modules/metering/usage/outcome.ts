import type { Calendar } from '../domain/calendar.ts'
import type { PointPlan } from '../domain/plan.ts'
import type { Read } from '../domain/reads.ts'
import type { SplitResult } from '../domain/split-usage.ts'
import type { UsageDayRow } from '../domain/usage-rows.ts'
import type { Reach, Span } from './reach.ts'

/** A metering point that is being computed. */
export interface Work {
  readonly plan: PointPlan
  readonly calendar: Calendar
  touched: { fromMs: number; toMs: number }
  window: Span
  reads: readonly (readonly Read[])[]
  reach: Reach
}

/** What came out: the days that are other ones now. */
export interface Outcome {
  readonly work: Work
  readonly span: Span
  readonly split: SplitResult | null
  readonly changes: { before: UsageDayRow | undefined; after: UsageDayRow | undefined }[]
}
