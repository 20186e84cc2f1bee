/** Templates as they were edited: versions per place (a project, or all of them), paper and language. */
import type pg from 'pg'
import { PrintContent, type PrintLanguage, type PrintPaper } from '@courtyard/protocols/contract'

type Client = Pick<pg.ClientBase, 'query'>

export interface TemplateSlot {
  readonly kind: string
  readonly paper: PrintPaper
  readonly language: PrintLanguage
}

export interface TemplateRow extends TemplateSlot {
  readonly projectId: string | null
  readonly version: number
  /** Null: given up again. */
  readonly content: PrintContent | null
  readonly note: string
  readonly createdBy: string
  readonly createdAt: Date
}

const FIELDS = `kind, paper, language, project_id AS "projectId", version, content, note, created_by AS "createdBy",
  created_at AS "createdAt"`

/** The newest version of each place that counts for the project: its own and that of all projects. */
export async function newestTemplates(
  client: Client,
  projectId: string | null,
  slot: Partial<TemplateSlot> = {},
): Promise<TemplateRow[]> {
  const { rows } = await client.query<TemplateRow>(
    `SELECT DISTINCT ON (kind, paper, language, project_id) ${FIELDS} FROM print_template_version
      WHERE (project_id IS NULL OR project_id = $1) AND ($2::text IS NULL OR kind = $2)
        AND ($3::text IS NULL OR paper = $3) AND ($4::text IS NULL OR language = $4)
      ORDER BY kind, paper, language, project_id, version DESC`,
    [projectId, slot.kind ?? null, slot.paper ?? null, slot.language ?? null],
  )
  return rows.map(readContent)
}

/** Newest first. */
export async function versionsAt(
  client: Client,
  projectId: string | null,
  { kind, paper, language }: TemplateSlot,
): Promise<TemplateRow[]> {
  const { rows } = await client.query<TemplateRow>(
    `SELECT ${FIELDS} FROM print_template_version
      WHERE project_id IS NOT DISTINCT FROM $1::uuid AND kind = $2 AND paper = $3 AND language = $4
      ORDER BY version DESC LIMIT 100`,
    [projectId, kind, paper, language],
  )
  return rows.map(readContent)
}

/** False when somebody was quicker. */
export async function insertTemplate(client: Client, row: TemplateRow): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO print_template_version (project_id, kind, paper, language, version, content, note, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
    [
      row.projectId,
      row.kind,
      row.paper,
      row.language,
      row.version,
      row.content && JSON.stringify(row.content),
      row.note,
      row.createdBy,
      row.createdAt,
    ],
  )
  return rowCount === 1
}

/** Blocks that a later program has more members of get their defaults. */
function readContent(row: TemplateRow): TemplateRow {
  return { ...row, content: row.content && PrintContent.parse(row.content) }
}
