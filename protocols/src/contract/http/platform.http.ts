import * as z from 'zod'
import { Words } from '../resource.ts'
import { Done, Id, Instant, PageQuery, idParams, pageOf, type RouteTable } from './route.ts'

/**
 * What a person may do, `area.verb`. Modules of the hub say which there are; the hub decides, the browser only hides
 * what would be refused.
 */
export const Permission = z.string().regex(/^[a-z]\w*\.[a-z]\w*$/i)
export type Permission = z.infer<typeof Permission>

/** Where rights count: everywhere, or in whole projects and single buildings. */
export const Place = z.discriminatedUnion('all', [
  z.object({ all: z.literal(true) }),
  z.object({
    all: z.literal(false),
    projectIds: z.array(Id).max(500),
    buildings: z.array(z.object({ id: Id, projectId: Id })).max(2_000),
  }),
])
export type Place = z.infer<typeof Place>

/** Which rows of that place: all, those of the own department and below, or the person's own. */
export const Records = z.enum(['all', 'department', 'own'])
export type Records = z.infer<typeof Records>

export const RoleRef = z.object({ id: Id, code: z.string(), label: Words })
export type RoleRef = z.infer<typeof RoleRef>

export const Password = z.string().min(10).max(200)
export const Username = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,39}$/)

export const ProjectRef = z.object({
  id: Id,
  code: z.string(),
  name: z.string(),
  timeZone: z.string(),
})

export const Session = z.object({
  user: z.object({
    id: Id,
    username: Username,
    displayName: z.string(),
    roles: z.array(RoleRef),
    department: z.object({ id: Id, name: z.string() }).nullable(),
  }),
  /** All that the person may do somewhere. */
  permissions: z.array(Permission),
  /** Where: the rights in a project are the union of what touches it. */
  grants: z.array(z.object({ permissions: z.array(Permission), place: Place, records: Records })),
  /** Present while an administrator acts as `user`. */
  actor: z.object({ id: Id, username: Username, displayName: z.string(), since: Instant }).nullable(),
  /** Projects that the user may see. */
  projects: z.array(ProjectRef),
  /** To be sent back as `x-csrf-token` with every write. */
  csrfToken: z.string(),
})
export type Session = z.infer<typeof Session>

/** A role given to a person. */
export const Assignment = z.object({
  id: Id,
  role: RoleRef,
  place: Place,
  records: Records,
  /** Counts no more from then on. */
  until: Instant.nullable(),
})
export type Assignment = z.infer<typeof Assignment>

export const AssignmentInput = z.object({
  /** Code of the role. */
  role: z.string().min(1).max(60),
  /** Buildings are named by their id; a building of a project that is listed too adds nothing. */
  place: z.discriminatedUnion('all', [
    z.object({ all: z.literal(true) }),
    z.object({
      all: z.literal(false),
      projectIds: z.array(Id).max(500).default([]),
      buildingIds: z.array(Id).max(2_000).default([]),
    }),
  ]),
  records: Records.default('all'),
  until: Instant.nullable().default(null),
})
export type AssignmentInput = z.input<typeof AssignmentInput>

export const User = z.object({
  id: Id,
  username: Username,
  displayName: z.string(),
  department: z.object({ id: Id, name: z.string() }).nullable(),
  post: z.object({ id: Id, name: z.string() }).nullable(),
  phone: z.string().nullable(),
  email: z.string().nullable(),
  assignments: z.array(Assignment),
  disabled: z.boolean(),
  /** Counts edits; an edit names the one that it saw. */
  version: z.number().int(),
  createdAt: Instant,
  lastSignInAt: Instant.nullable(),
  /** Whether the person who asks may change this account. */
  mayChange: z.boolean(),
  /** Whether the person who asks may sign in as this one. */
  mayActAs: z.boolean(),
})
export type User = z.infer<typeof User>

const userFields = {
  displayName: z.string().trim().min(1).max(60),
  departmentId: Id.nullable(),
  postId: Id.nullable(),
  phone: z
    .string()
    .regex(/^\+?[0-9 -]{5,20}$/)
    .nullable(),
  email: z.email().max(200).nullable(),
  assignments: z.array(AssignmentInput).min(1).max(50),
}

export const Health = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  roles: z.array(z.string()),
  checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
})

export const platformRoutes = {
  'GET /api/health/live': { summary: 'The process runs', response: Done },
  'GET /api/health': { summary: 'Readiness: database, broker, jobs (503 when degraded)', response: Health },
  'GET /api/setup': {
    summary: 'Is an administrator still missing',
    response: z.object({ needed: z.boolean() }),
  },
  'POST /api/setup': {
    summary: 'Make the administrator with the one-time link',
    body: z.object({
      token: z.string(),
      username: Username,
      displayName: z.string().min(1).max(60),
      password: Password,
    }),
    response: Session,
  },
  'POST /api/auth/sign-in': {
    summary: 'Sign in',
    body: z.object({ username: z.string().min(1).max(60), password: z.string().min(1).max(200) }),
    response: Session,
  },
  'POST /api/auth/sign-out': { summary: 'Sign out', response: Done },
  'GET /api/auth/session': { summary: 'Who am I', response: Session },
  'POST /api/auth/password': {
    summary: 'Change my password; ends my other sessions',
    body: z.object({ current: z.string(), next: Password }),
    response: Done,
  },
  'POST /api/auth/act-as': {
    summary: 'Go on as another person, whose rights then count; written into the audit trail',
    body: z.object({ userId: Id, reason: z.string().trim().min(3).max(300) }),
    response: Session,
  },
  'POST /api/auth/return': { summary: 'Be oneself again', response: Session },
  'GET /api/users': {
    summary: 'Users',
    query: PageQuery.extend({
      roleId: Id.optional(),
      /** With the departments below. */
      departmentId: Id.optional(),
      projectId: Id.optional(),
      state: z.enum(['active', 'disabled']).optional(),
    }),
    response: pageOf(User),
  },
  'GET /api/users/:id': { summary: 'A user', params: idParams, response: User },
  'POST /api/users': {
    summary: 'Make a user',
    body: z.object({
      ...userFields,
      username: Username,
      departmentId: userFields.departmentId.default(null),
      postId: userFields.postId.default(null),
      phone: userFields.phone.default(null),
      email: userFields.email.default(null),
      password: Password,
    }),
    response: User,
  },
  'PATCH /api/users/:id': {
    summary: 'Change a user; disabling ends the sessions',
    params: idParams,
    body: z
      .object({ ...userFields, disabled: z.boolean(), password: Password })
      .partial()
      .extend({ version: z.number().int() }),
    response: User,
  },
} as const satisfies RouteTable
