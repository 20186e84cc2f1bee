import { route } from '../../platform/http/route.ts'
import type { HubApp } from '../../platform/module.ts'
import { findProject } from '../estate/index.ts'
import {
  applyForPermit,
  checkPass,
  givePass,
  inspectWork,
  permitFor,
  revoke,
  settleDeposit,
} from './fit-out.service.ts'
import { batchesOf } from './handover.repository.ts'
import {
  appoint,
  batchFor,
  cancel,
  complete,
  handoverFor,
  inspect,
  notifyBatch,
  planBatch,
  setTerms,
  takeRead,
} from './handover.service.ts'
import { changeOwner, previewOwnerChange } from './owner-change.service.ts'
import { addPhoto, moveDefect, photoFor } from './photos-and-defects.service.ts'

const READ = { permission: 'handover.read' } as const
const WRITE = { permission: 'handover.write' } as const
const PICTURE = { ...WRITE, bodyLimit: 12 * 1024 * 1024 }

export function addHandoverRoutes(app: HubApp): void {
  addBatchRoutes(app)
  addRoomRoutes(app)
  addOwnerRoutes(app)
  addPermitRoutes(app)
}

function addBatchRoutes(app: HubApp): void {
  route(app, 'GET /api/projects/:id/handover-batches', READ, async ({ hub, user, params }) => {
    const { id } = await findProject(hub, user, params.id, 'handover.read')
    return batchesOf(hub.db.pool, user, id)
  })
  route(app, 'POST /api/buildings/:id/handover-batches', WRITE, async ({ hub, user, params, body, audit }) =>
    planBatch(hub, user, params.id, body, audit),
  )
  route(app, 'GET /api/handover-batches/:id', READ, async ({ hub, user, params }) =>
    batchFor(hub, user, params.id),
  )
  route(app, 'POST /api/handover-batches/:id/notify', WRITE, async ({ hub, user, params, audit }) =>
    notifyBatch(hub, user, params.id, audit),
  )
}

function addRoomRoutes(app: HubApp): void {
  route(app, 'GET /api/handovers/:id', READ, async ({ hub, user, params }) =>
    handoverFor(hub, user, params.id),
  )
  route(app, 'POST /api/handovers/:id/appoint', WRITE, async ({ hub, user, params, body, audit }) =>
    appoint(hub, user, params.id, body, audit),
  )
  route(app, 'PUT /api/handovers/:id/inspection', WRITE, async ({ hub, user, params, body, audit }) =>
    inspect(hub, user, params.id, body, audit),
  )
  route(
    app,
    'PUT /api/handovers/:id/items/:itemId/photo',
    PICTURE,
    async ({ hub, user, params, body, audit }) => addPhoto(hub, user, params, body.base64, audit),
  )
  route(app, 'GET /api/handovers/:id/items/:itemId/photo', READ, async ({ hub, user, params, reply }) => {
    const { bytes, mediaType } = await photoFor(hub, user, params)
    reply.header('content-type', mediaType).header('cache-control', 'private, no-cache')
    return bytes
  })
  route(app, 'POST /api/handovers/:id/read', WRITE, async ({ hub, user, params, body, audit }) =>
    takeRead(hub, user, params.id, body, audit),
  )
  route(app, 'PUT /api/handovers/:id/terms', WRITE, async ({ hub, user, params, body, audit }) =>
    setTerms(hub, user, params.id, body, audit),
  )
  route(app, 'POST /api/handovers/:id/complete', WRITE, async ({ hub, user, params, body, audit }) =>
    complete(hub, user, params.id, body.version, audit),
  )
  route(app, 'POST /api/handovers/:id/cancel', WRITE, async ({ hub, user, params, body, audit }) =>
    cancel(hub, user, params.id, body, audit),
  )
  route(app, 'POST /api/defects/:id/state', WRITE, async ({ hub, user, params, body, audit }) =>
    moveDefect(hub, user, params.id, body, audit),
  )
}

function addOwnerRoutes(app: HubApp): void {
  route(app, 'GET /api/rooms/:id/owner-change', READ, async ({ hub, user, params }) =>
    previewOwnerChange(hub, user, params.id),
  )
  route(app, 'POST /api/rooms/:id/owner-change', WRITE, async ({ hub, user, params, body, audit }) =>
    changeOwner(hub, user, params.id, body, audit),
  )
}

function addPermitRoutes(app: HubApp): void {
  route(app, 'POST /api/rooms/:id/fit-out-permits', WRITE, async ({ hub, user, params, body, audit }) =>
    applyForPermit(hub, user, params.id, body, audit),
  )
  route(app, 'GET /api/fit-out-permits/:id/file', READ, async ({ hub, user, params }) =>
    permitFor(hub, user, params.id),
  )
  route(app, 'POST /api/fit-out-permits/:id/deposit', WRITE, async ({ hub, user, params, body, audit }) =>
    settleDeposit(hub, user, params.id, body, audit),
  )
  route(
    app,
    'POST /api/fit-out-permits/:id/inspections',
    { permission: 'handover.inspect' },
    async ({ hub, user, params, body, audit }) => inspectWork(hub, user, params.id, body, audit),
  )
  route(app, 'POST /api/fit-out-permits/:id/passes', WRITE, async ({ hub, user, params, body, audit }) =>
    givePass(hub, user, params.id, body, audit),
  )
  route(app, 'POST /api/fit-out-passes/:id/revoke', WRITE, async ({ hub, user, params, audit }) =>
    revoke(hub, user, params.id, audit),
  )
  route(app, 'GET /api/fit-out-passes/:code', READ, async ({ hub, user, params }) =>
    checkPass(hub, user, params.code),
  )
}
