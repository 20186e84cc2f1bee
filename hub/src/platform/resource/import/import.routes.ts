/** Files of one resource: uploading one, and an empty one to fill in. */
import { ResourceImport } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { fileRoute } from '../../http/file-route.ts'
import { routeOf } from '../../http/route.ts'
import type { HubApp } from '../../module.ts'
import type { Resource } from '../resource.ts'
import { sheetLimits } from '../sheet/read-sheet.ts'
import { takeFile } from './import.service.ts'
import { templateOf } from './template.ts'

const UploadQuery = z.object({ projectId: z.uuid().optional(), fileName: z.string().max(200).default('') })
const TemplateQuery = z.object({
  projectId: z.uuid().optional(),
  format: z.enum(['xlsx', 'csv']).default('xlsx'),
})

export function addImportRoutes(app: HubApp, resource: Resource): void {
  const permission = resource.permissions.write
  const label = resource.label.en
  // A file may call itself what it likes: it is taken as bytes, whatever its type is said to be
  void app.register(async (files) => {
    files.removeAllContentTypeParsers()
    files.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    const contract = {
      summary: `${label}: upload a spreadsheet`,
      query: UploadQuery,
      response: ResourceImport,
    }
    const options = { permission, bodyLimit: sheetLimits.fileBytes, perMinute: 30 }
    routeOf(files, `POST /api/${resource.path}/imports`, contract, options, (call) => {
      const query = call.query as z.infer<typeof UploadQuery>
      const bytes = Buffer.isBuffer(call.body) ? call.body : Buffer.alloc(0)
      return takeFile(call, resource, { bytes, name: query.fileName, projectId: query.projectId ?? null })
    })
  })
  const contract = { summary: `${label}: a spreadsheet to fill in`, query: TemplateQuery, response: z.any() }
  fileRoute(app, `GET /api/${resource.path}/import-template`, contract, { permission }, (call) =>
    templateOf(call, resource, call.query),
  )
}
