import { route } from '../../platform/http/route.ts'
import type { HubApp, Hub } from '../../platform/module.ts'
import { markReadByParties } from '../../platform/notify/party-inbox.repository.ts'
import { auditAs } from '../../platform/audit/audit.ts'
import { fail, platformErrors } from '../../platform/errors.ts'
import type { PortalHome } from '@courtyard/protocols/contract'
import { ownBills, ownTotal } from './bills.repository.ts'
import { addAnnouncementPrintRoutes } from './announcement-print.ts'
import { addBillPrintRoute } from './bill-print.routes.ts'
import { ownBill } from './bills.service.ts'
import type { Place } from './domain/place.ts'
import { endInvitation, invite } from './family.service.ts'
import { membersOf } from './family.repository.ts'
import { announcementsFor, messagesOf, officeOf, unreadOf } from './news.repository.ts'
import {
  actorOf,
  addDoor,
  clearPortalCookie,
  placeFor,
  portalRoute,
  setPortalCookie,
} from './portal-route.ts'
import { removeSession, removeSessionsOf } from './sessions.repository.ts'
import type { Visitor } from './sessions.ts'
import { sendCode, sessionBody, signIn } from './sign-in.service.ts'
import { monthsOf, usageOf } from './usage.service.ts'

export function addPortalRoutes(app: HubApp): void {
  addDoor(app)
  sessionRoutes(app)
  roomRoutes(app)
  familyRoutes(app)
  messageRoutes(app)
  addBillPrintRoute(app)
  addAnnouncementPrintRoutes(app)
}

function sessionRoutes(app: HubApp): void {
  const everybody = { permission: null } as const
  route(app, 'POST /api/portal/codes', { ...everybody, perMinute: 10 }, ({ hub, body, request, language }) =>
    sendCode(hub, { phone: body.phone, ip: request.ip, language }),
  )
  route(app, 'POST /api/portal/sign-in', { ...everybody, perMinute: 20 }, async (call) => {
    const { hub, body, request, reply } = call
    const { secret, session } = await signIn(hub, body, {
      ip: request.ip,
      userAgent: request.headers['user-agent'] ?? null,
      requestId: request.id,
      audit: (phone) => auditAs(actorOf(request, phone)),
    })
    setPortalCookie(request, reply, secret)
    return session
  })
  portalRoute(app, 'GET /api/portal/session', async ({ visitor }) =>
    sessionBody(visitor.phone, visitor.csrfToken, visitor.places),
  )
  portalRoute(app, 'POST /api/portal/sign-out', async ({ hub, visitor, request, reply }) => {
    await removeSession(hub.db.pool, visitor.sessionId)
    clearPortalCookie(request, reply)
    return { ok: true } as const
  })
  portalRoute(
    app,
    'POST /api/portal/sign-out-everywhere',
    async ({ hub, visitor, request, reply, audit }) => {
      await hub.db.transaction(async (client) => {
        await removeSessionsOf(client, visitor.phone)
        await audit(client, { action: 'portal.signOutEverywhere', entity: 'portal' })
      })
      clearPortalCookie(request, reply)
      return { ok: true } as const
    },
  )
}

function roomRoutes(app: HubApp): void {
  portalRoute(app, 'GET /api/portal/places/:id/home', ({ hub, visitor, params }) =>
    homeOf(hub, visitor, placeFor(visitor, params.id)),
  )
  portalRoute(app, 'GET /api/portal/places/:id/bills', ({ hub, visitor, params }) =>
    ownBills(hub.db.pool, placeFor(visitor, params.id, 'bills')),
  )
  portalRoute(app, 'GET /api/portal/places/:id/bills/:billId', ({ hub, visitor, params }) =>
    ownBill(hub, placeFor(visitor, params.id, 'bills'), params.billId),
  )
  portalRoute(app, 'GET /api/portal/places/:id/usage', ({ hub, visitor, params, query }) =>
    usageOf(hub, placeFor(visitor, params.id, 'energy'), query),
  )
  portalRoute(app, 'GET /api/portal/places/:id/announcements', ({ hub, visitor, params }) =>
    announcementsFor(hub.db.pool, placeFor(visitor, params.id), hub.clock.now()),
  )
}

async function homeOf(hub: Hub, visitor: Visitor, place: Place): Promise<PortalHome> {
  const { pool } = hub.db
  const [months, announcements, unreadMessages, office, bills] = await Promise.all([
    monthsOf(hub, place),
    announcementsFor(pool, place, hub.clock.now(), 3),
    unreadOf(pool, partiesOf(visitor)),
    officeOf(pool, place.project.id),
    place.sees.bills ? billsOf(hub, place) : null,
  ])
  return { bills, ...months, announcements, unreadMessages, office }
}

async function billsOf(hub: Hub, place: Place): Promise<PortalHome['bills']> {
  const { pool } = hub.db
  const [total, [latest]] = await Promise.all([ownTotal(pool, place), ownBills(pool, place, 1)])
  return { ...total, latest: latest ?? null }
}

function familyRoutes(app: HubApp): void {
  portalRoute(app, 'GET /api/portal/places/:id/family', async ({ hub, visitor, params }) => {
    const place = placeFor(visitor, params.id)
    return place.invites ? membersOf(hub.db.pool, place.partyRoleId) : []
  })
  portalRoute(app, 'POST /api/portal/places/:id/family', ({ hub, visitor, params, body, audit, language }) =>
    invite(hub, placeFor(visitor, params.id), body, { audit, language }),
  )
  portalRoute(app, 'POST /api/portal/family/:id/end', ({ hub, visitor, params, audit }) =>
    endInvitation(hub, visitor, params.id, audit),
  )
}

function messageRoutes(app: HubApp): void {
  portalRoute(app, 'GET /api/portal/messages', ({ hub, visitor }) =>
    messagesOf(hub.db.pool, partiesOf(visitor)),
  )
  portalRoute(app, 'POST /api/portal/messages/:id/read', async ({ hub, visitor, params }) => {
    const known = await markReadByParties(hub.db.pool, params.id, partiesOf(visitor), hub.clock.now())
    if (!known) throw fail(platformErrors.notFound, 'There is no such message')
    return { ok: true } as const
  })
}

/** Files on which the visitor himself stands; invited people get no messages that are meant for who invited them. */
function partiesOf({ places }: Visitor): string[] {
  return [...new Set(places.filter(({ role }) => role !== 'invited').map(({ partyId }) => partyId))]
}
