/** Pictures that templates can show: logos, seals. */
import type { PrintContent, PrintPicture } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import {
  hasPermission,
  inWholeProject,
  requireWholeProject,
  type CurrentUser,
} from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import {
  deletePicture,
  findPicture,
  insertPicture,
  isPictureUsed,
  picturesFor,
  printErrors,
  type PictureRow,
  type TemplateFault,
} from '../../platform/print/index.ts'
import { MANAGE, requirePlace } from './place.ts'

/** Those of all projects are for everybody who edits templates. @throws AppError `project.not_found` */
export async function listPictures(
  hub: Hub,
  user: CurrentUser,
  projectId: string | null,
): Promise<PrintPicture[]> {
  if (projectId !== null) requireWholeProject(user, projectId, MANAGE)
  return (await picturesFor(hub.db.pool, projectId)).map(pictureView)
}

const pictureView = ({ addedAt, fileHash: _, mediaType: __, ...row }: PictureRow): PrintPicture => ({
  ...row,
  addedAt: addedAt.toISOString(),
})

interface NewPicture {
  readonly projectId: string | null
  readonly name: string
  readonly base64: string
}

/** @throws AppError `file.refused`, `file.too_large`, and those of `requirePlace` */
export async function addPicture(
  hub: Hub,
  { user, audit }: { readonly user: CurrentUser; readonly audit: Audit },
  { projectId, name, base64 }: NewPicture,
): Promise<PrintPicture> {
  requirePlace(user, projectId)
  // Kept first: a row never names a file that is not there
  const { hash, mediaType, widthPx, heightPx } = await hub.files.keepPrintable(Buffer.from(base64, 'base64'))
  return hub.db.transaction(async (tx) => {
    const facts = {
      projectId,
      name,
      fileHash: hash,
      mediaType,
      widthPx,
      heightPx,
    }
    const row = await insertPicture(tx, {
      ...facts,
      addedBy: user.displayName,
      addedAt: hub.clock.now(),
    })
    await audit(tx, {
      ...{
        action: 'printPicture.add',
        entity: 'printPicture',
        entityId: row.id,
        projectId,
      },
      after: { name, widthPx, heightPx, fileSha256: hash },
    })
    return pictureView(row)
  })
}

/** @throws AppError `print.picture_not_found`, `print.picture_used`, and those of `requirePlace` */
export async function removePicture(
  hub: Hub,
  { user, audit }: { readonly user: CurrentUser; readonly audit: Audit },
  id: string,
): Promise<void> {
  await hub.db.transaction(async (tx) => {
    const row = visible(user, await findPicture(tx, id, 'FOR UPDATE'), id)
    requirePlace(user, row.projectId)
    if (await isPictureUsed(tx, id))
      throw fail(printErrors.pictureUsed, 'A version of a template shows this picture')
    await deletePicture(tx, id)
    await hub.files.letGo(tx, [row.fileHash])
    await audit(tx, {
      ...{
        action: 'printPicture.remove',
        entity: 'printPicture',
        entityId: id,
        projectId: row.projectId,
      },
      before: { name: row.name, fileSha256: row.fileHash },
    })
  })
}

/** @throws AppError `print.picture_not_found` */
export async function pictureContent(
  hub: Hub,
  user: CurrentUser,
  id: string,
): Promise<{ bytes: Buffer; mediaType: string }> {
  const { fileHash, mediaType } = visible(user, await findPicture(hub.db.pool, id), id)
  const bytes = await hub.files.read(fileHash)
  if (!bytes) throw notFound(id)
  return { bytes, mediaType }
}

function visible(user: CurrentUser, row: PictureRow | null, id: string): PictureRow {
  if (!row) throw notFound(id)
  const { projectId } = row
  const isOpen = projectId === null ? hasPermission(user, MANAGE) : inWholeProject(user, projectId, MANAGE)
  if (!isOpen) throw notFound(id)
  return row
}

const notFound = (id: string) => fail(printErrors.pictureNotFound, 'There is no such picture', { id })

/** Blocks without a picture, or with one that is not there at this place. */
export async function pictureFaults(
  hub: Hub,
  projectId: string | null,
  content: PrintContent,
): Promise<TemplateFault[]> {
  const blocks = [...content.blocks.entries()].flatMap(([at, block]) =>
    block.kind === 'picture' ? [{ at, id: block.pictureId }] : [],
  )
  const rows = await picturesFor(
    hub.db.pool,
    projectId,
    blocks.map(({ id }) => id),
  )
  const known = new Set(rows.map(({ id }) => id))
  return blocks
    .filter(({ id }) => !known.has(id))
    .map(({ at, id }) => ({
      path: `blocks.${at}.pictureId`,
      reason: {
        code: id === '' ? 'print.no_picture' : 'print.unknown_picture',
      },
    }))
}
