/** Register reads of a metering point: looking at them and entering one by hand. */
import type { PoolClient } from 'pg'
import type { RegisterRead, RouteResponse } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { inWholeProject, type CurrentUser } from '../../platform/auth/user.ts'
import { fail, invalidInput, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { sayAll } from '../../platform/reasons/reason.ts'
import { formatDecimal, decimalOf, mantissaAt, rescale } from './domain/decimal.ts'
import { readsOfInstallation } from './domain/pairs.ts'
import { installedMeters, type PointPlan } from './domain/plan.ts'
import { checkIndex } from './domain/plausibility.ts'
import type { Read } from './domain/reads.ts'
import { meteringErrors } from './errors.ts'
import { findPointFor } from './points.service.ts'
import type { MeteringReason } from './reasons.ts'
import {
  gatewaysOfBatches,
  insertManualRead,
  manualReadAt,
  photoOfRead,
  readsBefore,
  type ListedRead,
} from './reads.repository.ts'
import { loadPlans, type Queryable } from './usage/plan.repository.ts'
import { loadReads } from './usage/reads.repository.ts'
import { announce, recomputeNow } from './usage/usage-worker.ts'

/** A clock that is a little ahead is no reason to refuse a read. */
const CLOCK_TOLERANCE_MS = 5 * 60_000
const DAY_MS = 86_400_000

export interface ReadsQuery {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly limit: number
}

/** Newest first; all reads of an instant that has several. */
export async function readsFor(
  hub: Hub,
  user: CurrentUser,
  id: string,
  query: ReadsQuery,
): Promise<RouteResponse<'GET /api/metering-points/:id/reads'>> {
  const { projectId } = await findPointFor(hub, user, id, 'metering.read')
  const plan = (await loadPlans(hub.db.pool, [id])).get(id)!
  const fromMs = query.from === undefined ? -Infinity : Date.parse(query.from)
  const toMs = query.to === undefined ? hub.clock.now().getTime() + DAY_MS : Date.parse(query.to)
  const found = await readsBefore(hub.db.pool, plan, fromMs, toMs, query.limit + 1)
  const listed = found.slice(0, query.limit)
  const shown = inWholeProject(user, projectId, 'metering.read')
    ? listed
    : // Gateways and what they send are the whole project's
      listed.map((read) => ({ ...read, batchId: null }))
  return { reads: await withGateways(hub.db.pool, shown), more: found.length > query.limit }
}

async function withGateways(client: Queryable, reads: readonly ListedRead[]): Promise<RegisterRead[]> {
  const batchIds = [...new Set(reads.flatMap((read) => read.batchId ?? []))]
  const names = await gatewaysOfBatches(client, batchIds)
  return reads.map((read) => ({
    at: new Date(read.atMs).toISOString(),
    index: read.index,
    serial: read.serial,
    source: read.source,
    quality: read.quality,
    batchId: read.batchId,
    gatewayName: read.batchId === null ? null : (names.get(read.batchId) ?? null),
    note: read.note,
    photo: read.photo,
  }))
}

export interface ReadEntry {
  readonly at: string
  readonly index: string
  readonly note?: string | undefined
}

/** How a read came to be known. */
export interface ReadOrigin {
  readonly source: 'manual' | 'phone'
  readonly photo?: { readonly sha256: string; readonly mediaType: string } | null
  /** The person saw that it does not fit its neighbours and stands by it: usage is then held until somebody looks. */
  readonly keepImplausible?: boolean
}

/** A read about to be stored, within a transaction of the caller. */
export interface NewRead {
  readonly meteringPointId: string
  readonly projectId: string
  readonly entry: ReadEntry
  readonly origin: ReadOrigin
  readonly username: string
  readonly now: Date
  readonly audit: Audit
}

export interface StoredRead {
  readonly read: RegisterRead
  /** Tells browsers and other modules; to be called once the transaction has committed. */
  readonly announce: (hub: Hub) => void
}

/**
 * Stores a read that a person made. One at the same instant as another read takes its place in the computation, so
 * a wrong reading can be corrected; nothing is ever overwritten. Entering the same read again changes nothing.
 *
 * @throws AppError `read.implausible` with the reasons in `details.issues`
 */
export async function enterRead(
  hub: Hub,
  user: CurrentUser,
  id: string,
  entry: ReadEntry,
  audit: Audit,
): Promise<RegisterRead> {
  const { projectId } = await findPointFor(hub, user, id, 'metering.write')
  const now = hub.clock.now()
  const origin = { source: 'manual' } as const
  const { username } = user
  const stored = await hub.db.transaction((client) =>
    storeRead(client, { meteringPointId: id, projectId, entry, origin, username, now, audit }),
  )
  stored.announce(hub)
  return stored.read
}

/**
 * The part of `enterRead` that writes; who may do it is the caller's to know.
 * @throws AppError `metering_point.no_meter`, `read.implausible`, `input.invalid`
 */
export async function storeRead(client: PoolClient, input: NewRead): Promise<StoredRead> {
  const { meteringPointId: id, entry, origin, now } = input
  const atMs = Date.parse(entry.at)
  if (atMs > now.getTime() + CLOCK_TOLERANCE_MS) throw refuse('at', { code: 'read.future' })
  const plan = (await loadPlans(client, [id])).get(id)!
  const position = installationFor(plan, atMs)
  const { meterId, serial, scale } = plan.installations[position]!
  const mantissa = mantissaOf(plan, position, entry.index)
  const read: RegisterRead = {
    at: new Date(atMs).toISOString(),
    index: formatDecimal(mantissa, scale),
    serial,
    source: origin.source,
    quality: 0,
    batchId: null,
    gatewayName: null,
    note: entry.note ?? null,
    photo: Boolean(origin.photo),
  }
  if ((await manualReadAt(client, meterId, atMs)) === mantissa) return { read, announce: () => undefined }
  if (!origin.keepImplausible) await checkAgainstNeighbours(client, plan, position, atMs, mantissa)
  await insertRead(client, input, { meterId, atMs, mantissa, read })
  const results = await recomputeNow(client, [{ meteringPointId: id, fromMs: atMs, toMs: atMs }], now)
  return { read, announce: (hub) => announce(hub, results) }
}

async function insertRead(
  client: PoolClient,
  { meteringPointId, projectId, origin, username, now, audit }: NewRead,
  { meterId, atMs, mantissa, read }: { meterId: string; atMs: number; mantissa: bigint; read: RegisterRead },
): Promise<void> {
  const readId = await insertManualRead(client, {
    meterId,
    atMs,
    mantissa,
    source: origin.source,
    note: read.note,
    photo: origin.photo ?? null,
    createdBy: username,
    now,
  })
  await audit(client, {
    action: 'read.enter',
    entity: 'meteringPoint',
    entityId: meteringPointId,
    projectId,
    after: {
      readId,
      at: read.at,
      index: read.index,
      serial: read.serial,
      note: read.note,
      ...(origin.photo ? { fileSha256: origin.photo.sha256 } : {}),
    },
  })
}

/** The photo that a person took with the newest read of an instant. @throws AppError `not_found` */
export async function readPhotoFor(hub: Hub, user: CurrentUser, id: string, at: string) {
  await findPointFor(hub, user, id, 'metering.read')
  const photo = await photoOfRead(hub.db.pool, id, new Date(at))
  const bytes = photo && (await hub.files.read(photo.sha256))
  if (!bytes) throw fail(platformErrors.notFound, 'There is no photo of this read')
  return { bytes, mediaType: photo.mediaType }
}

const refuse = (path: string, reason: MeteringReason) =>
  invalidInput('The read is not valid', [{ path, reason }])

function installationFor(plan: PointPlan, atMs: number): number {
  const position = plan.installations.findIndex(
    ({ fromMs, toMs }) => fromMs <= atMs && (toMs === null || atMs < toMs),
  )
  if (position < 0) throw fail(meteringErrors.noMeter, 'No meter was installed here at that time')
  return position
}

/** At the meter's own scale. */
function mantissaOf(plan: PointPlan, position: number, index: string): bigint {
  const { scale } = plan.installations[position]!
  const register = plan.registers[position]!
  const mantissa = mantissaAt(decimalOf(index), scale)
  if (mantissa === null) throw refuse('index', { code: 'register.places', places: scale })
  if (mantissa < 0n) throw refuse('index', { code: 'register.negative' })
  if (register.modulus !== null && rescale(mantissa, scale, register.scale) >= register.modulus) {
    throw refuse('index', { code: 'register.end', end: formatDecimal(register.modulus, register.scale) })
  }
  return mantissa
}

async function checkAgainstNeighbours(
  client: Queryable,
  plan: PointPlan,
  position: number,
  atMs: number,
  mantissa: bigint,
): Promise<void> {
  const register = plan.registers[position]!
  const loaded = (await loadReads(client, [plan], atMs, atMs + 1)).get(plan.meteringPointId)!
  const { reads } = readsOfInstallation(installedMeters(plan, loaded)[position]!)
  const { before, after } = neighboursOf(reads, atMs)
  const index = rescale(mantissa, plan.installations[position]!.scale, register.scale)
  const issues = checkIndex(register, before, atMs, index, after)
  if (issues.length === 0) return
  throw fail(meteringErrors.implausibleRead, sayAll(issues, 'en'), {
    issues: issues.map((reason) => ({ path: 'index', reason })),
    reasons: issues.map(({ code }) => code),
  })
}

export function neighboursOf(
  reads: readonly Read[],
  atMs: number,
): { before: Read | null; after: Read | null } {
  return {
    before: reads.findLast((read) => read.atMs < atMs) ?? null,
    after: reads.find((read) => read.atMs > atMs) ?? null,
  }
}
