import * as z from 'zod'
import { Words } from '../resource.ts'
import { Permission, RoleRef } from './platform.http.ts'
import { Id, idParams, type RouteTable } from './route.ts'

const Name = z.string().trim().min(1).max(60)
/** Every edit names the version that its editor saw. */
const seen = { version: z.number().int() }

export const Post = z.object({
  id: Id,
  departmentId: Id,
  name: z.string(),
  people: z.number().int(),
  version: z.number().int(),
})
export type Post = z.infer<typeof Post>

export const Department = z.object({
  id: Id,
  companyId: Id,
  parentId: Id.nullable(),
  name: z.string(),
  /** Place among its siblings. */
  position: z.number().int(),
  leader: z.object({ id: Id, displayName: z.string() }).nullable(),
  /** Without those of the departments below. */
  people: z.number().int(),
  posts: z.array(Post),
  version: z.number().int(),
})
export type Department = z.infer<typeof Department>

export const Company = z.object({
  id: Id,
  code: z.string(),
  name: z.string(),
  version: z.number().int(),
  /** The tree as a list: parents before their children, siblings in order. */
  departments: z.array(Department),
})
export type Company = z.infer<typeof Company>

/** Somebody of the staff, as colleagues see him. */
export const Colleague = z.object({
  id: Id,
  displayName: z.string(),
  department: z.object({ id: Id, name: z.string() }).nullable(),
  post: z.object({ id: Id, name: z.string() }).nullable(),
  phone: z.string().nullable(),
  roles: z.array(RoleRef),
})
export type Colleague = z.infer<typeof Colleague>

export const Role = z.object({
  id: Id,
  code: z.string(),
  label: Words,
  /** Null: a built-in role by its own name. */
  name: z.string().nullable(),
  description: z.string(),
  builtin: z.boolean(),
  /** Has every permission, also those to come; can not be edited. */
  hasAll: z.boolean(),
  permissions: z.array(Permission),
  /** Accounts that have it now, disabled ones left out. */
  people: z.number().int(),
  version: z.number().int(),
})
export type Role = z.infer<typeof Role>

export const PermissionGroup = z.object({
  label: Words,
  permissions: z.array(z.object({ id: Permission, label: Words })),
})
export type PermissionGroup = z.infer<typeof PermissionGroup>

export const RoleChange = z.object({
  id: Id,
  ...seen,
  add: z.array(Permission).max(500).default([]),
  remove: z.array(Permission).max(500).default([]),
})

export const organisationRoutes = {
  'GET /api/organisation': {
    summary: 'Companies with their departments and posts',
    response: z.array(Company),
  },
  'POST /api/companies': {
    summary: 'Make a company',
    body: z.object({ code: z.string().regex(/^[A-Za-z0-9-]{1,20}$/), name: Name }),
    response: Company,
  },
  'PATCH /api/companies/:id': {
    summary: 'Rename a company',
    params: idParams,
    body: z.object({ ...seen, name: Name }),
    response: Company,
  },
  'POST /api/companies/:id/archive': {
    summary: 'Put a company away that has no departments',
    params: idParams,
    body: z.object(seen),
    response: Company,
  },
  'POST /api/departments': {
    summary: 'Make a department',
    body: z.object({ companyId: Id, parentId: Id.nullable().default(null), name: Name }),
    response: Department,
  },
  'PATCH /api/departments/:id': {
    summary: 'Rename or move a department, say who leads it',
    params: idParams,
    body: z.object({
      ...seen,
      name: Name.optional(),
      parentId: Id.nullable().optional(),
      leaderId: Id.nullable().optional(),
      position: z.number().int().min(0).max(10_000).optional(),
    }),
    response: Department,
  },
  'POST /api/departments/:id/archive': {
    summary: 'Put a department away that has neither people nor departments',
    params: idParams,
    body: z.object(seen),
    response: Department,
  },
  'POST /api/posts': {
    summary: 'Make a post in a department',
    body: z.object({ departmentId: Id, name: Name }),
    response: Post,
  },
  'PATCH /api/posts/:id': {
    summary: 'Rename a post',
    params: idParams,
    body: z.object({ ...seen, name: Name }),
    response: Post,
  },
  'POST /api/posts/:id/archive': {
    summary: 'Put a post away that nobody has',
    params: idParams,
    body: z.object(seen),
    response: Post,
  },
  'GET /api/people': {
    summary: 'Colleagues: people who work in a project of mine',
    query: z.object({
      /** Who may do something there. */
      projectId: Id.optional(),
      /** Who may do this there. */
      permission: Permission.optional(),
      /** Without the departments below. */
      departmentId: Id.optional(),
      q: z.string().trim().max(60).optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    response: z.array(Colleague),
  },
  'GET /api/permissions': { summary: 'Everything that a role can allow', response: z.array(PermissionGroup) },
  'GET /api/roles': { summary: 'Roles', response: z.array(Role) },
  'POST /api/roles': {
    summary: 'Make a role',
    body: z.object({
      name: Name,
      description: z.string().trim().max(300).default(''),
      permissions: z.array(Permission).max(500).default([]),
    }),
    response: Role,
  },
  'PATCH /api/roles/:id': {
    summary: 'Rename a role; null brings back the name of a built-in one',
    params: idParams,
    body: z.object({
      ...seen,
      name: Name.nullable().optional(),
      description: z.string().trim().max(300).optional(),
    }),
    response: Role,
  },
  'POST /api/roles/permissions': {
    summary: 'Change what roles allow: all changes or none',
    body: z.object({ changes: z.array(RoleChange).min(1).max(100) }),
    response: z.array(Role),
  },
  'POST /api/roles/:id/archive': {
    summary: 'Put a role away that nobody has',
    params: idParams,
    body: z.object(seen),
    response: Role,
  },
} as const satisfies RouteTable
