import { ExportQuery } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { fileRoute } from '../../http/file-route.ts'
import type { HubApp } from '../../module.ts'
import type { Resource } from '../resource.ts'
import { exportRecords } from './export.service.ts'

/** `GET /api/<path>/export` */
export function addExportRoute(app: HubApp, resource: Resource): void {
  const summary = `${resource.label.en}: a list as a spreadsheet`
  const contract = { summary, query: ExportQuery, response: z.any() }
  const permission = resource.permissions.read
  fileRoute(app, `GET /api/${resource.path}/export`, contract, { permission }, async (call, gone) =>
    exportRecords(call, resource, call.query, gone),
  )
}
