import * as z from 'zod'
import { Done, Id, Instant, PageQuery, idParams, pageOf, type RouteTable } from './route.ts'

export const Role = z.enum(['administrator', 'engineer', 'billingClerk', 'manager'])
export type Role = z.infer<typeof Role>

/** What a person may do; the hub decides from the role, the browser only hides what would be refused. */
export const Permission = z.enum([
  'users.manage',
  'audit.read',
  'estate.read',
  'estate.write',
  'gateways.read',
  'gateways.write',
  'gateways.configure',
  'events.read',
  'commands.read',
  'commands.relay',
  'commands.valve',
  'commands.door',
  'commands.barrier',
  'commands.clock',
  'commands.setpoint',
  'commands.write',
  'commands.people',
  'commands.plates',
  'commands.approve',
  'devices.read',
  'quarantine.resolve',
  'metering.read',
  'metering.write',
  'charging.read',
  'charging.write',
  'billRuns.issue',
])
export type Permission = z.infer<typeof Permission>

export const Password = z.string().min(10).max(200)
export const Username = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,39}$/)

export const ProjectRef = z.object({
  id: Id,
  code: z.string(),
  name: z.string(),
  timeZone: z.string(),
})

export const Session = z.object({
  user: z.object({ id: Id, username: Username, displayName: z.string(), role: Role }),
  permissions: z.array(Permission),
  /** Projects that the user may see. */
  projects: z.array(ProjectRef),
  /** To be sent back as `x-csrf-token` with every write. */
  csrfToken: z.string(),
})
export type Session = z.infer<typeof Session>

export const User = z.object({
  id: Id,
  username: Username,
  displayName: z.string(),
  role: Role,
  /** Null: all projects. */
  projectIds: z.array(Id).nullable(),
  disabled: z.boolean(),
  createdAt: Instant,
  lastSignInAt: Instant.nullable(),
})
export type User = z.infer<typeof User>

export const AuditEntry = z.object({
  id: z.string(),
  at: Instant,
  actor: z.string(),
  ip: z.string().nullable(),
  /** `entity.verb`, such as `billRun.issue`. */
  action: z.string(),
  entity: z.string(),
  entityId: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

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
  'GET /api/users': { summary: 'Users', query: PageQuery, response: pageOf(User) },
  'POST /api/users': {
    summary: 'Make a user',
    body: z.object({
      username: Username,
      displayName: z.string().min(1).max(60),
      role: Role,
      projectIds: z.array(Id).nullable().default(null),
      password: Password,
    }),
    response: User,
  },
  'PATCH /api/users/:id': {
    summary: 'Change a user; disabling ends the sessions',
    params: idParams,
    body: z.object({
      displayName: z.string().min(1).max(60).optional(),
      role: Role.optional(),
      projectIds: z.array(Id).nullable().optional(),
      disabled: z.boolean().optional(),
      password: Password.optional(),
    }),
    response: User,
  },
  'GET /api/audit': {
    summary: 'Who did what',
    query: PageQuery.extend({
      actor: z.string().optional(),
      entity: z.string().optional(),
      entityId: z.string().optional(),
      from: Instant.optional(),
      to: Instant.optional(),
    }),
    response: pageOf(AuditEntry),
  },
} as const satisfies RouteTable
