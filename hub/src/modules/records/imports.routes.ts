import type { ImportFault } from '@courtyard/protocols/contract'
import type { Readable } from 'node:stream'
import * as z from 'zod'
import { idParams } from '@courtyard/protocols/contract'
import { hasPermission } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import { fileRoute } from '../../platform/http/file-route.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import type { RecordContext } from '../../platform/resource/context.ts'
import {
  faultsOf,
  findOne,
  listImports,
  startCheck,
  startRun,
  startUndo,
} from '../../platform/resource/import/import.service.ts'
import { mediaTypes } from '../../platform/resource/sheet/sheet-file.ts'
import { writeXlsx } from '../../platform/resource/sheet/xlsx-writer.ts'
import { recordsErrors } from './errors.ts'

/** The right to write is asked for where the import is found: it depends on the resource. */
const signedIn = { permission: 'signedIn', forKeys: true } as const

export function addImportRoutes(app: HubApp): void {
  route(app, 'GET /api/imports', signedIn, async (call) => {
    const resource = app.resources.find(({ name }) => name === call.query.resource)
    if (!resource || !hasPermission(call.user, resource.permissions.write))
      throw fail(
        recordsErrors.resourceNotFound,
        `There is no resource ${call.query.resource} that you may write`,
      )
    return listImports(call, resource, call.query.projectId ?? null)
  })
  route(app, 'GET /api/imports/:id', signedIn, async (call) => findOne(call, call.params.id))
  route(app, 'POST /api/imports/:id/check', signedIn, async (call) =>
    startCheck(call, call.params.id, call.body),
  )
  route(app, 'POST /api/imports/:id/run', signedIn, async (call) => startRun(call, call.params.id))
  route(app, 'POST /api/imports/:id/undo', signedIn, async (call) => startUndo(call, call.params.id))
  route(app, 'GET /api/imports/:id/faults', signedIn, async (call) =>
    faultsOf(call, call.params.id, call.query),
  )
  const contract = { summary: 'Bad cells of an import as a spreadsheet', params: idParams, response: z.any() }
  fileRoute(app, 'GET /api/imports/:id/faults.xlsx', contract, signedIn, async (call) => {
    const { id } = call.params as { id: string }
    const one = await findOne(call, id)
    const heads =
      call.language === 'zh' ? ['行', '列', '单元格', '原因'] : ['Row', 'Column', 'Cell', 'Reason']
    const columns = heads.map((head, at) => ({
      head,
      kind: at === 0 ? ('number' as const) : ('text' as const),
      width: [8, 20, 30, 60][at]!,
    }))
    const stream = writeXlsx([{ name: heads[3]!, columns, rows: faultRows(call, id) }]) as Readable
    return {
      stream,
      fileName: `${one.fileName.replace(/\.\w+$/, '')} ${heads[3]}.xlsx`,
      mediaType: mediaTypes.xlsx,
    }
  })
}

async function* faultRows(context: RecordContext, id: string): AsyncGenerator<string[][]> {
  let after: number | null = 0
  while (after !== null) {
    const page: { items: ImportFault[]; next: number | null } = await faultsOf(context, id, {
      after,
      limit: 500,
    })
    yield page.items.map(({ row, column, cell, reason }) => [String(row), column, cell, reason])
    after = page.next
  }
}
