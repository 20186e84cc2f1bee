import type { DefectState } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { opened } from './access.ts'
import { canMoveDefect, canStep } from './domain/handover-steps.ts'
import { handoverErrors } from './errors.ts'
import { tellOfDefects } from './news.ts'
import { defectHead, handoverHead, photoOf, setDefectState, setPhoto } from './handover.repository.ts'

interface ItemRef {
  readonly id: string
  readonly itemId: string
}

export async function addPhoto(
  hub: Hub,
  user: CurrentUser,
  { id, itemId }: ItemRef,
  base64: string,
  audit: Audit,
) {
  opened(user, await handoverHead(hub.db.pool, id), 'handover.write')
  const picture = await hub.files.keepPicture(Buffer.from(base64, 'base64'))
  await hub.db.transaction(async (client) => {
    const handover = (await handoverHead(client, id, true))!
    if (!canStep(handover.state, 'inspect')) throw fail(handoverErrors.wrongState, 'Not in its present state')
    const before = await photoOf(client, id, itemId)
    if (!(await setPhoto(client, id, itemId, picture)))
      throw fail(platformErrors.notFound, 'There is no such item')
    if (before) await hub.files.letGo(client, [before.hash])
    await audit(client, {
      action: 'handover.photo',
      entity: 'handover',
      entityId: id,
      projectId: handover.projectId,
      after: { itemId, fileSha256: picture.hash },
    })
  })
  return { ok: true } as const
}

export async function photoFor(hub: Hub, user: CurrentUser, { id, itemId }: ItemRef) {
  opened(user, await handoverHead(hub.db.pool, id), 'handover.read')
  const photo = await photoOf(hub.db.pool, id, itemId)
  const bytes = photo && (await hub.files.read(photo.hash))
  if (!bytes) throw fail(platformErrors.notFound, 'There is no photo')
  return { bytes, mediaType: photo.mediaType }
}

export async function moveDefect(
  hub: Hub,
  user: CurrentUser,
  id: string,
  input: { version: number; state: DefectState },
  audit: Audit,
) {
  opened(user, await defectHead(hub.db.pool, id), 'handover.write')
  await hub.db.transaction(async (client) => {
    const defect = (await defectHead(client, id, true))!
    if (defect.version !== input.version)
      throw fail(handoverErrors.changed, 'Somebody else changed the defect')
    if (!canMoveDefect(defect.state, input.state)) {
      throw fail(handoverErrors.wrongState, 'Not in its present state', { state: defect.state })
    }
    const now = hub.clock.now()
    await setDefectState(client, id, input.state, user.id, now)
    const news = { kind: 'edit', action: 'state', fields: ['state'] } as const
    await tellOfDefects(client, now, defect.projectId, [id], news)
    await audit(client, {
      action: 'defect.state',
      entity: 'defect',
      entityId: id,
      projectId: defect.projectId,
      before: { state: defect.state },
      after: { state: input.state },
    })
  })
  return { ok: true } as const
}
