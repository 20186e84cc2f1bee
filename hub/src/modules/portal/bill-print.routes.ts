/** The owner's own bill as a file. */
import * as z from 'zod'
import { PrintQuery } from '@courtyard/protocols/contract'
import { fileRoute } from '../../platform/http/file-route.ts'
import type { HubApp } from '../../platform/module.ts'
import { lookOf, pdfFile, printer } from '../../platform/print/index.ts'
import { billPrint, printedBill } from '../charging/index.ts'
import { fullBill } from './bills.service.ts'
import { DOOR, placeFor } from './portal-route.ts'

const params = z.object({ id: z.uuid(), billId: z.uuid() })

/** After `addDoor`. */
export function addBillPrintRoute(app: HubApp): void {
  const contract = { summary: 'My bill as PDF', params, query: PrintQuery, response: z.any() }
  const key = 'GET /api/portal/places/:id/bills/:billId/pdf'
  fileRoute(app, key, contract, { permission: DOOR }, async (call) => {
    const { hub, request, language } = call
    const { id, billId } = call.params as z.output<typeof params>
    const look = lookOf(call.query, language)
    const place = placeFor(request.portalVisitor!, id, 'bills')
    const { title, projectId, data } = printedBill(hub, await fullBill(hub, place, billId), look.language)
    const print = await printer(hub, billPrint, projectId, look)
    return pdfFile(hub, { title, pages: print({ projectId, title, data }) })
  })
}
