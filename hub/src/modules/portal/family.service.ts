import type { PortalFamilyMember } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import { maskPhone } from '../../platform/auth/sensitive.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { notify } from '../../platform/notify/index.ts'
import type { Language } from '../../platform/reasons/reason.ts'
import type { Place } from './domain/place.ts'
import { portalErrors } from './errors.ts'
import { endMember, insertMember, lockRole, membersOf } from './family.repository.ts'
import { INVITED_TEMPLATE } from './messages.ts'
import { phoneDigits } from './places.repository.ts'
import type { Visitor } from './sessions.ts'

const MOST_MEMBERS = 10

interface Invitation {
  readonly phone: string
  readonly name: string
  readonly sees: { readonly bills: boolean; readonly energy: boolean }
}

/**
 * Lets a phone look at the room for as long as the role goes on.
 * @throws AppError `portal.not_shown` for who may not invite, `portal.already_invited`, `portal.too_many_invited`
 */
export async function invite(
  hub: Hub,
  place: Place,
  { phone, name, sees }: Invitation,
  { audit, language }: { audit: Audit; language: Language },
): Promise<PortalFamilyMember> {
  if (!place.invites) throw fail(portalErrors.notShown, 'Only owners and tenants invite')
  const { partyRoleId } = place
  const projectId = place.project.id
  return hub.db.transaction(async (client) => {
    const now = hub.clock.now()
    if (!(await lockRole(client, partyRoleId, now))) throw fail(portalErrors.noPlace, 'There is no such room')
    if ((await membersOf(client, partyRoleId)).length >= MOST_MEMBERS) {
      throw fail(portalErrors.tooManyInvited, `Not more than ${MOST_MEMBERS}`, { most: MOST_MEMBERS })
    }
    const digits = await phoneDigits(client, phone)
    const member = await insertMember(client, { partyRoleId, projectId, phone: digits, name, sees }, now)
    if (!member) throw fail(portalErrors.alreadyInvited, 'This phone is invited already')
    const after = { name, phone: maskPhone(digits), sees, roomId: place.room.id }
    await audit(client, {
      action: 'portal.invite',
      entity: 'portalFamily',
      entityId: member.id,
      projectId,
      after,
    })
    const room = `${place.building.name} ${place.room.code}`
    await notify(hub, client, {
      template: INVITED_TEMPLATE,
      to: [{ kind: 'address', channel: 'sms', address: phone, name, language }],
      variables: { inviter: place.partyName, room, address: `${hub.publicUrl}/portal` },
      projectId,
    })
    return member
  })
}

/** @throws AppError `not_found` for those of others, and for what has ended */
export async function endInvitation(
  hub: Hub,
  visitor: Visitor,
  id: string,
  audit: Audit,
): Promise<{ ok: true }> {
  const roleIds = visitor.places.filter(({ invites }) => invites).map(({ partyRoleId }) => partyRoleId)
  await hub.db.transaction(async (client) => {
    const ended = await endMember(client, id, roleIds, hub.clock.now())
    if (!ended) throw fail(platformErrors.notFound, 'There is no such invitation')
    const before = { phone: maskPhone(ended.phone) }
    const { projectId } = ended
    await audit(client, {
      action: 'portal.endInvitation',
      entity: 'portalFamily',
      entityId: id,
      projectId,
      before,
    })
  })
  return { ok: true }
}
