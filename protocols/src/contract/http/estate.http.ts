import * as z from 'zod'
import {
  DecimalText,
  Id,
  ImportQuery,
  ImportResult,
  PageQuery,
  idParams,
  pageOf,
  type RouteTable,
} from './route.ts'
import { ProjectRef } from './platform.http.ts'

export const RoomKind = z.enum([
  'flat',
  'shop',
  'office',
  'common',
  'basement',
  'storage',
  'advertising',
  'parking',
])
export type RoomKind = z.infer<typeof RoomKind>
export const HouseholdKind = z.enum(['residential', 'commercial', 'property'])

export const Room = z.object({
  id: Id,
  code: z.string(),
  kind: RoomKind,
  floor: z.number().int().nullable(),
  areaM2: DecimalText.nullable(),
  household: z.object({ id: Id, accountNumber: z.string(), name: z.string() }).nullable(),
})
export const Building = z.object({ id: Id, code: z.string(), name: z.string(), rooms: z.array(Room) })
export type Building = z.infer<typeof Building>

export const Household = z.object({
  id: Id,
  projectId: Id,
  accountNumber: z.string(),
  name: z.string(),
  kind: HouseholdKind,
  rooms: z.array(z.object({ id: Id, building: z.string(), code: z.string() })),
})
export type Household = z.infer<typeof Household>

export const estateRoutes = {
  'GET /api/projects': { summary: 'Projects within my scope', response: z.array(ProjectRef) },
  'POST /api/projects': {
    summary: 'Make a project',
    body: z.object({
      code: z.string().regex(/^[A-Za-z0-9-]{1,20}$/),
      name: z.string().min(1).max(80),
      timeZone: z.string().default('Asia/Shanghai'),
    }),
    response: ProjectRef,
  },
  'GET /api/projects/:id/buildings': {
    summary: 'Buildings with their rooms',
    params: idParams,
    response: z.array(Building),
  },
  'GET /api/projects/:id/households': {
    summary: 'Households',
    params: idParams,
    query: PageQuery,
    response: pageOf(Household),
  },
  /**
   * Columns: building, buildingName, room, kind, floor, areaM2, accountNumber, householdName, householdKind. Those of
   * the household may be empty, or left out. People come by `/api/party-roles/imports`.
   */
  'POST /api/projects/:id/rooms/import': {
    summary: 'Import buildings, rooms and households from CSV, all or nothing',
    params: idParams,
    query: ImportQuery,
    csv: true,
    response: ImportResult,
  },
} as const satisfies RouteTable
