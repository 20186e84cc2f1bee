/** Old readings in files instead of the database. */
import * as z from 'zod'
import { Done, Id, Instant, PageQuery, idParams, type RouteTable } from './route.ts'

export const ArchiveKind = z.enum(['readings', 'batches'])
export type ArchiveKind = z.infer<typeof ArchiveKind>

export const TelemetryArchive = z.object({
  id: Id,
  kind: ArchiveKind,
  /** UTC day: of the readings, or of the arrival of the messages. */
  day: z.iso.date(),
  /** restored: in the database again as well; superseded: archived again since. */
  state: z.enum(['archived', 'restored', 'superseded']),
  /** Below COURTYARD_DATA/archive. */
  file: z.string(),
  /** Blocks of readings, or messages. */
  rows: z.number().int(),
  readings: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string(),
  archivedAt: Instant,
  restoredAt: Instant.nullable(),
})
export type TelemetryArchive = z.infer<typeof TelemetryArchive>

/** What a run would move out now. */
export const ArchivePlan = z.object({
  kind: ArchiveKind,
  /** Null: kept for ever. */
  months: z.number().int().nullable(),
  /** Goes: what lies before this day of the project; null: nothing. */
  before: z.iso.date().nullable(),
  days: z.number().int(),
  firstDay: z.iso.date().nullable(),
  lastDay: z.iso.date().nullable(),
  rows: z.number().int(),
  readings: z.number().int(),
  /** As they lie in the database. */
  bytes: z.number().int(),
  /** Days (readings) or messages (batches) that bills keep. */
  keptForBills: z.number().int(),
})
export type ArchivePlan = z.infer<typeof ArchivePlan>

const ofProject = z.object({ projectId: Id })

export const archivesRoutes = {
  'GET /api/archives': {
    summary: 'Archives of a project, newest day first',
    query: PageQuery.pick({ page: true, pageSize: true }).extend(ofProject.shape),
    response: z.object({
      items: z.array(TelemetryArchive),
      total: z.number().int(),
      page: z.number().int(),
      pageSize: z.number().int(),
      bytes: z.number().int(),
      /** Raw readings begin here; usage before is final. */
      readingsFrom: Instant.nullable(),
      lastRunAt: Instant.nullable(),
      /** Why the last run did not come to its end. */
      fault: z.string().nullable(),
      billYears: z.number().int(),
    }),
  },
  'GET /api/archives/plan': {
    summary: 'What would be moved out now; changes nothing',
    query: ofProject,
    response: z.array(ArchivePlan),
  },
  'POST /api/archives/run': {
    summary: 'Move out now what the settings say, instead of in the night',
    body: ofProject,
    response: Done,
  },
  'POST /api/archives/:id/restore': {
    summary: 'Put the readings of an archive back into the database, for thirty days at least',
    params: idParams,
    response: TelemetryArchive,
  },
} as const satisfies RouteTable
