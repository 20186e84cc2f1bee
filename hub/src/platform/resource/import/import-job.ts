/**
 * The work behind an import. Each run is one transaction: a process that dies leaves nothing behind, and the next one
 * that looks begins anew.
 */
import type pg from 'pg'
import { AppError } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { ApiKeys, auditActorOfKey } from '../../api-keys/api-keys.ts'
import { auditAs, type AuditActor } from '../../audit/audit.ts'
import { auditManyAs } from '../../audit/audit-many.ts'
import { loadUser } from '../../auth/load-user.repository.ts'
import { platformErrors } from '../../errors.ts'
import type { Hub, Stop } from '../../module.ts'
import type { Reason } from '../../reasons/reason.ts'
import { auditedOf, insertMany, lockRows, planChanges, storeChanges } from '../change.service.ts'
import type { RecordContext } from '../context.ts'
import { resourceNamed } from '../resource.ts'
import { valuesOf } from '../rows.ts'
import { loadTimeZone } from '../shape.repository.ts'
import { shapeOf, type Shape } from '../shape.ts'
import { mayInWhole } from '../visible.ts'
import {
  countChangedSince,
  deleteRecords,
  findImport,
  lockTarget,
  moveImport,
  removeOldCells,
  saveFates,
  selectCells,
  selectStalled,
  selectWritten,
  tryLockImport,
  updateImport,
  type ImportRow,
  type RowFate,
  type WrittenRow,
} from './import.repository.ts'
import { IMPORT_JOB, auditedImport } from './import.service.ts'
import { understand, type ImportJob } from './understand.ts'

const BATCH = 2_000
/** Without a sign of life for so long, whoever worked on it is gone. */
const STALLED_SECONDS = 60
const KEEP_CELLS_DAYS = 30
const SWEEP_JOB = 'records.imports.sweep'

const JobData = z.object({ importId: z.uuid() })

export async function startImportJobs(hub: Hub): Promise<Stop | void> {
  const log = hub.log.child({ module: 'imports' })
  await hub.jobs.work(IMPORT_JOB, JobData, async ({ importId }, { signal }) => {
    const one = await findImport(hub.db.pool, importId)
    if (!one) return
    try {
      if (one.state === 'undoing') await undo(hub, one, signal)
      else if (one.state === 'checking' || one.state === 'running') await read(hub, one, signal)
    } catch (error) {
      if (signal.aborted) throw error
      const isForeseen = error instanceof ChangedSince || error instanceof Lost || error instanceof AppError
      if (isForeseen) log.info({ importId, reason: error.message }, 'import refused')
      else log.error({ err: error, importId }, 'import failed')
      await giveUp(hub, one, error)
    }
  })
  await hub.jobs.work(SWEEP_JOB, z.object({}), async () => {
    await removeOldCells(hub.db.pool, KEEP_CELLS_DAYS)
    for (const { id } of await selectStalled(hub.db.pool, STALLED_SECONDS))
      await hub.jobs.send(IMPORT_JOB, { importId: id })
  })
  await hub.jobs.schedule(SWEEP_JOB, '* * * * *')
}

/** Stops the transaction of a run in which a row is bad. */
class BadRows extends Error {}

interface Work {
  readonly one: ImportRow
  readonly job: ImportJob
  readonly stores: boolean
  readonly signal: AbortSignal
}

/** Checks all rows; in a run also stores them. `again`: after a run that met bad rows. */
async function read(hub: Hub, one: ImportRow, signal: AbortSignal, again = false): Promise<void> {
  const stores = one.state === 'running'
  const context = await contextOf(hub, one)
  try {
    await hub.db.transaction(async (tx) => {
      if (!(await isMine(tx, one))) return
      if (stores) await lockTarget(tx, one.resource, one.projectId)
      const job = await jobOf(tx, one, context)
      const counts = await readAll(hub, tx, { one, job, stores, signal })
      const state = stores ? 'done' : 'checked'
      const failure = again ? { code: 'import.bad_rows', bad: counts.bad } : null
      await updateImport(tx, one.id, { ...counts, state, progress: one.rows, failure })
      await auditAs(context.actor)(tx, auditedImport(state, one, counts))
    })
  } catch (error) {
    const isChanged = error instanceof BadRows || (stores && isFault(error))
    if (!isChanged) throw error
    // Something has changed since the check: its rows are told anew, the reason stays
    await moveImport(hub.db.pool, one.id, ['running'], 'checking')
    await read(hub, { ...one, state: 'checking' }, signal, true)
  }
}

/** What a hook refuses although the check let it pass: somebody was quicker. */
const isFault = (error: unknown) =>
  error instanceof AppError && error.code === platformErrors.invalidInput.code

async function isMine(tx: pg.ClientBase, one: ImportRow): Promise<boolean> {
  return (await tryLockImport(tx, one.id)) && (await findImport(tx, one.id))?.state === one.state
}

async function readAll(hub: Hub, tx: pg.ClientBase, work: Work) {
  const counts = { bad: 0, created: 0, updated: 0, skipped: 0 }
  const { one, job, stores, signal } = work
  let after = 0
  let done = 0
  for (;;) {
    const batch = await selectCells(tx, one.id, after, BATCH)
    if (batch.length === 0) return counts
    signal.throwIfAborted()
    const { fates, created, updated } = await understand(tx, job, batch)
    if (stores) {
      if (one.plan.badRows === 'allOrNothing' && fates.some(({ fate }) => fate === 'bad')) throw new BadRows()
      // Changes first: what they give up may be what a new record takes
      await storeChanges(tx, job.context, job.shape, { kind: 'edit', action: 'import' }, updated)
      if (created.length > 0) await insertMany(tx, job.context, job.shape, 'import', created)
    }
    await saveFates(tx, one.id, fates, stores ? job.shape.resource.table : null)
    count(counts, fates)
    after = batch.at(-1)!.row
    done += batch.length
    // On a connection of its own: the transaction shows nothing until it is through
    await updateImport(hub.db.pool, one.id, { progress: done })
  }
}

function count(
  counts: { bad: number; created: number; updated: number; skipped: number },
  fates: readonly RowFate[],
): void {
  for (const { fate } of fates) {
    if (fate === 'bad') counts.bad++
    else if (fate === 'create') counts.created++
    else if (fate === 'update') counts.updated++
    else counts.skipped++
  }
}

async function jobOf(tx: pg.ClientBase, one: ImportRow, context: RecordContext): Promise<ImportJob> {
  return {
    context,
    shape: await shapeOf(tx, resourceNamed(one.resource), one.projectId),
    projectId: one.projectId,
    columns: one.columns.map(({ name }) => name),
    plan: one.plan,
    cells: { language: one.language, timeZone: await loadTimeZone(tx, one.projectId) },
    keys: new Map(),
    titles: new Map(),
    memory: new Map(),
  }
}

/** With the rights that whoever pressed the button has now, be it a person or a key. */
async function contextOf(hub: Hub, one: ImportRow): Promise<RecordContext> {
  const speaker = await speakerOf(hub, one)
  const { write } = resourceNamed(one.resource).permissions
  if (!speaker || !mayInWhole(speaker.user, write, one.projectId)) throw new Lost()
  const actor: AuditActor = { ...speaker.actor, ip: null, requestId: `import ${one.id}` }
  return { hub, user: speaker.user, actor, language: one.language }
}

async function speakerOf({ db, clock }: Hub, { begunBy, keyId }: ImportRow) {
  if (keyId !== null) {
    const key = await new ApiKeys(db, clock).load(keyId)
    return key && { user: key.user, actor: auditActorOfKey(key) }
  }
  const user = begunBy === null ? null : await loadUser(db.pool, begunBy, clock.now())
  return user && { user, actor: { userId: user.id, actor: user.username } }
}

/** Who began it may not go on. */
class Lost extends Error {}

/** Removes what was made, puts back what was changed; nothing of it when a record is not as the import left it. */
async function undo(hub: Hub, one: ImportRow, signal: AbortSignal): Promise<void> {
  const context = await contextOf(hub, one)
  await hub.db.transaction(async (tx) => {
    if (!(await isMine(tx, one))) return
    await lockTarget(tx, one.resource, one.projectId)
    const resource = resourceNamed(one.resource)
    const shape = await shapeOf(tx, resource, one.projectId)
    const written = await selectWritten(tx, one.id)
    for (let at = 0; at < written.length; at += BATCH) {
      signal.throwIfAborted()
      await lockRows(
        tx,
        context,
        shape,
        written.slice(at, at + BATCH).map(({ recordId }) => recordId),
      )
    }
    const changed = await countChangedSince(tx, one.id, resource.table)
    if (changed > 0) throw new ChangedSince(changed)
    for (let at = 0; at < written.length; at += BATCH) {
      signal.throwIfAborted()
      await undoBatch(tx, context, shape, written.slice(at, at + BATCH))
      await updateImport(hub.db.pool, one.id, { progress: Math.min(at + BATCH, one.rows) })
    }
    const made = written.filter(({ fate }) => fate === 'create').map(({ recordId }) => recordId)
    const used = (await resource.importing?.undone(tx, context, made)) ?? 0
    if (used > 0) throw new ChangedSince(used)
    await updateImport(tx, one.id, { state: 'undone', progress: one.rows })
    await auditAs(context.actor)(tx, auditedImport('undone', one, { records: written.length }))
  })
}

class ChangedSince extends Error {
  readonly changed: number

  constructor(changed: number) {
    super(`${changed} records were changed since`)
    this.changed = changed
  }
}

async function undoBatch(
  tx: pg.ClientBase,
  context: RecordContext,
  shape: Shape,
  written: readonly WrittenRow[],
): Promise<void> {
  const { resource } = shape
  const rows = await lockRows(
    tx,
    context,
    shape,
    written.map(({ recordId }) => recordId),
  )
  const byId = new Map(written.map((one) => [one.recordId, one]))
  const made = rows.filter(({ id }) => byId.get(id)!.fate === 'create')
  await deleteRecords(
    tx,
    resource.table,
    made.map(({ id }) => id),
  )
  await auditManyAs(context.actor)(
    tx,
    made.map((row) => ({
      action: `${resource.name}.undoImport`,
      entity: resource.name,
      entityId: row.id,
      projectId: row.project_id,
      before: auditedOf(shape, { before: null, after: valuesOf(shape, row) }).after,
    })),
  )
  const edited = rows.filter(({ id }) => byId.get(id)!.fate === 'update')
  const { planned, refused } = await planChanges(tx, context, shape, 'edit', edited, (_, { id }) => ({
    values: byId.get(id)!.before ?? {},
  }))
  if (refused.length > 0) throw new ChangedSince(refused.length)
  await storeChanges(tx, context, shape, { kind: 'edit', action: 'undoImport' }, planned)
}

async function giveUp(hub: Hub, one: ImportRow, error: unknown): Promise<void> {
  await updateImport(hub.db.pool, one.id, {
    state: one.state === 'undoing' ? 'done' : 'failed',
    failure: failureOf(error),
  })
}

const FOREIGN_KEY = '23503'

function failureOf(error: unknown): Reason {
  if (error instanceof ChangedSince) return { code: 'import.changed_since', changed: error.changed }
  if ((error as { code?: string }).code === FOREIGN_KEY)
    return { code: 'import.changed_since', changed: '≥ 1' }
  if (error instanceof Lost) return { code: 'record.outside_scope' }
  if (error instanceof AppError && error.code === 'record.taken') return { code: 'record.taken' }
  return { code: 'import.crashed' }
}
