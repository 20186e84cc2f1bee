/** HTTP ↔ functions of the kit, for one resource. */
import * as z from 'zod'
import { routeOf, type OpenCall } from '../http/route.ts'
import { invalidInput } from '../errors.ts'
import type { HubApp } from '../module.ts'
import { reasonOfIssue, withInput } from '../reasons/zod-reason.ts'
import { contractOf, routeKeyOf, type KitRoute } from './contract.ts'
import { addExportRoute } from './export/export.routes.ts'
import { historyOf } from './history.ts'
import { addImportRoutes } from './import/import.routes.ts'
import {
  archiveRecord,
  changeMany,
  createRecord,
  editRecord,
  findRecord,
  listRecords,
  revealField,
} from './records.service.ts'
import type { Resource } from './resource.ts'

type Handler = (call: OpenCall, resource: Resource) => Promise<unknown>

const EditBody = z.object({ version: z.number().int(), values: z.record(z.string(), z.unknown()) })
const CreateBody = z.record(z.string(), z.unknown())
const params = (call: OpenCall) => call.params as { id: string }
const versionOf = (call: OpenCall) => (call.body as { version: number }).version

const handlers: Readonly<Record<KitRoute, Handler>> = {
  list: (call, resource) => listRecords(call, resource, call.query),
  detail: (call, resource) => findRecord(call, resource, params(call).id),
  create: (call, resource) => createRecord(call, resource, bodyOf(CreateBody, call)),
  edit: (call, resource) => editRecord(call, resource, params(call).id, bodyOf(EditBody, call)),
  archive: (call, resource) => archiveRecord(call, resource, params(call).id, versionOf(call), 'archive'),
  restore: (call, resource) => archiveRecord(call, resource, params(call).id, versionOf(call), 'restore'),
  bulk: (call, resource) => changeMany(call, resource, call.body),
  history: (call, resource) => historyOf(call, resource, params(call).id, (call.query as Cursor).cursor),
  reveal: async (call, resource) => {
    const value = await revealField(call, resource, params(call).id, (call.body as { field: string }).field)
    return { value }
  },
}
interface Cursor {
  readonly cursor?: string
}

const reading = new Set<KitRoute>(['list', 'detail', 'history', 'reveal'])

/** Each of them can be left out or made by the module itself: `routes` of the declaration. */
export function addResourceRoutes(app: HubApp, resource: Resource): void {
  for (const [name, handler] of Object.entries(handlers) as [KitRoute, Handler][]) {
    const own = resource.routes?.[name]
    if (own === false) continue
    if (own) own(app, resource)
    else addKitRoute(app, resource, name, handler)
  }
  const { export: ownExport, import: ownImport } = resource.routes ?? {}
  if (ownExport) ownExport(app, resource)
  else if (ownExport !== false) addExportRoute(app, resource)
  if (ownImport) ownImport(app, resource)
  else if (ownImport !== false) addImportRoutes(app, resource)
}

function addKitRoute(app: HubApp, resource: Resource, name: KitRoute, handler: Handler): void {
  // Actions may ask for a right of their own: the service looks at that
  const permission = name === 'bulk' ? 'signedIn' : resource.permissions[reading.has(name) ? 'read' : 'write']
  const checksBody = name !== 'create' && name !== 'edit'
  const options = { permission, checksBody, forKeys: true } as const
  routeOf(app, routeKeyOf(resource, name), contractOf(resource, name), options, (call) =>
    handler(call, resource),
  )
}

/** Fields are checked by the kit, custom ones too, and named alike in forms, lists and files. */
function bodyOf<S extends z.ZodType>(schema: S, call: OpenCall): z.output<S> {
  const parsed = schema.safeParse(call.body, withInput)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.join('.'),
    reason: reasonOfIssue(issue),
  }))
  throw invalidInput('The input is not valid', issues)
}
