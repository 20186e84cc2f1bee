/** Two routes for every kind of printed document: its pages for the screen and the printer, and the PDF. */
import * as z from 'zod'
import { PrintQuery, idParams } from '@courtyard/protocols/contract'
import { fileRoute } from '../http/file-route.ts'
import type { Language } from '../reasons/reason.ts'
import type { HubApp } from '../module.ts'
import type { PrintKindDeclaration } from './kinds.ts'
import { pdfFile, printedRecord, type Look } from './print.ts'

/** Paper and language as asked for; else A4 and the language of who asks. */
export function lookOf(query: z.output<typeof PrintQuery>, language: Language): Look {
  return { paper: query.paper, language: query.language ?? language }
}

/** `GET <path>/pdf`, the path having one `:id`; `GET <path>/print` stands in the contract. */
export function addPdfRoute(app: HubApp, kind: PrintKindDeclaration, path: string, permission: string): void {
  const summary = `${kind.label.en} as PDF`
  const contract = { summary, params: idParams, query: PrintQuery, response: z.any() }
  fileRoute(app, `GET ${path}/pdf`, contract, { permission }, async (call) => {
    const { hub, user, language } = call
    const { id } = call.params as z.output<typeof idParams>
    const look = lookOf(call.query, language)
    return pdfFile(hub, await printedRecord(hub, user, kind, id, look))
  })
}
