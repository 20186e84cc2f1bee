/** Backups of the installation. */
import * as z from 'zod'
import { Done, Id, Instant, idParams, type RouteTable } from './route.ts'

export const BackupView = z.object({
  id: Id,
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  byHand: z.boolean(),
  requestedBy: z.string(),
  requestedAt: Instant,
  finishedAt: Instant.nullable(),
  /** Folder below the backup folder; null while there is none. */
  name: z.string().nullable(),
  hubVersion: z.string(),
  doneBytes: z.number().int(),
  /** An estimate while it runs. */
  totalBytes: z.number().int(),
  /** On disk. */
  bytes: z.number().int(),
  tables: z.number().int(),
  rows: z.number().int(),
  files: z.number().int(),
  /** The master key is inside, sealed with the passphrase. */
  keysInside: z.boolean(),
  /** Why it failed. */
  fault: z.string().nullable(),
  check: z
    .object({
      state: z.enum(['waiting', 'good', 'bad']),
      at: Instant.nullable(),
      fault: z.string().nullable(),
    })
    .nullable(),
})
export type BackupView = z.infer<typeof BackupView>

export const BackupOverview = z.object({
  folder: z.string(),
  /** Free on its disk; null when it cannot be told. */
  freeBytes: z.number().int().nullable(),
  /** A disk that breaks takes data and backups with it. */
  sameDisk: z.boolean().nullable(),
  schedule: z.object({ enabled: z.boolean(), at: z.string(), timeZone: z.string() }),
  keysInside: z.boolean(),
  /** Newest first. */
  items: z.array(BackupView),
})
export type BackupOverview = z.infer<typeof BackupOverview>

export const backupsRoutes = {
  'GET /api/backups': { summary: 'Backups, and where they go', response: BackupOverview },
  'POST /api/backups': { summary: 'Make a backup now', response: BackupView },
  'DELETE /api/backups/:id': {
    summary: 'Delete a backup',
    params: idParams,
    /** `evenLast`: also when nothing is left then that could be restored. */
    query: z.object({ evenLast: z.stringbool().default(false) }),
    response: Done,
  },
  'POST /api/backups/:id/check': {
    summary: 'Read a backup back and compare sums and rows',
    params: idParams,
    response: BackupView,
  },
} as const satisfies RouteTable
