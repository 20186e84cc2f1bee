/** Until when the verification of a meter counts (检定到期). */
import type { MeteringPointDetail } from '@courtyard/protocols/contract'
import type { Audit } from '../../platform/audit/audit.ts'
import type { CurrentUser } from '../../platform/auth/user.ts'
import { fail } from '../../platform/errors.ts'
import type { Hub } from '../../platform/module.ts'
import { remindSoon } from '../../platform/reminders/source.ts'
import { meteringErrors } from './errors.ts'
import { findPointFor, pointDetailFor } from './points.service.ts'
import { installedMeter, saveVerification } from './verification.repository.ts'

/**
 * Of the meter that the person saw installed, as long as nobody has said something else meanwhile.
 * @throws AppError `metering_point.no_meter`, `meter.verification_changed`
 */
export async function setVerification(
  hub: Hub,
  user: CurrentUser,
  pointId: string,
  input: { readonly meterId: string; readonly seen: string | null; readonly verifiedUntil: string | null },
  audit: Audit,
): Promise<MeteringPointDetail> {
  const { projectId } = await findPointFor(hub, user, pointId, 'metering.write')
  await hub.db.transaction(async (client) => {
    const meter = await installedMeter(client, pointId)
    if (!meter) throw fail(meteringErrors.noMeter, 'No meter is installed here')
    if (meter.id !== input.meterId || meter.verifiedUntil !== input.seen) {
      throw fail(meteringErrors.verificationChanged, 'Somebody has changed it meanwhile')
    }
    await saveVerification(client, meter.id, input.verifiedUntil)
    await audit(client, {
      action: 'meter.verify',
      entity: 'meter',
      entityId: meter.id,
      projectId,
      before: { verifiedUntil: meter.verifiedUntil },
      after: { serial: meter.serial, verifiedUntil: input.verifiedUntil },
    })
  })
  await remindSoon(hub, projectId)
  return pointDetailFor(hub, user, pointId, 'metering.write')
}
