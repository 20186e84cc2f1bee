/** Pictures that templates can show: of a project, or of all of them. */
import type pg from 'pg'
import type { PrintContent } from '@courtyard/protocols/contract'

type Client = Pick<pg.ClientBase, 'query'>

export interface PictureRow {
  readonly id: string
  readonly projectId: string | null
  readonly name: string
  readonly fileHash: string
  readonly mediaType: string
  readonly widthPx: number
  readonly heightPx: number
  readonly addedBy: string
  readonly addedAt: Date
}

const FIELDS = `id, project_id AS "projectId", name, file_hash AS "fileHash", media_type AS "mediaType",
  width_px AS "widthPx", height_px AS "heightPx", added_by AS "addedBy", added_at AS "addedAt"`

/** Those that the content names. */
export const pictureIdsOf = ({ blocks }: PrintContent): string[] => [
  ...new Set(blocks.flatMap((block) => (block.kind === 'picture' ? [block.pictureId] : []))),
]

/** Newest first; with `ids` only these. Those of another project are not found. */
export async function picturesFor(
  client: Client,
  projectId: string | null,
  ids: readonly string[] | null = null,
): Promise<PictureRow[]> {
  if (ids?.length === 0) return []
  const { rows } = await client.query<PictureRow>(
    `SELECT ${FIELDS} FROM print_picture WHERE (project_id IS NULL OR project_id = $1)
        AND ($2::text[] IS NULL OR id::text = ANY($2)) ORDER BY added_at DESC, id`,
    [projectId, ids],
  )
  return rows
}

/** Holds them until the transaction ends: nobody removes what it is about to name. @returns how many there are */
export async function holdPictures(
  client: Client,
  projectId: string | null,
  ids: readonly string[],
): Promise<number> {
  const { rowCount } = await client.query(
    `SELECT FROM print_picture WHERE (project_id IS NULL OR project_id = $1) AND id::text = ANY($2) FOR KEY SHARE`,
    [projectId, ids],
  )
  return rowCount ?? 0
}

export async function findPicture(
  client: Client,
  id: string,
  lock: '' | 'FOR UPDATE' = '',
): Promise<PictureRow | null> {
  const { rows } = await client.query<PictureRow>(
    `SELECT ${FIELDS} FROM print_picture WHERE id = $1 ${lock}`,
    [id],
  )
  return rows[0] ?? null
}

/** The same picture twice at one place is one: it then has the newer name. */
export async function insertPicture(client: Client, row: Omit<PictureRow, 'id'>): Promise<PictureRow> {
  const { rows } = await client.query<PictureRow>(
    `INSERT INTO print_picture (project_id, name, file_hash, media_type, width_px, height_px, added_by, added_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (file_hash, coalesce(project_id, '00000000-0000-0000-0000-000000000000'))
     DO UPDATE SET name = excluded.name RETURNING ${FIELDS}`,
    [
      row.projectId,
      row.name,
      row.fileHash,
      row.mediaType,
      row.widthPx,
      row.heightPx,
      row.addedBy,
      row.addedAt,
    ],
  )
  return rows[0]!
}

/** Whether any version of any template shows it: an old one may be taken up again. */
export async function isPictureUsed(client: Client, id: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM print_template_version WHERE content -> 'blocks' @> jsonb_build_array(jsonb_build_object('pictureId', $1::text)) LIMIT 1`,
    [id],
  )
  return rowCount === 1
}

export async function deletePicture(client: Client, id: string): Promise<void> {
  await client.query(`DELETE FROM print_picture WHERE id = $1`, [id])
}
