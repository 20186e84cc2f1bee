import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { addPdfRoute, lookOf, printedRecord } from '../../platform/print/index.ts'
import { handoverPrint } from './handover-print.ts'

const READ = { permission: 'handover.read' } as const

export function addHandoverPrintRoutes(app: HubApp): void {
  route(app, 'GET /api/handovers/:id/print', READ, ({ hub, user, params, query, language }) =>
    printedRecord(hub, user, handoverPrint, params.id, lookOf(query, language)),
  )
  addPdfRoute(app, handoverPrint, '/api/handovers/:id', READ.permission)
}
