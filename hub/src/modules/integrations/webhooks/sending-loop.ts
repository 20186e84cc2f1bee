/** Looks for what is due as long as the hub runs; every process with the role `worker` does. */
import { removeOldEvents } from '../../../platform/webhooks/delivery.repository.ts'
import type { WebhookSender } from '../../../platform/webhooks/sender.ts'
import type { Hub, Stop } from '../../../platform/module.ts'
import { HOUR_MS } from '../../../platform/retry.ts'
import { tellOfFailing } from './failing.service.ts'

const LOOK_EVERY_MS = 1_000
const TELL_EVERY_MS = 60_000
/** What is over is kept so long. */
export const KEEP_DAYS = 30

export function startSending(hub: Hub, sender: WebhookSender): Stop {
  const log = hub.log.child({ module: 'webhooks' })
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let looking = Promise.resolve()
  let cleanedMs = 0
  // Not at once: a hub that was off tries first what waits
  let toldMs = Date.now()
  const look = async (): Promise<void> => {
    try {
      await sender.begin()
      if (Date.now() - toldMs > TELL_EVERY_MS) {
        toldMs = Date.now()
        await tellOfFailing(hub)
      }
      if (Date.now() - cleanedMs > HOUR_MS) {
        cleanedMs = Date.now()
        await removeOldEvents(hub.db.pool, new Date(hub.clock.now().getTime() - KEEP_DAYS * 24 * HOUR_MS))
      }
    } catch (error) {
      log.error({ err: error }, 'webhooks could not be looked through')
    }
    if (!stopped) timer = setTimeout(again, LOOK_EVERY_MS)
  }
  const again = () => {
    looking = look()
  }
  again()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await looking
    await sender.settled()
  }
}
