/** Bills as paper: one, or all of a run in one file. */
import * as z from 'zod'
import { PrintQuery, idParams, type PrintedPage } from '@courtyard/protocols/contract'
import { fileRoute, type FileAnswer } from '../../platform/http/file-route.ts'
import { route, type OpenCall } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { fail } from '../../platform/errors.ts'
import {
  addPdfRoute,
  lookOf,
  pdfFileOf,
  printedRecord,
  printer,
  type Look,
} from '../../platform/print/index.ts'
import { billPrint, printedBill } from './bill-print.ts'
import { readRun } from './bill-run.service.ts'
import type { RunRow } from './bill-runs.repository.ts'
import { findBill, issuedBillIds } from './bills.repository.ts'
import { chargingErrors } from './errors.ts'

const read = { permission: 'charging.read' } as const

/** `token`: chosen by the browser; live events `printing` with it tell how far the file is. */
const RunPrintQuery = PrintQuery.extend({ token: z.uuid().optional() })

export function billPrintRoutes(app: HubApp): void {
  route(app, 'GET /api/bills/:id/print', read, ({ hub, user, params, query, language }) =>
    printedRecord(hub, user, billPrint, params.id, lookOf(query, language)),
  )
  addPdfRoute(app, billPrint, '/api/bills/:id', read.permission)
  const contract = {
    summary: 'All bills of an issued run as one PDF, in the order of their numbers',
    params: idParams,
    query: RunPrintQuery,
    response: z.any(),
  }
  fileRoute(app, 'GET /api/bill-runs/:id/pdf', contract, read, printRun)
}

async function printRun(call: OpenCall, gone: AbortSignal): Promise<FileAnswer> {
  const { hub, user, audit, language } = call
  const { id } = call.params as z.output<typeof idParams>
  const query = call.query as z.output<typeof RunPrintQuery>
  const run = await readRun(hub, user, id)
  if (run.status !== 'issued') {
    throw fail(chargingErrors.runNotIssued, 'Only an issued run is printed', { status: run.status })
  }
  const look = lookOf(query, language)
  // Before the answer begins: a template that fails is told, not a broken file
  const print = await printer(hub, billPrint, run.projectId, look)
  const ids = await issuedBillIds(hub.db.pool, id)
  await hub.db.transaction((tx) =>
    audit(tx, {
      action: 'billRun.print',
      entity: 'billRun',
      entityId: id,
      projectId: run.projectId,
      after: { bills: ids.length, paper: look.paper },
    }),
  )
  const title = [run.projectCode, run.month, run.itemCode].join(' ')
  return pdfFileOf(hub, title, pagesOfRun(call, run, ids, { print, look, gone, token: query.token }))
}

/** Looked up at the same time. */
const CHUNK = 4
const PROGRESS_MS = 300

interface Printing {
  readonly print: Awaited<ReturnType<typeof printer>>
  readonly look: Look
  readonly gone: AbortSignal
  readonly token: string | undefined
}

async function* pagesOfRun(
  { hub, user }: OpenCall,
  run: RunRow,
  ids: readonly string[],
  { print, look, gone, token }: Printing,
): AsyncGenerator<readonly PrintedPage[]> {
  let told = 0
  const tell = (done: number) => {
    if (!token || (done < ids.length && performance.now() - told < PROGRESS_MS)) return
    told = performance.now()
    const scope = { projectId: run.projectId, userId: user.id }
    hub.live.publish('printing', { token, done, total: ids.length }, scope)
  }
  for (let at = 0; at < ids.length; at += CHUNK) {
    gone.throwIfAborted()
    const bills = await Promise.all(ids.slice(at, at + CHUNK).map((id) => findBill(hub.db.pool, user, id)))
    for (const [place, bill] of bills.entries()) {
      // Issued bills stay; only one that this person may see no longer is passed over
      if (bill) yield print(printedBill(hub, bill, look.language))
      tell(at + place + 1)
    }
  }
}
