/** Who signed in, and who did what. */
import * as z from 'zod'
import { Id, Instant, type RouteTable } from './route.ts'

const cursor = z.string().max(40).optional()
const limit = z.coerce.number().int().min(1).max(200).default(50)
const span = { from: Instant.optional(), to: Instant.optional() }
const Words = z.object({ code: z.string(), text: z.string() })

export const logFormats = ['xlsx', 'csv'] as const

/** One field of what was changed, in the language of the reader. */
export const AuditChange = z.object({
  field: z.string(),
  label: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
})
export type AuditChange = z.infer<typeof AuditChange>

export const AuditEntry = z.object({
  id: z.string(),
  at: Instant,
  /** Username, `administrator → other`, name and beginning of an API key, or the part of the hub that acted by itself. */
  actor: z.string(),
  ip: z.string().nullable(),
  /** `entity.verb`, such as `billRun.issue`. */
  action: z.string(),
  entity: z.string(),
  entityId: z.string().nullable(),
  requestId: z.string().nullable(),
  project: z.object({ id: Id, name: z.string() }).nullable(),
  /** The same in words. */
  words: z.object({ module: Words, entity: z.string(), verb: z.string() }),
  /** What the thing is called, as far as the entry or the record tells and the reader may see. */
  title: z.string().nullable(),
  changes: z.array(AuditChange),
  /** As it was written down; phone and identity numbers masked for those who may not see them. */
  before: z.unknown(),
  after: z.unknown(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

/** Of these the search looks at person, action and what was changed, never at its values. */
export const AuditFilter = z.object({
  q: z.string().trim().max(100).optional(),
  /** Username; what was done in its name, or by it in another's, counts too. */
  actor: z.string().max(200).optional(),
  /** Code of a part of the hub: `billing`. */
  module: z.string().max(40).optional(),
  entity: z.string().max(60).optional(),
  entityId: z.string().max(100).optional(),
  projectId: Id.optional(),
  ...span,
})
export type AuditFilter = z.infer<typeof AuditFilter>

export const signInReasons = ['unknownName', 'wrongPassword', 'wrongCode', 'locked', 'disabled'] as const
export const SignInReason = z.enum(signInReasons)
export type SignInReason = z.infer<typeof SignInReason>

/** Where: the console with its apps, or the owners' portal. */
export const signInFaces = ['staff', 'portal'] as const
export const SignInFace = z.enum(signInFaces)
export type SignInFace = z.infer<typeof SignInFace>

export const SignInEntry = z.object({
  id: z.string(),
  at: Instant,
  face: SignInFace,
  user: z.object({ id: Id, username: z.string(), displayName: z.string() }).nullable(),
  /**
   * Of a name that no account has, or a phone that is not on file, which may be a password in the wrong field: a mark that is alike for tries of the same
   * name. The name itself is not kept.
   */
  unknownName: z.string().nullable(),
  /** At the portal, of a phone on file: masked for those who may not see it. */
  phone: z.string().nullable(),
  ip: z.string().nullable(),
  /** Program and system, `Chrome 141 · Windows`; null when the browser did not say. */
  device: z.string().nullable(),
  userAgent: z.string().nullable(),
  admitted: z.boolean(),
  /** Why not. */
  reason: SignInReason.nullable(),
})
export type SignInEntry = z.infer<typeof SignInEntry>

export const SignInFilter = z.object({
  /** Words of the user's names, an address, or a mark; of a phone for who may see all of them. */
  q: z.string().trim().max(100).optional(),
  face: SignInFace.optional(),
  userId: Id.optional(),
  result: z.enum(['admitted', 'refused']).optional(),
  reason: SignInReason.optional(),
  ...span,
})
export type SignInFilter = z.infer<typeof SignInFilter>

const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** A list as a file. */
export const LogExport = z.object({ format: z.enum(logFormats).default('xlsx') })

export const logsRoutes = {
  'GET /api/audit': {
    summary: 'Who did what, newest first',
    query: AuditFilter.extend({ cursor, limit }),
    response: pageOf(AuditEntry),
  },
  'GET /api/audit/modules': {
    summary: 'Parts of the hub that the log can be narrowed to',
    response: z.array(Words),
  },
  'GET /api/sign-ins': {
    summary: 'Who signed in, and who was refused, newest first',
    query: SignInFilter.extend({ cursor, limit }),
    response: pageOf(SignInEntry),
  },
} as const satisfies RouteTable
