import * as z from 'zod'
import { Medium } from '../telemetry.ts'
import {
  Day,
  DecimalText,
  Id,
  ImportQuery,
  ImportResult,
  Instant,
  PageQuery,
  idParams,
  pageOf,
  type RouteTable,
} from './route.ts'

export const MeteringRole = z.enum([
  'household',
  'shop',
  'lift',
  'pump',
  'lighting',
  'buildingTotal',
  'siteTotal',
  'other',
])

/**
 * - `measured`: between good reads at most an hour apart
 * - `estimated`: spread over a longer stretch between two reads; the sum is exact, the shape is not
 * - `gap`: no later read yet: unknown, not zero
 * - `rollover`, `replaced`: measured across one
 * - `held`: the index went back and nobody has said why yet; unknown until then
 */
export const IntervalStatus = z.enum(['measured', 'estimated', 'rollover', 'replaced', 'gap', 'held'])
export type IntervalStatus = z.infer<typeof IntervalStatus>

/** Verification of the meter: has run out, runs out within 30 days (or has), or nobody has said. */
export const VerificationFilter = z.enum(['overdue', 'due', 'unknown'])
export type VerificationFilter = z.infer<typeof VerificationFilter>

export const ReadSource = z.enum(['feed', 'manual', 'phone', 'import', 'estimate'])

export const MeteringPoint = z.object({
  id: Id,
  projectId: Id,
  code: z.string(),
  name: z.string(),
  medium: Medium,
  role: MeteringRole,
  unit: z.string(),
  building: z.string().nullable(),
  room: z.string().nullable(),
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string() }).nullable(),
  meterSerial: z.string().nullable(),
  /** Of the meter that is installed: the last day on which its verification counts; null when nobody has said. */
  verifiedUntil: Day.nullable(),
  lastRead: z.object({ at: Instant, index: DecimalText }).nullable(),
  usageToday: DecimalText.nullable(),
  usageThisMonth: DecimalText.nullable(),
  /** Worst status of this month's intervals. */
  status: IntervalStatus.nullable(),
})
export type MeteringPoint = z.infer<typeof MeteringPoint>

export const Installation = z.object({
  id: Id,
  meterId: Id,
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  /** CT × PT. */
  multiplier: DecimalText,
  unit: z.string(),
  digits: z.number().int().nullable(),
  verifiedUntil: Day.nullable(),
  from: Instant,
  to: Instant.nullable(),
  initialIndex: DecimalText.nullable(),
  finalIndex: DecimalText.nullable(),
  deviceId: Id.nullable(),
})

export const MeteringPointDetail = MeteringPoint.extend({
  parent: z.object({ id: Id, code: z.string(), name: z.string() }).nullable(),
  children: z.array(z.object({ id: Id, code: z.string(), name: z.string() })),
  installations: z.array(Installation),
  /** Intervals that wait for a person: the index went back without a recorded reason. */
  held: z.array(
    z.object({
      from: Instant,
      to: Instant,
      fromIndex: DecimalText,
      toIndex: DecimalText,
      reason: z.string(),
    }),
  ),
})
export type MeteringPointDetail = z.infer<typeof MeteringPointDetail>

export const UsageInterval = z.object({
  from: Instant,
  to: Instant,
  /** Null while unknown (gap, held); for day and month the sum of what is known. */
  usage: DecimalText.nullable(),
  status: IntervalStatus,
  /** Share of the interval that is known, 0–1. */
  coverage: z.number(),
})
export const Usage = z.object({
  meteringPointId: Id,
  unit: z.string(),
  granularity: z.enum(['hour', 'day', 'month']),
  intervals: z.array(UsageInterval),
  /** The same span one period earlier, aligned by position. */
  previous: z.array(DecimalText.nullable()),
  total: DecimalText,
})
export type Usage = z.infer<typeof Usage>

export const RegisterRead = z.object({
  at: Instant,
  index: DecimalText,
  serial: z.string(),
  source: ReadSource,
  quality: z.number().int(),
  /** The batch that brought it; null for reads made by people. */
  batchId: z.string().nullable(),
  gatewayName: z.string().nullable(),
  /** What a person wrote with it. */
  note: z.string().nullable(),
  /** There is a photo of the display. */
  photo: z.boolean(),
})
export type RegisterRead = z.infer<typeof RegisterRead>

/** Where a batch of readings came from: the evidence behind a bill. */
export const BatchEvidence = z.object({
  id: z.string(),
  gatewayId: Id,
  gatewayName: z.string(),
  outbox: z.string(),
  sequence: z.string(),
  receivedAt: Instant,
  readings: z.number().int(),
  firstAt: Instant.nullable(),
  lastAt: Instant.nullable(),
  bytes: z.number().int(),
  sha256: z.string(),
})
export type BatchEvidence = z.infer<typeof BatchEvidence>

export const meteringRoutes = {
  'GET /api/metering-points': {
    summary: 'Metering points with their meter and current usage',
    query: PageQuery.extend({
      projectId: Id,
      medium: Medium.optional(),
      role: MeteringRole.optional(),
      building: z.string().optional(),
      status: IntervalStatus.optional(),
      verification: VerificationFilter.optional(),
    }),
    response: pageOf(MeteringPoint),
  },
  'GET /api/metering-points/:id': {
    summary: 'A metering point with its installations',
    params: idParams,
    response: MeteringPointDetail,
  },
  'GET /api/metering-points/:id/usage': {
    summary: 'Usage by hour, day or month; days and months are those of the project',
    params: idParams,
    query: z.object({ granularity: z.enum(['hour', 'day', 'month']), from: Day, to: Day }),
    response: Usage,
  },
  'GET /api/metering-points/:id/reads': {
    summary: 'Register reads behind the usage, newest first',
    params: idParams,
    query: z.object({
      from: Instant.optional(),
      to: Instant.optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
    }),
    response: z.object({ reads: z.array(RegisterRead), more: z.boolean() }),
  },
  'POST /api/metering-points/:id/reads': {
    summary: 'Enter a read by hand',
    params: idParams,
    body: z.object({ at: Instant, index: DecimalText, note: z.string().max(200).optional() }),
    response: RegisterRead,
  },
  'GET /api/metering-points/:id/read-photo': {
    summary: 'The photo that was taken with the read of an instant',
    params: idParams,
    query: z.object({ at: Instant }),
    response: z.unknown(),
  },
  'POST /api/metering-points/:id/replacement': {
    summary: 'Record that the meter was replaced',
    params: idParams,
    body: z.object({
      at: Instant,
      finalIndex: DecimalText,
      serial: z.string().min(1).max(60),
      manufacturer: z.string().max(60).default(''),
      model: z.string().max(60).default(''),
      multiplier: DecimalText.default('1'),
      initialIndex: DecimalText,
      verifiedUntil: Day.nullable().default(null),
    }),
    response: MeteringPointDetail,
  },
  'PUT /api/metering-points/:id/verification': {
    summary: 'Until when the verification of the installed meter counts',
    params: idParams,
    /** `seen`: what the person saw; refused when it is no longer so. */
    body: z.object({ meterId: Id, seen: Day.nullable(), verifiedUntil: Day.nullable() }),
    response: MeteringPointDetail,
  },
  'GET /api/batches/:batchId': {
    summary: 'A batch of readings as evidence',
    params: z.object({ batchId: z.string().regex(/^\d+$/) }),
    response: BatchEvidence,
  },
  /**
   * Columns: code, name, medium, role, building, room, parent, serial, manufacturer, model, unit, scale, digits,
   * multiplier, verifiedUntil, installedAt, initialIndex and others. A gateway's device with the same serial feeds the meter.
   */
  'POST /api/projects/:id/meters/import': {
    summary: 'Import metering points and meters from CSV, all or nothing',
    params: idParams,
    query: ImportQuery,
    csv: true,
    response: ImportResult,
  },
} as const satisfies RouteTable
