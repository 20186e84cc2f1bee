/** Tells those who may manage a webhook when nothing gets through any more, once, and once when it does again. */
import type { PoolClient } from 'pg'
import { loadUser } from '../../../platform/auth/load-user.repository.ts'
import type { Hub } from '../../../platform/module.ts'
import { notify, type MessageTemplate } from '../../../platform/notify/index.ts'
import { say } from '../../../platform/reasons/reason.ts'
import { HOUR_MS } from '../../../platform/retry.ts'
import { webhookSettings } from '../../../platform/webhooks/settings.ts'
import { takeFailing, takeRecovered, usersWith } from './failing.repository.ts'
import { failingTemplate, recoveredTemplate } from './templates.ts'
import { webhookById } from './webhooks.repository.ts'
import { MANAGE, maySee } from './webhooks.service.ts'

type Variables = Parameters<typeof notify>[2]['variables']

/** Called now and then by every process that sends. */
export async function tellOfFailing(hub: Hub): Promise<void> {
  const { failingHours } = await hub.settings.get(webhookSettings)
  const now = hub.clock.now()
  await hub.db.transaction(async (tx) => {
    for (const id of await takeRecovered(tx)) await tell(hub, tx, id, recoveredTemplate, {})
    const before = new Date(now.getTime() - failingHours * HOUR_MS)
    for (const { id, failingSince, fault } of await takeFailing(tx, before, now)) {
      const hours = Math.floor((now.getTime() - failingSince.getTime()) / HOUR_MS)
      const why =
        fault === null ? { zh: '没有应答', en: 'no answer' } : { zh: say(fault, 'zh'), en: say(fault, 'en') }
      await tell(hub, tx, id, failingTemplate, { hours: String(hours), fault: why })
    }
  })
}

async function tell(
  hub: Hub,
  tx: PoolClient,
  id: string,
  template: Pick<MessageTemplate, 'key'>,
  variables: Variables,
): Promise<void> {
  const webhook = await webhookById(tx, id)
  if (!webhook) return
  const candidates = await usersWith(tx, MANAGE, hub.clock.now())
  const users = await Promise.all(candidates.map((userId) => loadUser(hub.db.pool, userId, hub.clock.now())))
  const ids = users.flatMap((user) => (user && maySee(user, webhook) ? [user.id] : []))
  const { place, name } = webhook
  await notify(hub, tx, {
    ...{ template: template.key, to: [{ kind: 'users', ids }], variables: { name, ...variables } },
    projectId: !place.all && place.projectIds.length === 1 ? place.projectIds[0]! : null,
    link: `/system/webhooks/${id}`,
  })
}
