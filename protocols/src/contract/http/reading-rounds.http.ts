import * as z from 'zod'
import { Medium } from '../telemetry.ts'
import { Day, DecimalText, Done, Id, Instant, Month, idParams, type RouteTable } from './route.ts'

/** Why a meter could not be read. */
export const UnreadableReason = z.enum(['noAccess', 'broken', 'notFound', 'blocked', 'unsafe', 'other'])
export type UnreadableReason = z.infer<typeof UnreadableReason>

/**
 * Why an entry was set aside instead of being stored as a read:
 * - `meterReplaced`: another meter hangs there than the one that was read
 * - `newerRead`: a person's read of a later time is there already
 * - `reassigned`: the task belongs to somebody else by now
 * - `taskClosed`: the task was withdrawn
 * - `noMeter`: no meter was installed there at that time
 * - `implausible`: the phone did not know enough to warn, so nobody looked twice
 */
export const ReadingConflict = z.enum([
  'meterReplaced',
  'newerRead',
  'reassigned',
  'taskClosed',
  'noMeter',
  'implausible',
])
export type ReadingConflict = z.infer<typeof ReadingConflict>

export const ReadingPointState = z.enum(['open', 'read', 'unreadable', 'setAside'])
export type ReadingPointState = z.infer<typeof ReadingPointState>

const Person = z.object({ id: Id, name: z.string() })
const Place = z.object({
  building: z.string().nullable(),
  floor: z.number().int().nullable(),
  room: z.string().nullable(),
})

/** A meter on a walk. */
export const ReadingPoint = z.object({
  id: Id,
  code: z.string(),
  name: z.string(),
  medium: Medium,
  serial: z.string().nullable(),
  place: Place,
})
export type ReadingPoint = z.infer<typeof ReadingPoint>

/** How far a task is. */
export const ReadingProgress = z.object({
  id: Id,
  month: Month,
  dueOn: Day,
  state: z.enum(['open', 'cancelled']),
  assignee: Person,
  total: z.number().int(),
  read: z.number().int(),
  unreadable: z.number().int(),
  setAside: z.number().int(),
  version: z.number().int(),
})
export type ReadingProgress = z.infer<typeof ReadingProgress>

export const ReadingRoute = z.object({
  id: Id,
  projectId: Id,
  name: z.string(),
  dueDay: z.number().int(),
  assignee: Person.nullable(),
  points: z.number().int(),
  version: z.number().int(),
  /** The newest task. */
  task: ReadingProgress.nullable(),
})
export type ReadingRoute = z.infer<typeof ReadingRoute>

export const ReadingRouteDetail = ReadingRoute.omit({ points: true, task: true }).extend({
  points: z.array(ReadingPoint),
  /** Newest first. */
  tasks: z.array(ReadingProgress),
})
export type ReadingRouteDetail = z.infer<typeof ReadingRouteDetail>

export const ReadingRouteBody = z.object({
  name: z.string().trim().min(1).max(80),
  dueDay: z.number().int().min(1).max(28),
  assigneeId: Id.nullable(),
  /** In the order of the walk. */
  pointIds: z.array(Id).max(2_000),
})
export type ReadingRouteBody = z.infer<typeof ReadingRouteBody>

/** What a reader sent. */
export const ReadingEntry = z.object({
  id: Id,
  meteringPointId: Id,
  reader: Person,
  /** Corrected by how far the phone's clock was off. */
  at: Instant,
  /** By the phone's clock. */
  takenAt: Instant,
  receivedAt: Instant,
  clockOffsetMs: z.number().int(),
  serial: z.string(),
  index: DecimalText.nullable(),
  unreadable: UnreadableReason.nullable(),
  note: z.string().nullable(),
  kept: z.boolean(),
  photo: z.boolean(),
  outcome: z.enum(['stored', 'setAside', 'rejected']),
  conflict: ReadingConflict.nullable(),
  settled: z.object({ by: z.string(), at: Instant, note: z.string().nullable() }).nullable(),
})
export type ReadingEntry = z.infer<typeof ReadingEntry>

export const ReadingTaskDetail = ReadingProgress.extend({
  route: z.object({ id: Id, name: z.string() }),
  projectId: Id,
  points: z.array(
    ReadingPoint.extend({ unit: z.string(), state: ReadingPointState, entries: z.array(ReadingEntry) }),
  ),
})
export type ReadingTaskDetail = z.infer<typeof ReadingTaskDetail>

/** All that the phone must know to read a meter without network. */
export const PhonePoint = ReadingPoint.extend({
  unit: z.string(),
  /** Null while no meter is installed. Decimals in the register's own unit, before the multiplier. */
  register: z
    .object({
      /** Decimal places that the display shows. */
      places: z.number().int(),
      /** Highest index and one; null when it does not roll over. */
      end: DecimalText.nullable(),
      maxPerHour: DecimalText,
      jitter: DecimalText,
      /** Usual count of a day; null while not known. */
      perDay: DecimalText.nullable(),
    })
    .nullable(),
  lastRead: z.object({ at: Instant, index: DecimalText }).nullable(),
  state: ReadingPointState,
  /** What the hub has of it. */
  entry: z
    .object({
      id: Id,
      at: Instant,
      index: DecimalText.nullable(),
      unreadable: UnreadableReason.nullable(),
      conflict: ReadingConflict.nullable(),
    })
    .nullable(),
})
export type PhonePoint = z.infer<typeof PhonePoint>

export const PhoneTask = z.object({
  id: Id,
  route: z.string(),
  project: z.object({ id: Id, name: z.string(), timeZone: z.string() }),
  month: Month,
  dueOn: Day,
  points: z.array(PhonePoint),
})
export type PhoneTask = z.infer<typeof PhoneTask>

export const ReadingEntryBody = z
  .object({
    /** Made on the phone. The same entry may be sent any number of times and is stored once. */
    id: Id,
    taskId: Id,
    meteringPointId: Id,
    /** Of the meter that the phone showed. */
    serial: z.string().max(60),
    /** By the phone's clock. */
    takenAt: Instant,
    index: DecimalText.nullable(),
    unreadable: UnreadableReason.nullable(),
    note: z.string().trim().max(200).nullable(),
    kept: z.boolean(),
    /** SHA-256 of a photo that was sent before. */
    photo: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
  })
  .refine((entry) => (entry.index === null) !== (entry.unreadable === null), { path: ['index'] })
export type ReadingEntryBody = z.infer<typeof ReadingEntryBody>

export const ReadingEntryAnswer = z.object({
  id: Id,
  outcome: z.enum(['stored', 'setAside', 'rejected']),
  conflict: ReadingConflict.nullable(),
  at: Instant,
})
export type ReadingEntryAnswer = z.infer<typeof ReadingEntryAnswer>

export const readingRoundsRoutes = {
  'GET /api/reading-routes': {
    summary: 'Walks past meters, with how far the newest task of each is',
    query: z.object({ projectId: Id }),
    response: z.array(ReadingRoute),
  },
  'GET /api/reading-routes/:id': {
    summary: 'A walk with its meters in order',
    params: idParams,
    response: ReadingRouteDetail,
  },
  'GET /api/projects/:id/reading-points': {
    summary: 'Meters to put on a walk, by building, floor and room',
    params: idParams,
    response: z.array(ReadingPoint),
  },
  'POST /api/projects/:id/reading-routes': {
    summary: 'Make a walk',
    params: idParams,
    body: ReadingRouteBody,
    response: ReadingRouteDetail,
  },
  'PUT /api/reading-routes/:id': {
    summary: 'Change a walk; tasks that were handed out stay as they are',
    params: idParams,
    body: ReadingRouteBody.extend({ version: z.number().int() }),
    response: ReadingRouteDetail,
  },
  'POST /api/reading-routes/:id/archive': {
    summary: 'Put a walk away',
    params: idParams,
    body: z.object({ version: z.number().int() }),
    response: Done,
  },
  'POST /api/reading-routes/:id/tasks': {
    summary: 'Hand the walk of a month out; once a month',
    params: idParams,
    body: z.object({ month: Month, assigneeId: Id }),
    response: ReadingProgress,
  },
  'GET /api/reading-tasks/:id': {
    summary: 'A task meter by meter, with what was sent',
    params: idParams,
    response: ReadingTaskDetail,
  },
  'POST /api/reading-tasks/:id/assignee': {
    summary: 'Give a task to somebody else',
    params: idParams,
    body: z.object({ assigneeId: Id, version: z.number().int() }),
    response: ReadingProgress,
  },
  'POST /api/reading-tasks/:id/withdraw': {
    summary: 'Withdraw a task; what was read stays',
    params: idParams,
    body: z.object({ version: z.number().int() }),
    response: ReadingProgress,
  },
  'GET /api/my-reading-tasks': {
    summary: 'Open tasks of the person who asks, with all that reading without network needs',
    response: z.object({ at: Instant, tasks: z.array(PhoneTask) }),
  },
  'POST /api/reading-photos': {
    summary: 'Send a photo before the entry that names it; sending it again changes nothing',
    body: z.object({ base64: z.string().max(11_000_000) }),
    response: z.object({ sha256: z.string() }),
  },
  'POST /api/reading-entries': {
    summary: 'Send a reading, or why there is none; stored once however often it is sent',
    body: z.object({
      entry: ReadingEntryBody,
      /** The phone's clock at this moment: tells how far it is off. */
      sentAt: Instant,
    }),
    response: ReadingEntryAnswer,
  },
  'POST /api/reading-entries/:id/settlement': {
    summary: 'Decide on an entry that was set aside',
    params: idParams,
    body: z.object({ accept: z.boolean(), note: z.string().trim().max(200).default('') }),
    response: ReadingEntryAnswer,
  },
  'GET /api/reading-entries/:id/photo': {
    summary: 'The photo of an entry',
    params: idParams,
    response: z.unknown(),
  },
} as const satisfies RouteTable
