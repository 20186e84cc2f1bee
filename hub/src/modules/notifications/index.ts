/** Messages for people: what I was told, the outbox, texts and channels; and the loop that sends. */
import { deliverDue } from '../../platform/notify/deliver.ts'
import type { Hub, HubApp, HubModule, Stop } from '../../platform/module.ts'
import { addChannelRoutes } from './channels.routes.ts'
import { addMyRoutes } from './mine.routes.ts'
import { addOutboxRoutes } from './outbox.routes.ts'
import './permissions.ts'
import { addTemplateRoutes } from './templates.routes.ts'

export const notificationsModule: HubModule = { name: 'notifications', routes, start }

/** A message leaves this long after it was written, at the latest. */
const LOOK_EVERY_MS = 2_000

function routes(app: HubApp): void {
  addMyRoutes(app)
  addOutboxRoutes(app)
  addTemplateRoutes(app)
  addChannelRoutes(app)
}

async function start(hub: Hub): Promise<Stop | void> {
  if (!hub.roles.has('worker')) return
  const stop = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    try {
      await deliverDue(hub, stop.signal)
    } catch (error) {
      hub.log.error({ err: error, module: 'notifications' }, 'the outbox could not be looked through')
    }
    if (!stop.signal.aborted) timer = setTimeout(begin, LOOK_EVERY_MS)
  }
  let running = Promise.resolve()
  const begin = () => {
    running = look()
  }
  begin()
  return async () => {
    stop.abort()
    clearTimeout(timer)
    await running
  }
}
