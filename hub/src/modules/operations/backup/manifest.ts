/** What a backup says about itself. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { fail } from '../../../platform/errors.ts'
import { operationsErrors } from '../errors.ts'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** A file of the backup; its path is relative to the backup's folder, with `/`. */
const StoredFile = z.object({
  path: z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\\\0]+$/),
  bytes: z.number().int().min(0),
  sha256: Sha256,
})
export type StoredFile = z.infer<typeof StoredFile>

export const Manifest = z.object({
  format: z.literal(1),
  id: z.uuid(),
  hubVersion: z.string(),
  /** Instant of the snapshot. */
  takenAt: z.iso.datetime(),
  /** Local minute of the schedule that it was made for; null: somebody asked for it. */
  slot: z.string().nullable(),
  requestedBy: z.string(),
  postgres: z.string(),
  migrations: z.array(z.object({ name: z.string(), checksum: Sha256 })).min(1),
  /** Ids of the master keys that open what is sealed in the database; they say nothing of the keys. */
  keyIds: z.array(z.string().regex(/^[0-9a-f]{16}$/)).min(1),
  /** The master keys, sealed with the passphrase. */
  keys: StoredFile.nullable(),
  tables: z.array(
    z.object({
      name: z.string(),
      columns: z.array(z.string()).min(1),
      rows: z.number().int().min(0),
      /** COPY's text format, compressed with zstd. */
      file: StoredFile,
    }),
  ),
  sequences: z.array(z.object({ name: z.string(), last: z.string().regex(/^-?\d+$/), called: z.boolean() })),
  /** Work that waited, one JSON a line. */
  jobs: z.object({ rows: z.number().int().min(0), file: StoredFile }),
  /** Files of the data folder, below `data/`. */
  files: z.array(StoredFile),
})
export type Manifest = z.infer<typeof Manifest>

export const MANIFEST = 'manifest.json'
/** In the form that `sha256sum --check` reads; the last file to be written. */
export const SUMS = 'SHA256SUMS'

/** @throws AppError `backup.broken` */
export async function readManifest(folder: string): Promise<Manifest> {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')))
  } catch (cause) {
    const details = { reason: { code: 'backup.no_manifest' } }
    throw fail(operationsErrors.backupBroken, `${folder} has no manifest that reads`, details, cause)
  }
}

/** All files but the manifest itself. */
export function filesOf(manifest: Manifest): StoredFile[] {
  const { keys, tables, jobs, files } = manifest
  return [...(keys ? [keys] : []), ...tables.map(({ file }) => file), jobs.file, ...files]
}
