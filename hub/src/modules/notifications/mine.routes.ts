import type { MessagePreferences } from '@courtyard/protocols/contract'
import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { tellBrowsers } from '../../platform/notify/outbox.repository.ts'
import { pageOfRows, placeOf } from './cursor.ts'
import {
  countUnread,
  markRead,
  myMessages,
  preferenceOf,
  savePreference,
  type PreferenceRow,
} from './mine.repository.ts'
import { templateRef } from './template-ref.ts'

/** Everyone has messages: whose they are is looked at where they are read. */
const anyone = { permission: 'signedIn' } as const

export function addMyRoutes(app: HubApp): void {
  route(app, 'GET /api/messages', anyone, async ({ hub, user, query }) => {
    const { q, limit, state } = query
    const filter = { unread: state === 'unread', q, after: placeOf(query.cursor), limit }
    const { rows, nextCursor } = pageOfRows(await myMessages(hub.db.pool, user.id, filter), limit)
    const items = rows.map((row) => ({
      ...row,
      template: templateRef(row.template),
      createdAt: row.createdAt.toISOString(),
      readAt: row.readAt?.toISOString() ?? null,
    }))
    return { items, nextCursor }
  })
  route(app, 'GET /api/messages/count', anyone, async ({ hub, user }) => ({
    unread: await countUnread(hub.db.pool, user.id),
  }))
  // Not in the audit trail: when somebody reads is his own affair
  route(app, 'POST /api/messages/read', { ...anyone, ownWord: true }, ({ hub, user, body }) =>
    hub.db.transaction(async (tx) => {
      await markRead(tx, user.id, body.ids ?? null, body.read, hub.clock.now())
      await tellBrowsers(tx, [user.id])
      return { unread: await countUnread(tx, user.id) }
    }),
  )
  addPreferences(app)
}

function addPreferences(app: HubApp): void {
  route(app, 'GET /api/messages/preferences', anyone, async ({ hub, user }) =>
    preferencesOf(await preferenceOf(hub.db.pool, user.id)),
  )
  route(app, 'PUT /api/messages/preferences', { ...anyone, ownWord: true }, ({ hub, user, audit, body }) =>
    hub.db.transaction(async (tx) => {
      const before = preferencesOf(await preferenceOf(tx, user.id))
      await savePreference(
        tx,
        user.id,
        {
          language: body.language,
          mutedChannels: [...new Set(body.mutedChannels)],
          quietFrom: body.quiet?.from ?? null,
          quietTo: body.quiet?.to ?? null,
          mutedUntil: body.mutedUntil ? new Date(body.mutedUntil) : null,
        },
        hub.clock.now(),
      )
      const after = preferencesOf(await preferenceOf(tx, user.id))
      await audit(tx, { action: 'messages.preferences', entity: 'user', entityId: user.id, before, after })
      return after
    }),
  )
}

function preferencesOf(row: PreferenceRow | null): MessagePreferences {
  return {
    language: row?.language ?? 'zh',
    mutedChannels: row?.mutedChannels ?? [],
    quiet: row?.quietFrom && row.quietTo ? { from: row.quietFrom, to: row.quietTo } : null,
    mutedUntil: row?.mutedUntil?.toISOString() ?? null,
  }
}
