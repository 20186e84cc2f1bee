import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { beginRole, editHousehold, finishRole, giveKeys, moveIn, takeKeysBack } from './changes.service.ts'
import {
  belongingsFor,
  historyFor,
  householdFor,
  metersFor,
  moneyFor,
  partyFileFor,
  peopleFor,
  roomFileFor,
} from './files.service.ts'
import { panelsFor } from './panels.ts'
import { editNote, listNotes, writeNote } from './notes.service.ts'

const ESTATE = { permission: 'estate.read' } as const
const READ = { permission: 'party.read' } as const
const WRITE = { permission: 'party.write' } as const

export function addPartyRoutes(app: HubApp): void {
  addFileRoutes(app)
  addHouseholdRoutes(app)
  addChangeRoutes(app)
}

function addFileRoutes(app: HubApp): void {
  route(app, 'GET /api/rooms/:id/file', ESTATE, async ({ hub, user, params }) =>
    roomFileFor(hub, user, params.id),
  )
  route(app, 'GET /api/parties/:id/file', READ, async ({ hub, user, params }) =>
    partyFileFor(hub, user, params.id),
  )
}

function addHouseholdRoutes(app: HubApp): void {
  route(app, 'GET /api/households/:id', ESTATE, async ({ hub, user, params }) =>
    householdFor(hub, user, params.id),
  )
  route(
    app,
    'PATCH /api/households/:id',
    { permission: 'estate.write' },
    async ({ hub, user, params, body, audit }) => editHousehold(hub, user, params.id, body, audit),
  )
  route(app, 'GET /api/households/:id/people', READ, async ({ hub, user, params }) =>
    peopleFor(hub, user, params.id),
  )
  route(
    app,
    'GET /api/households/:id/meters',
    { permission: 'metering.read' },
    async ({ hub, user, params }) => metersFor(hub, user, params.id),
  )
  route(
    app,
    'GET /api/households/:id/money',
    { permission: 'charging.read' },
    async ({ hub, user, params }) => moneyFor(hub, user, params.id),
  )
  route(app, 'GET /api/households/:id/belongings', READ, async ({ hub, user, params }) =>
    belongingsFor(hub, user, params.id),
  )
  route(app, 'GET /api/households/:id/history', READ, async ({ hub, user, params }) =>
    historyFor(hub, user, params.id),
  )
  route(app, 'GET /api/households/:id/panels', ESTATE, async ({ hub, user, params }) =>
    panelsFor(hub, user, params.id),
  )
  route(app, 'GET /api/households/:id/notes', READ, async ({ hub, user, params }) =>
    listNotes(hub, user, params.id),
  )
  route(app, 'POST /api/households/:id/notes', WRITE, async ({ hub, user, params, body, audit }) =>
    writeNote(hub, user, params.id, body.text, audit),
  )
  route(app, 'PATCH /api/household-notes/:id', WRITE, async ({ hub, user, params, body, audit }) =>
    editNote(hub, user, params.id, body, audit),
  )
}

function addChangeRoutes(app: HubApp): void {
  route(app, 'POST /api/rooms/:id/roles', WRITE, async (call) => beginRole(call, call.params.id, call.body))
  route(app, 'POST /api/party-roles/:id/end', WRITE, async ({ hub, user, params, body, audit }) =>
    finishRole(hub, user, params.id, body.at, audit),
  )
  route(
    app,
    'POST /api/rooms/:id/household',
    { permission: 'estate.write' },
    async ({ hub, user, params, body, audit }) => moveIn(hub, user, params.id, body, audit),
  )
  route(app, 'POST /api/rooms/:id/keys', WRITE, async ({ hub, user, params, body, audit }) =>
    giveKeys(hub, user, params.id, body, audit),
  )
  route(app, 'POST /api/keys/:id/return', WRITE, async ({ hub, user, params, audit }) =>
    takeKeysBack(hub, user, params.id, audit),
  )
}
