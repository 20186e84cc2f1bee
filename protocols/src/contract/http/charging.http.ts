import * as z from 'zod'
import { Label, Medium } from '../telemetry.ts'
import { IntervalStatus, ReadSource } from './metering.http.ts'
import {
  Day,
  DecimalText,
  Id,
  ImportQuery,
  ImportResult,
  Instant,
  Month,
  PageQuery,
  idParams,
  pageOf,
  type RouteTable,
} from './route.ts'

/** Price of the whole quantity. */
export const FlatRule = z.object({ kind: z.literal('flat'), price: DecimalText })

/**
 * Tiers touch: a tier holds what is above the previous `upTo` (exclusive) up to its own (inclusive); the last has
 * `upTo: null`. `period` says whether the count starts anew each month or adds up over the calendar year.
 */
export const TieredRule = z.object({
  kind: z.literal('tiered'),
  period: z.enum(['month', 'year']),
  tiers: z.array(z.object({ upTo: DecimalText.nullable(), price: DecimalText })).min(1),
})

export const TimeBand = z.enum(['sharp', 'peak', 'flat', 'valley', 'deepValley'])
/** Local times `HH:MM` on the half hour; the windows of a day cover it without overlap. `24:00` ends the day. */
export const TimeOfUseRule = z.object({
  kind: z.literal('timeOfUse'),
  bands: z.array(z.object({ band: TimeBand, price: DecimalText })).min(1),
  windows: z.array(z.object({ from: z.string(), to: z.string(), band: TimeBand })).min(1),
})

/** The tier is found from the total; its surcharge is added to the price of every band. */
export const TieredTimeOfUseRule = z.object({
  kind: z.literal('tieredTimeOfUse'),
  period: z.enum(['month', 'year']),
  tiers: z.array(z.object({ upTo: DecimalText.nullable(), surcharge: DecimalText })).min(1),
  bands: TimeOfUseRule.shape.bands,
  windows: TimeOfUseRule.shape.windows,
})

export const TariffRule = z.discriminatedUnion('kind', [
  FlatRule,
  TieredRule,
  TimeOfUseRule,
  TieredTimeOfUseRule,
])
export type TariffRule = z.infer<typeof TariffRule>

export const ChargeItem = z.object({
  id: Id,
  projectId: Id,
  code: z.string(),
  label: Label,
  medium: Medium,
  unit: z.string(),
})
export type ChargeItem = z.infer<typeof ChargeItem>

export const TariffVersion = z.object({
  id: Id,
  /** First day on which it holds. */
  effectiveFrom: Day,
  rule: TariffRule,
  note: z.string().nullable(),
})
export const Tariff = z.object({
  id: Id,
  projectId: Id,
  code: z.string(),
  name: z.string(),
  unit: z.string(),
  versions: z.array(TariffVersion),
})
export type Tariff = z.infer<typeof Tariff>

/**
 * `computing` → `previewed` → `issuing` → `issued`; `failed` can be computed again; `cancelled` before issue.
 */
export const BillRunStatus = z.enum(['computing', 'previewed', 'issuing', 'issued', 'failed', 'cancelled'])
export type BillRunStatus = z.infer<typeof BillRunStatus>

export const BillRun = z.object({
  id: Id,
  projectId: Id,
  item: ChargeItem,
  month: Month,
  /** False while the month is not over: it can be previewed, not issued. */
  monthOver: z.boolean(),
  status: BillRunStatus,
  /** Accounts done and to do. */
  done: z.number().int(),
  total: z.number().int(),
  bills: z.number().int(),
  quantity: DecimalText,
  amount: DecimalText,
  /** Accounts that cannot be billed yet, with reasons; never billed by guess. */
  held: z.number().int(),
  alreadyBilled: z.number().int(),
  error: z.string().nullable(),
  createdAt: Instant,
  createdBy: z.string(),
  issuedAt: Instant.nullable(),
  issuedBy: z.string().nullable(),
})
export type BillRun = z.infer<typeof BillRun>

export const Bill = z.object({
  id: Id,
  runId: Id,
  /** Null until issued. */
  number: z.string().nullable(),
  status: z.enum(['draft', 'issued']),
  month: Month,
  item: z.object({ code: z.string(), label: Label, unit: z.string() }),
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string(), rooms: z.string() }),
  quantity: DecimalText,
  amount: DecimalText,
  /** Some of the usage is estimated. */
  estimated: z.boolean(),
  issuedAt: Instant.nullable(),
})
export type Bill = z.infer<typeof Bill>

/** An index at a boundary: read at that very instant, or between two neighbouring reads in proportion to time. */
export const BoundaryIndex = z.object({
  at: Instant,
  index: DecimalText,
  method: z.enum(['read', 'interpolated', 'installation']),
  /** The read at the instant, or the neighbours before and after it. */
  reads: z.array(
    z.object({
      at: Instant,
      index: DecimalText,
      source: ReadSource,
      batchId: z.string().nullable(),
      /** On a bill: somebody took a photo of the display. */
      photo: z.boolean().optional(),
    }),
  ),
})
export type BoundaryIndex = z.infer<typeof BoundaryIndex>

/** One meter's part of the billed usage; a replaced meter gives two. */
export const BillSegment = z.object({
  meteringPointId: Id,
  meteringPointCode: z.string(),
  meterId: Id,
  serial: z.string(),
  from: BoundaryIndex,
  to: BoundaryIndex,
  multiplier: DecimalText,
  /** Register wrapped this often. */
  rollovers: z.number().int(),
  modulus: DecimalText.nullable(),
  usage: DecimalText,
  status: IntervalStatus,
})
export type BillSegment = z.infer<typeof BillSegment>

export const BillLine = z.object({
  sequence: z.number().int(),
  /** What the line is: a tier, a band, or the whole. */
  label: Label,
  quantity: DecimalText,
  unitPrice: DecimalText,
  /** Before rounding. */
  exactAmount: DecimalText,
  /** Rounded half up to the cent, the only rounding there is. */
  amount: DecimalText,
  tier: z.object({ number: z.number().int(), above: DecimalText, upTo: DecimalText.nullable() }).nullable(),
  band: TimeBand.nullable(),
  tariffVersionId: Id,
})
export type BillLine = z.infer<typeof BillLine>

export const BillDetail = Bill.extend({
  run: z.object({ id: Id, createdAt: Instant, createdBy: z.string() }),
  period: z.object({ from: Instant, to: Instant, timeZone: z.string() }),
  project: z.object({ id: Id, name: z.string() }),
  lines: z.array(BillLine),
  segments: z.array(BillSegment),
  /** Usage of this item already billed in the year before this bill; null where tiers do not add up. */
  usedBeforeInYear: DecimalText.nullable(),
  tariff: z.object({ id: Id, name: z.string(), versions: z.array(TariffVersion) }),
})
export type BillDetail = z.infer<typeof BillDetail>

export const HeldAccount = z.object({
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string(), rooms: z.string() }),
  /** Stable code, such as `no_reads`, `gap`, `held_interval`, `no_tariff`, `no_meter`. */
  code: z.string(),
  meteringPointId: Id.nullable(),
  detail: z.string(),
})
export type HeldAccount = z.infer<typeof HeldAccount>

export const chargingRoutes = {
  'GET /api/charge-items': {
    summary: 'Charge items',
    query: z.object({ projectId: Id }),
    response: z.array(ChargeItem),
  },
  'POST /api/charge-items': {
    summary: 'Make a charge item',
    body: z.object({
      projectId: Id,
      code: z.string().regex(/^[A-Za-z0-9-]{1,20}$/),
      label: Label,
      medium: Medium,
      unit: z.string().min(1).max(10),
    }),
    response: ChargeItem,
  },
  'GET /api/tariffs': {
    summary: 'Tariffs with their versions',
    query: z.object({ projectId: Id }),
    response: z.array(Tariff),
  },
  'POST /api/tariffs': {
    summary: 'Make a tariff with its first version',
    body: z.object({
      projectId: Id,
      code: z.string().regex(/^[A-Za-z0-9-]{1,20}$/),
      name: z.string().min(1).max(80),
      unit: z.string().min(1).max(10),
      effectiveFrom: Day,
      rule: TariffRule,
      note: z.string().max(200).optional(),
    }),
    response: Tariff,
  },
  'POST /api/tariffs/:id/versions': {
    summary: 'A new price from a day on; the past stays as it was',
    params: idParams,
    body: z.object({ effectiveFrom: Day, rule: TariffRule, note: z.string().max(200).optional() }),
    response: Tariff,
  },
  /** Columns: accountNumber, item, meteringPoint, tariff, from. */
  'POST /api/projects/:id/assignments/import': {
    summary: 'Say which household pays what by which meter and tariff, from CSV, all or nothing',
    params: idParams,
    query: ImportQuery,
    csv: true,
    response: ImportResult,
  },
  'GET /api/bill-runs': {
    summary: 'Bill runs, newest first',
    query: PageQuery.extend({ projectId: Id }),
    response: pageOf(BillRun),
  },
  'POST /api/bill-runs': {
    summary: 'Compute a preview for a project, item and month',
    body: z.object({ projectId: Id, itemId: Id, month: Month }),
    response: BillRun,
  },
  'GET /api/bill-runs/:id': { summary: 'A bill run', params: idParams, response: BillRun },
  'POST /api/bill-runs/:id/recompute': {
    summary: 'Compute the preview anew',
    params: idParams,
    response: BillRun,
  },
  'POST /api/bill-runs/:id/issue': {
    summary: 'Issue and number exactly what was previewed',
    params: idParams,
    response: BillRun,
  },
  'POST /api/bill-runs/:id/cancel': {
    summary: 'Throw the preview away',
    params: idParams,
    response: BillRun,
  },
  'GET /api/bill-runs/:id/held': {
    summary: 'Accounts that cannot be billed yet',
    params: idParams,
    query: PageQuery,
    response: pageOf(HeldAccount),
  },
  'GET /api/bills': {
    summary: 'Bills',
    query: PageQuery.extend({
      projectId: Id,
      runId: Id.optional(),
      month: Month.optional(),
      itemId: Id.optional(),
      householdId: Id.optional(),
      status: z.enum(['draft', 'issued']).optional(),
    }),
    response: pageOf(Bill).extend({ totalAmount: DecimalText }),
  },
  'GET /api/bills/:id': { summary: 'A bill and how it was computed', params: idParams, response: BillDetail },
} as const satisfies RouteTable
