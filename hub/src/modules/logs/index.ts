/** Who signed in and who did what, as people read it. */
import { AuditFilter, LogExport, SignInFilter } from '@courtyard/protocols/contract'
import * as z from 'zod'
import { fileRoute } from '../../platform/http/file-route.ts'
import { route } from '../../platform/http/route.ts'
import type { HubApp, HubModule } from '../../platform/module.ts'
import { modulesOfLog } from './audit-words.ts'
import { exportAudit, exportSignIns } from './log-files.ts'
import './log-words.ts'
import { listAudit, listSignIns } from './logs.service.ts'
import './permissions.ts'

export const logsModule: HubModule = { name: 'logs', routes }

const operations = { permission: 'audit.read' } as const
const signIns = { permission: 'signIns.read' } as const

function routes(app: HubApp): void {
  route(app, 'GET /api/audit', operations, (call) => listAudit(call, call.query))
  route(app, 'GET /api/audit/modules', operations, async ({ language }) =>
    modulesOfLog().map(({ code, label }) => ({ code, text: label[language] })),
  )
  route(app, 'GET /api/sign-ins', signIns, (call) => listSignIns(call, call.query))
  const ofOperations = {
    summary: 'The operation log as a spreadsheet',
    query: AuditFilter.extend(LogExport.shape),
    response: z.any(),
  }
  fileRoute(app, 'GET /api/audit/export', ofOperations, operations, (call, gone) =>
    exportAudit(call, call.query, gone),
  )
  const ofSignIns = {
    summary: 'The sign-in log as a spreadsheet',
    query: SignInFilter.extend(LogExport.shape),
    response: z.any(),
  }
  fileRoute(app, 'GET /api/sign-ins/export', ofSignIns, signIns, (call, gone) =>
    exportSignIns(call, call.query, gone),
  )
}
