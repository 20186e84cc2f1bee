import * as z from 'zod'
import {
  BulkBody,
  BulkResult,
  HistoryPage,
  ImportFault,
  ImportPlan,
  ResourceImport,
  ResourceList,
  ResourceListQuery,
  ResourceMeta,
  ResourceRow,
  SavedView,
  Words,
} from '../resource.ts'
import { Done, Id, idParams, type RouteContract, type RouteTable } from './route.ts'

const named = z.object({ name: z.string().max(60) })
const viewBody = SavedView.omit({ id: true, mine: true })

/** Routes about resources in general; those of one resource are made by `resourceRoutes`. */
export const resourceRoutesOfAll = {
  'GET /api/resources': {
    summary: 'Resources that I may read',
    response: z.array(
      z.object({
        name: z.string(),
        path: z.string(),
        page: z.string(),
        label: Words,
        inProject: z.boolean(),
      }),
    ),
  },
  'GET /api/resources/:name': {
    summary: 'Fields and actions of a resource',
    params: named,
    /** With a project the options hold its own dictionary entries too. */
    query: z.object({ projectId: Id.optional() }),
    response: ResourceMeta,
  },
  'GET /api/views': {
    summary: 'Saved views of a resource: mine and the shared ones',
    query: z.object({ resource: z.string().max(60) }),
    response: z.array(SavedView),
  },
  'POST /api/views': { summary: 'Save a view', body: viewBody, response: SavedView },
  'PUT /api/views/:id': { summary: 'Change a view', params: idParams, body: viewBody, response: SavedView },
  'DELETE /api/views/:id': { summary: 'Remove a view', params: idParams, response: Done },
  'GET /api/imports': {
    summary: 'Imports of a resource, newest first',
    query: z.object({ resource: z.string().max(60), projectId: Id.optional() }),
    response: z.array(ResourceImport),
  },
  'GET /api/imports/:id': { summary: 'State of an import', params: idParams, response: ResourceImport },
  'POST /api/imports/:id/check': {
    summary: 'Dry run: check every row',
    params: idParams,
    body: ImportPlan,
    response: ResourceImport,
  },
  'POST /api/imports/:id/run': { summary: 'Store the rows', params: idParams, response: ResourceImport },
  'POST /api/imports/:id/undo': {
    summary: 'Take back what an import stored',
    params: idParams,
    response: ResourceImport,
  },
  'GET /api/imports/:id/faults': {
    summary: 'Bad cells of an import; also as a file: /api/imports/:id/faults.xlsx',
    params: idParams,
    query: z.object({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
    response: z.object({
      items: z.array(ImportFault),
      total: z.number().int(),
      next: z.number().int().nullable(),
    }),
  },
} as const satisfies RouteTable

/** Values of fields, checked by the resource's own schema. */
const Values = z.record(z.string(), z.unknown())
export const VersionBody = z.object({ version: z.number().int() })
export const ExportQuery = ResourceListQuery.omit({ limit: true, cursor: true }).extend({
  format: z.enum(['xlsx', 'csv']).default('xlsx'),
  /** Names of fields, separated by commas; default: those of the list. */
  columns: z.string().max(2_000).optional(),
})

/**
 * The routes that every resource has. Beside them three that carry files: `GET <path>/export` (`ExportQuery`),
 * `GET <path>/import-template?format=xlsx|csv`, `POST <path>/imports?projectId=&fileName=` (body: the file; answer:
 * `ResourceImport`).
 */
export const resourceRoutes = {
  list: { summary: 'List', query: ResourceListQuery, response: ResourceList },
  detail: { summary: 'One record', params: idParams, response: ResourceRow },
  create: { summary: 'Make a record', body: Values, response: ResourceRow },
  edit: {
    summary: 'Change fields of a record; 409 with the present record when `version` is not the newest',
    params: idParams,
    body: z.object({ version: z.number().int(), values: Values }),
    response: ResourceRow,
  },
  archive: { summary: 'Put a record away', params: idParams, body: VersionBody, response: ResourceRow },
  restore: { summary: 'Bring a record back', params: idParams, body: VersionBody, response: ResourceRow },
  bulk: { summary: 'Do something with many records', body: BulkBody, response: BulkResult },
  history: {
    summary: 'Who changed what',
    params: idParams,
    query: z.object({ cursor: z.string().max(100).optional() }),
    response: HistoryPage,
  },
  reveal: {
    summary: 'Show a masked field whole; written into the audit trail',
    params: idParams,
    body: z.object({ field: z.string().max(60) }),
    response: z.object({ value: z.string().nullable() }),
  },
} as const satisfies Record<string, RouteContract>

/** Method and what follows `/api/<path>`. */
export const resourcePaths: Readonly<Record<keyof typeof resourceRoutes, readonly [string, string]>> = {
  list: ['GET', ''],
  detail: ['GET', '/:id'],
  create: ['POST', ''],
  edit: ['PATCH', '/:id'],
  archive: ['POST', '/:id/archive'],
  restore: ['POST', '/:id/restore'],
  bulk: ['POST', '/bulk'],
  history: ['GET', '/:id/history'],
  reveal: ['POST', '/:id/reveal'],
}
