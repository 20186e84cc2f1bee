/** Templates of printed documents, and documents as they are printed. */
import * as z from 'zod'
import {
  PrintContent,
  PrintLanguage,
  PrintPaper,
  PrintQuery,
  PrintedDocument,
  PrintedPage,
} from '../print.ts'
import { Done, Id, Instant, idParams, type RouteTable } from './route.ts'

const label = z.object({ zh: z.string(), en: z.string() })
const field = z.object({ name: z.string(), label, example: z.string() })

/** A kind of document, and what its templates can say. */
export const PrintKind = z.object({
  key: z.string(),
  label,
  papers: z.array(PrintPaper),
  /** `bill.number`. */
  fields: z.array(field),
  /** For tables; their fields are called `row.amount`. */
  lists: z.array(z.object({ name: z.string(), label, fields: z.array(field) })),
  filters: z.array(z.object({ name: z.string(), label })),
})
export type PrintKind = z.infer<typeof PrintKind>

/** Where the template in force comes from. */
export const PrintTemplateSource = z.enum(['builtin', 'everywhere', 'project'])
export type PrintTemplateSource = z.infer<typeof PrintTemplateSource>

export const PrintTemplateSummary = z.object({
  kind: z.string(),
  paper: PrintPaper,
  language: PrintLanguage,
  source: PrintTemplateSource,
  changedAt: Instant.nullable(),
  changedBy: z.string().nullable(),
})
export type PrintTemplateSummary = z.infer<typeof PrintTemplateSummary>

export const PrintTemplateVersion = z.object({
  version: z.number().int(),
  at: Instant,
  by: z.string(),
  note: z.string(),
  /** Null: back to the one that holds otherwise. */
  content: PrintContent.nullable(),
})
export type PrintTemplateVersion = z.infer<typeof PrintTemplateVersion>

export const PrintTemplateDetail = PrintTemplateSummary.extend({
  content: PrintContent,
  /** What would hold without an edit at this place. */
  inherited: PrintContent,
  /** Of the place that is edited; 0: never edited there. */
  version: z.number().int(),
  versions: z.array(PrintTemplateVersion),
})
export type PrintTemplateDetail = z.infer<typeof PrintTemplateDetail>

const kindParams = z.object({ kind: z.string().max(60) })
const slot = z.object({ paper: PrintPaper, language: PrintLanguage })
/** Null: of all projects that have none of their own. */
const place = z.object({ projectId: Id.nullable() })

/** A picture that templates can show. */
export const PrintPicture = z.object({
  id: Id,
  /** Null: of all projects. */
  projectId: Id.nullable(),
  name: z.string(),
  widthPx: z.number().int(),
  heightPx: z.number().int(),
  addedAt: Instant,
  addedBy: z.string(),
})
export type PrintPicture = z.infer<typeof PrintPicture>

export const PrintIssue = z.object({ path: z.string(), reason: z.string() })

export const printingRoutes = {
  'GET /api/print-kinds': { summary: 'Kinds of printed documents', response: z.array(PrintKind) },
  'GET /api/print-templates': {
    summary: 'Templates in force in a project; without one, those of all projects',
    query: z.object({ projectId: Id.optional() }),
    response: z.array(PrintTemplateSummary),
  },
  'GET /api/print-templates/:kind': {
    summary: 'A template with its versions',
    params: kindParams,
    query: slot.extend({ projectId: Id.optional() }),
    response: PrintTemplateDetail,
  },
  'PUT /api/print-templates/:kind': {
    summary: 'Change a template; what is printed from then on looks so',
    params: kindParams,
    body: slot.extend(place.shape).extend({
      /** The one that was read: an edit of something that changed meanwhile is refused. */
      version: z.number().int(),
      /** Null: back to the one that holds otherwise. */
      content: PrintContent.nullable(),
      note: z.string().trim().max(200).default(''),
    }),
    response: PrintTemplateDetail,
  },
  'POST /api/print-templates/:kind/preview': {
    summary: 'Pages of a record as a template would print them, and what is wrong with the template',
    params: kindParams,
    body: slot.extend({
      content: PrintContent,
      /** Null: with examples. */
      recordId: Id.nullable(),
      /** Where the template is to hold: its pictures count. */
      projectId: Id.nullable().default(null),
    }),
    response: z.object({ pages: z.array(PrintedPage), issues: z.array(PrintIssue) }),
  },
  'GET /api/print-templates/:kind/records': {
    summary: 'Records of a project to look at in a preview, newest first',
    params: kindParams,
    query: z.object({ projectId: Id, q: z.string().trim().max(100).optional() }),
    response: z.array(z.object({ id: Id, title: z.string() })),
  },
  'GET /api/print-pictures': {
    summary: 'Pictures for templates: those of a project and of all projects, newest first',
    query: z.object({ projectId: Id.optional() }),
    response: z.array(PrintPicture),
  },
  'POST /api/print-pictures': {
    summary: 'Add a picture; it is written anew, within 1,200 pixels',
    /** PNG, JPEG or WebP in base64; at most 8 MB. */
    body: place.extend({ name: z.string().trim().min(1).max(120), base64: z.string().min(20).max(11_200_000) }),
    response: PrintPicture,
  },
  'DELETE /api/print-pictures/:id': {
    summary: 'Remove a picture that no version of a template shows',
    params: idParams,
    response: Done,
  },
  'GET /api/print-pictures/:id/content': {
    summary: 'The picture itself',
    params: idParams,
    response: z.unknown(),
  },
  'GET /api/bills/:id/print': { summary: 'A bill as it is printed', params: idParams, query: PrintQuery, response: PrintedDocument },
  'GET /api/handovers/:id/print': { summary: 'The sheet of a handover as it is printed', params: idParams, query: PrintQuery, response: PrintedDocument },
  'GET /api/announcements/:id/print': { summary: 'An announcement as a notice', params: idParams, query: PrintQuery, response: PrintedDocument },
} as const satisfies RouteTable // prettier-ignore
