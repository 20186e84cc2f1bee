/** Records onto paper: the template in force, filled in, laid out. */
import { Readable } from 'node:stream'
import type pg from 'pg'
import type {
  PrintContent,
  PrintLanguage,
  PrintPaper,
  PrintTemplateSource,
  PrintedDocument,
  PrintedPage,
} from '@courtyard/protocols/contract'
import type { CurrentUser } from '../auth/user.ts'
import { fail } from '../errors.ts'
import type { FileAnswer } from '../http/file-route.ts'
import type { Hub } from '../module.ts'
import { printErrors } from './errors.ts'
import { soundTemplate } from './fill.ts'
import { textWidth } from './fonts.ts'
import { builtinOf, type PrintKindDeclaration, type PrintRecord } from './kinds.ts'
import { layOut } from './layout.ts'
import { pdfOf } from './pdf.ts'
import { picturesToDraw, type PicturesToDraw } from './pictures.ts'
import { newestTemplates, type TemplateRow } from './templates.repository.ts'

type Client = Pick<pg.ClientBase, 'query'>

export interface Look {
  readonly paper: PrintPaper
  readonly language: PrintLanguage
}

export interface TemplateInForce {
  readonly content: PrintContent
  readonly source: PrintTemplateSource
  /** The version that it stands in; null for that of the program. */
  readonly row: TemplateRow | null
}

/** That of the project, else of all projects, else of the program. @throws AppError `print.paper_not_made` */
export async function templateInForce(
  client: Client,
  kind: PrintKindDeclaration,
  projectId: string | null,
  { paper, language }: Look,
): Promise<TemplateInForce> {
  const builtin = builtinOf(kind, paper, language)
  const rows = await newestTemplates(client, projectId, { kind: kind.key, paper, language })
  return chooseTemplate(rows, builtin)
}

export function chooseTemplate(rows: readonly TemplateRow[], builtin: PrintContent): TemplateInForce {
  const own = rows.find(({ projectId, content }) => projectId !== null && content !== null)
  if (own?.content) return { content: own.content, source: 'project', row: own }
  const common = rows.find(({ projectId, content }) => projectId === null && content !== null)
  if (common?.content) return { content: common.content, source: 'everywhere', row: common }
  return { content: builtin, source: 'builtin', row: null }
}

/** Pages of records of one project: the template is read once for all of them. */
export async function printer(
  hub: Hub,
  kind: PrintKindDeclaration,
  projectId: string,
  look: Look,
): Promise<(record: PrintRecord) => PrintedPage[]> {
  const { content } = await templateInForce(hub.db.pool, kind, projectId, look)
  return printerOf(kind, content, look, await picturesToDraw(hub, projectId, content))
}

/** @throws AppError `print.template_failed` */
export function printerOf(
  kind: PrintKindDeclaration,
  content: PrintContent,
  { paper, language }: Look,
  pictures: PicturesToDraw,
): (record: Pick<PrintRecord, 'data'>) => PrintedPage[] {
  const template = soundTemplate(kind, content, language)
  return ({ data }) => layOut(template.fill(data), paper, textWidth, pictures)
}

/** @throws AppError `print.record_not_found` */
export async function printedRecord(
  hub: Hub,
  user: CurrentUser,
  kind: PrintKindDeclaration,
  id: string,
  look: Look,
): Promise<PrintedDocument & { readonly projectId: string }> {
  const record = await kind.load(hub, user, id, look.language)
  if (!record) throw fail(printErrors.recordNotFound, 'There is nothing to print', { id })
  const print = await printer(hub, kind, record.projectId, look)
  return { title: record.title, projectId: record.projectId, ...look, pages: print(record) }
}

/** The document as a file. */
export function pdfFile(hub: Hub, { title, pages }: Pick<PrintedDocument, 'title' | 'pages'>): FileAnswer {
  return pdfFileOf(hub, title, [pages])
}

/** Documents as one file, made while it is read. */
export function pdfFileOf(
  hub: Hub,
  title: string,
  documents: AsyncIterable<readonly PrintedPage[]> | Iterable<readonly PrintedPage[]>,
): FileAnswer {
  const chunks = pdfOf(documents, { title, madeAt: hub.clock.now() })
  return {
    stream: Readable.from(chunks, { objectMode: false }),
    fileName: `${title.replaceAll(/[\\/:*?"<>|\n]/g, ' ')}.pdf`,
    mediaType: 'application/pdf',
  }
}
