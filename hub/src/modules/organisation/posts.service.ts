import type { Post } from '@courtyard/protocols/contract'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { requireEverywhere, type Actor } from './actor.ts'
import { requireDepartment } from './departments.service.ts'
import { changed, organisationErrors } from './errors.ts'
import { postOf } from './organisation-view.ts'
import { organisationRepository, type Client, type PostRow } from './organisation.repository.ts'

/** @throws AppError `department.not_found` */
export async function createPost(
  hub: Hub,
  actor: Actor,
  input: { departmentId: string; name: string },
): Promise<Post> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    await organisationRepository.lockTree(tx)
    await requireDepartment(tx, input.departmentId)
    const row = await organisationRepository.insertPost(tx, input)
    await actor.audit(tx, { action: 'post.create', entity: 'post', entityId: row.id, after: input })
    return postOf(row)
  })
}

/** @throws AppError `post.not_found`, `organisation.changed` */
export async function changePost(
  hub: Hub,
  actor: Actor,
  id: string,
  { version, name }: { version: number; name: string },
): Promise<Post> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    const before = await requirePost(tx, id)
    if (!(await organisationRepository.updatePost(tx, id, version, { name }))) throw changed()
    await actor.audit(tx, {
      action: 'post.change',
      entity: 'post',
      entityId: id,
      before: { name: before.name },
      after: { name },
    })
    return postOf(await requirePost(tx, id))
  })
}

/** @throws AppError `post.not_found`, `post.in_use`, `organisation.changed` */
export async function archivePost(hub: Hub, actor: Actor, id: string, version: number): Promise<Post> {
  requireEverywhere(actor, 'organisation.write')
  return hub.db.prismaTransaction(async (tx) => {
    await organisationRepository.lockTree(tx)
    const before = await requirePost(tx, id)
    const people = await organisationRepository.countPostPeople(tx, id)
    if (people > 0) throw fail(organisationErrors.postInUse, 'Somebody still has this post', { people })
    const archivedAt = hub.clock.now()
    if (!(await organisationRepository.updatePost(tx, id, version, { archivedAt }))) throw changed()
    await actor.audit(tx, {
      action: 'post.archive',
      entity: 'post',
      entityId: id,
      before: { name: before.name },
    })
    return postOf(before)
  })
}

async function requirePost(client: Client, id: string): Promise<PostRow> {
  const row = await organisationRepository.post(client, id)
  if (!row) throw fail(organisationErrors.postNotFound, 'There is no such post', { id })
  return row
}
