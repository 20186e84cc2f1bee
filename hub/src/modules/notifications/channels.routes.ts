import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { listChannels, setUpChannel, takeReceipt, tryChannel } from './channels.service.ts'
import { requireEverywhere } from './templates.routes.ts'

const manage = { permission: 'messages.manage' } as const

export function addChannelRoutes(app: HubApp): void {
  route(app, 'GET /api/message-channels', manage, ({ hub, user }) => {
    requireEverywhere(user)
    return listChannels(hub)
  })
  route(
    app,
    'PUT /api/message-channels/:channel',
    { ...manage, ownWord: true },
    ({ hub, user, audit, params, body }) => {
      requireEverywhere(user)
      return setUpChannel(hub, { user, audit }, params.channel, body)
    },
  )
  route(
    app,
    'POST /api/message-channels/:channel/test',
    { ...manage, perMinute: 20 },
    async ({ hub, user, audit, params, body, language, say }) => {
      requireEverywhere(user)
      const outcome = await tryChannel(hub, { user, audit }, params.channel, body.address, language)
      return { ...outcome, reason: outcome.reason ? say(outcome.reason) : null }
    },
  )
  route(
    app,
    'POST /api/message-receipts/:channel/:token',
    { permission: null, perMinute: 600 },
    async ({ hub, params, body }) => {
      await takeReceipt(hub, params.channel, params.token, body)
      return { ok: true as const }
    },
  )
}
