/** Pictures of templates, ready to be drawn. */
import type { PrintContent } from '@courtyard/protocols/contract'
import type { Hub } from '../module.ts'
import { pictureIdsOf, picturesFor } from './pictures.repository.ts'

export interface PictureToDraw {
  readonly source: string
  readonly widthPx: number
  readonly heightPx: number
}
/** By id. */
export type PicturesToDraw = ReadonlyMap<string, PictureToDraw>

/** What a template of the project shows; a file that is gone is left out. */
export async function picturesToDraw(
  hub: Hub,
  projectId: string | null,
  content: PrintContent,
): Promise<PicturesToDraw> {
  const rows = await picturesFor(hub.db.pool, projectId, pictureIdsOf(content))
  const drawn = await Promise.all(
    rows.map(async ({ id, fileHash, mediaType, widthPx, heightPx }) => {
      const bytes = await hub.files.read(fileHash)
      if (!bytes) return []
      const source = `data:${mediaType};base64,${bytes.toString('base64')}`
      return [[id, { source, widthPx, heightPx }] as const]
    }),
  )
  return new Map(drawn.flat())
}
